public import ModuleKit

/// Module `tm`: transactions.
///
/// It can be loaded, so that configurations that load it start. It declares neither parameters nor
/// functions: what a script asks of it is refused with file and line instead of being ignored.
public final class TMModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters
    /// What the module declares.
    public static let manifest = Manifest<TMModule>("tm", "Transactions.")
    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
