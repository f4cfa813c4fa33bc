public import ModuleKit

/// Module `presence_mwi`: Event package message-summary.
public final class PresenceMWIModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<PresenceMWIModule>("presence_mwi", "Event package message-summary.", requires: ["presence"])
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
