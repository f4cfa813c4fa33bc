public import ModuleKit

/// Module `presence_dialoginfo`: Event package dialog.
public final class PresenceDialoginfoModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<PresenceDialoginfoModule>("presence_dialoginfo", "Event package dialog.", requires: ["presence"])
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
