public import ModuleKit

/// Module `presence_reginfo`: Event package reg.
public final class PresenceReginfoModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<PresenceReginfoModule>("presence_reginfo", "Event package reg.", requires: ["presence"])
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
