public import ModuleKit

/// Module `sanity`: checks of whether a request makes sense.
public final class SanityModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<SanityModule>(
        "sanity", "Checks of whether a request makes sense.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
