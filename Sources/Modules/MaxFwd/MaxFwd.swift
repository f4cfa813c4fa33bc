public import ModuleKit

/// Module `maxfwd`: the Max-Forwards header field.
public final class MaxFwdModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<MaxFwdModule>("maxfwd", "The Max-Forwards header field.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
