public import ModuleKit

/// Module `pua_reginfo`.
public final class PUAReginfoModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<PUAReginfoModule>(
        "pua_reginfo", "Registrations that travel: event reg, sent and received.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
