public import ModuleKit

/// Module `cfgutils`: small helps for scripts: random numbers, shared variables, locks.
public final class CfgUtilsModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<CfgUtilsModule>(
        "cfgutils", "Small helps for scripts: random numbers, shared variables, locks.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
