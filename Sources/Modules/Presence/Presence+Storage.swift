internal import ModuleKit
internal import Storage
internal import Subscriptions
internal import Synchronization

/// How the engine's state is loaded and kept.
extension PresenceModule {
    /// What is stored, from the parameters; without `db_url` nothing is.
    private var storageSettings: StorageSettings {
        var storage = StorageSettings()
        storage.publications = parameters.publicationCache
        storage.subscriptions = parameters.subscriptionMode
        if parameters.databaseURL == nil {
            storage.publications = .memory
            storage.subscriptions = .memory
        }
        storage.presentityTable = parameters.presentityTable
        storage.activeWatchersTable = parameters.activeWatchersTable
        storage.watchersTable = parameters.watchersTable
        storage.cleanSeconds = parameters.cleanPeriod
        storage.updateSeconds = parameters.updatePeriod
        storage.expiresOffsetSeconds = parameters.expiresOffset
        storage.fetchRows = parameters.fetchRows
        storage.ignoresExpired = parameters.ignoresExpired
        return storage
    }

    /// Says which changes the engine is to journal.
    func addPersistence(to settings: inout AgentSettings) {
        PresenceStorage.apply(storageSettings, to: &settings)
    }

    /// Loads the tables and starts what keeps them; called once, before the first message.
    func startStorage(_ agent: StateAgent) throws(StartFailure) {
        let made = try PresenceStorage(
            agent, url: parameters.databaseURL ?? "", settings: storageSettings,
            services: services)
        try storage.storeIfNil(made).start()
    }

    /// Deletes what has expired from the tables and writes what waits (`presence.cleanup`); false
    /// when the database is away.
    @discardableResult
    func cleanStorage() -> Bool { storage.load()?.cleanUp() != nil }

    /// Writes what waits and ends; called after the last message.
    func stopStorage() { storage.load()?.stop() }

    /// The tables that the module reads and writes, under their usual names.
    static var tableRows: [TableDeclaration] {
        [KamailioTables.presentity, KamailioTables.activeWatchers, KamailioTables.watchers]
    }
}
