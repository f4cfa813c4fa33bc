public import ModuleKit

/// Module `htable`: hash tables in memory that scripts share.
public final class HtableModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<HtableModule>(
        "htable", "Hash tables in memory that scripts share.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
