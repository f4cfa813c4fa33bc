public import ModuleKit

/// Module `presence_xml`: Event packages presence and presence.winfo.
public final class PresenceXMLModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<PresenceXMLModule>("presence_xml", "Event packages presence and presence.winfo.", requires: ["presence"])
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
