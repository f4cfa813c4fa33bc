public import ModuleKit

/// Module `pua_bla`.
public final class PUABLAModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<PUABLAModule>(
        "pua_bla", "Bridged line appearance: follows dialogs of phones that share a line.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
