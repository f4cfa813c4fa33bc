public import ModuleKit

/// Module `pua_dialoginfo`.
public final class PUADialoginfoModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<PUADialoginfoModule>(
        "pua_dialoginfo", "Publishes the state of calls.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
