public import ModuleKit

/// Module `presence`: The event state server.
public final class PresenceModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<PresenceModule>("presence", "The event state server.", requires: ["sl", "tm"])
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
