public import ModuleKit

/// Module `pua`.
public final class PUAModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<PUAModule>(
        "pua", "The presence user agent: PUBLISH and SUBSCRIBE on behalf of others.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
