public import ModuleKit

/// Module `tmx`: what scripts ask about transactions.
public final class TMXModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<TMXModule>("tmx", "What scripts ask about transactions.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
