public import ModuleKit

/// Module `nathelper`: clients behind NATs: finding them, reaching them, keeping them reachable.
public final class NATHelperModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<NATHelperModule>(
        "nathelper", "Clients behind NATs: finding them, reaching them, keeping them reachable.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
