internal import Logging
public import ModuleKit

/// The module `ctl`: it is known, so that configuration files that load it are accepted; its
/// listener for kamcmd does not exist yet, which it says at the start.
public final class CTL: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    private let services: any Services

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        services = setup.services
    }

    /// Says that nobody listens.
    public func start() throws(StartFailure) {
        services.logger.notice("ctl: no BINRPC listener yet; use roostctl over HTTP")
    }

    /// The declaration.
    public static let manifest = Manifest<CTL>(
        "ctl", "Accepted for configuration files that load it; its listener is still missing")
}
