public import ModuleKit

/// Module `path`: the Path header field of an edge proxy (RFC 3327).
public final class PathModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<PathModule>(
        "path", "The Path header field of an edge proxy (RFC 3327).")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
