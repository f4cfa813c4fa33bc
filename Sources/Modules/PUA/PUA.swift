internal import Basics
internal import Logging
public import ModuleKit
internal import Publications
internal import Synchronization

/// Module `pua`: publishes and subscribes on behalf of other modules.
///
/// Whoever wants something hands it over and goes on; one thread of this module looks records up,
/// sends, and stores what came of it (`PUAAgent`). What is to be done when is decided by
/// `PublicationEngine`, which knows neither clock nor socket.
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
    let declarations: Guarded<PUADeclarations>
    /// What works, once the module has started.
    let agent = AtomicLazyReference<PUAAgent>()

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<PUAParameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
        try parameters.validate()
        var declared = PUADeclarations()
        declared.events = PUABodies.packages(parameters)
        declarations = Guarded(declared)
    }

    /// Opens the table and starts the thread.
    public func start() throws(StartFailure) {
        guard let transactions = services.transactions else {
            throw StartFailure("module pua sends its requests by module tm: load it before")
        }
        let store = try makeStore()
        let declared = declarations.withLock { $0 }
        let agent = agent.storeIfNil(
            PUAAgent(
                settings: parameters.engineSettings(declared.routes), declared: declared,
                store: store, transactions: transactions, services: services,
                isShared: parameters.mode == .databaseOnly))
        guard agent.startThread() else {
            throw StartFailure("module pua: the system has no thread for it")
        }
    }

    /// Ends the thread and writes what is not written.
    public func stop() { agent.load()?.stop() }
}
