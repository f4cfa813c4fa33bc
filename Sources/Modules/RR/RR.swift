public import ModuleKit

/// Module `rr`: record-Route and Route.
public final class RRModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<RRModule>("rr", "Record-Route and Route.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
