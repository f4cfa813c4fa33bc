public import ModuleKit

/// Module `tmx`: what scripts ask about transactions.
///
/// This server has none yet, so each variable has the value that Kamailio shows outside of a
/// transaction; scripts that test them take the same way here as there.
public final class TMXModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
