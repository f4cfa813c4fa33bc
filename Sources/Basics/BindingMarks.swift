/// What a script decides about the changes of bindings that the message at hand will cause.
///
/// Functions of modules set them before save(); whoever is told of a change finds them there.
public struct BindingMarks: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8
    /// A set of its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Presence is to be published (`pua_set_publish`).
    public static let publishPresence = BindingMarks(rawValue: 1)
    /// The line is shared: its appearances are to be watched (`bla_set_flag`).
    public static let shareLine = BindingMarks(rawValue: 2)
    /// No registration information is to be published (`reginfo_disable_publish`).
    public static let keepQuiet = BindingMarks(rawValue: 4)
}
