public import ModuleKit

/// Module `pua_usrloc`.
public final class PUAUsrlocModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<PUAUsrlocModule>(
        "pua_usrloc", "Publishes open and closed for registered users.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
