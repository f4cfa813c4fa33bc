internal import Basics
public import ModuleKit
internal import TM

/// Module `tmx`: what scripts ask about transactions, and do to them.
///
/// Outside of a transaction each variable has the value that Kamailio shows there; scripts that
/// test them take the same way here as there.
public final class TMXModule: ServerModule {
    /// The settings of the module: none can be changed.
    public struct Parameters: Sendable {}
    /// What holds without `modparam`.
    public static let defaults = Parameters()

    private let services: any Services
    /// Module `tm`.
    let tm: TMModule

    /// Finds module `tm`, which is loaded before.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        guard let tm = setup.services.module(TMModule.self) else {
            throw StartFailure("tmx: module tm is not loaded")
        }
        self.tm = tm
    }
}
