public import ModuleKit

/// Module `pua_rpc`.
public final class PUARPCModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<PUARPCModule>(
        "pua_rpc", "Commands that publish and subscribe.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
