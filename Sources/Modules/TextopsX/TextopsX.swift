public import ModuleKit

/// Module `textopsx`: more operations on the text of messages.
public final class TextopsXModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<TextopsXModule>(
        "textopsx", "More operations on the text of messages.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
