public import ModuleKit

/// Module `dialog`.
public final class DialogModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<DialogModule>("dialog", "The dialogs of calls that pass.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
