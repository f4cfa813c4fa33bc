internal import Basics
internal import Logging
public import ModuleKit
internal import Synchronization

/// Module `pua`: publishes and subscribes on behalf of others.
public final class PUAModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = PUAParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: PUAParameters { PUAParameters() }

    /// The server.
    let services: any Services
    /// The settings as of the start.
    public let parameters: PUAParameters
    /// What other modules have declared.
    let declarations = Guarded(PUADeclarations())
    /// The store, for statistics and commands; empty until the start.
    let reporting = AtomicLazyReference<StoreReporter>()

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<PUAParameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
    }
}
