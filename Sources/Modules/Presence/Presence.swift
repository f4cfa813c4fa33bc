internal import Basics
internal import Glibc
internal import Logging
public import ModuleKit
public import Subscriptions
internal import Synchronization

/// Module `presence`: the event state server of RFC 3903, 6665 and 3857.
///
/// It reads requests, lets the engine change its state, and sends the replies and the notifications
/// that the engine orders. Event packages come from other modules, which add them while they are
/// made; the engine comes into being when this module starts, and has the packages of then.
public final class PresenceModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = PresenceParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: PresenceParameters { PresenceParameters() }

    /// The server.
    let services: any Services
    /// Where the settings of now are found.
    let settings: SettingsHandle<PresenceParameters>
    /// The settings as of the start.
    public let parameters: PresenceParameters
    /// The packages that were added before the start.
    private let added = Guarded<[EventPackage]>([])
    /// The engine and what sends its notifications, once the module has started.
    let running = AtomicLazyReference<RunningPresence>()
    /// What other modules know of the rules and documents of presentities.
    let sources = Guarded(PresenceSources())
    /// What is counted of requests.
    let counters = RequestCounters()
    /// What scripts ask for that waits for a database.
    let commands = CommandQueue()
    /// Who is told of publications and subscriptions.
    let watch = PresenceWatch()
    /// What keeps the tables, once the module has started with a database.
    let storage = AtomicLazyReference<PresenceStorage>()

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<PresenceParameters>) throws(StartFailure) {
        services = setup.services
        settings = setup.settings
        parameters = setup.parameters
        for name in parameters.ignored {
            services.logger.info("presence: \(name) means nothing here and is ignored")
        }
        try parameters.validate()
    }

    // MARK: Packages

    /// Adds an event package; to be called by modules while they are made, before anything starts.
    ///
    /// - Throws: When there is one of that name, or when there are too many.
    public func add(_ package: EventPackage) throws(StartFailure) {
        guard running.load() == nil else {
            throw StartFailure("event packages are added before module presence starts")
        }
        try added.withLock { (packages) throws(StartFailure) in
            guard packages.count < Limits.eventPackagesMax else {
                throw StartFailure("more than \(Limits.eventPackagesMax) event packages")
            }
            let text = package.eventText
            guard !packages.contains(where: { $0.eventText == text }) else {
                let name = String(decoding: text, as: UTF8.self)
                throw StartFailure("event package \(name) is there twice")
            }
            packages.append(package)
        }
    }

    /// The engine; nil before the module has started.
    public var agent: StateAgent? { running.load()?.agent }

    // MARK: Life

    /// Makes the engine, loads what is stored and begins to notify.
    public func start() throws(StartFailure) {
        guard let transactions = services.transactions else {
            throw StartFailure("module presence sends NOTIFY by module tm: load it before")
        }
        var settings = parameters.agentSettings
        settings.ruleRemovedReason = sources.withLock { $0.ruleRemovedReason }
        addPersistence(to: &settings)
        let agent = StateAgent(
            packages: PackageTable(added.withLock { $0 }), settings: settings, seed: seed,
            now: SystemClock.wall())
        try startStorage(agent)
        let sender = NotifySender(
            agent, transactions, services, self.settings, storage.load(),
            root: parameters.attributesRootBytes, defaultSocket: parameters.defaultSocket)
        let running = running.storeIfNil(RunningPresence(agent, sender))
        startTurns(running)
    }

    /// What makes the names of this run differ from those of others.
    private var seed: AgentSeed {
        AgentSeed(
            time: UInt32(clamping: services.startedAt.seconds), process: UInt32(getpid()),
            secret: (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max)))
    }

    /// Writes what is not written.
    public func stop() {
        commands.close()
        stopStorage()
    }
}
