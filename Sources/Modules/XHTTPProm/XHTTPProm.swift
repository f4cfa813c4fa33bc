public import ModuleKit

/// Module `xhttp_prom`.
public final class XHTTPPromModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<XHTTPPromModule>(
        "xhttp_prom", "Metrics in the text format of Prometheus.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
