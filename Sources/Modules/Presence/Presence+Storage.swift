internal import ModuleKit
internal import Subscriptions

/// What keeps the tables of the presence server.
final class PresenceStorage: Sendable {
    /// Nothing is kept.
    init() {}
}

/// How the engine's state is loaded and kept.
extension PresenceModule {
    /// Says which changes the engine is to journal.
    func addPersistence(to settings: inout AgentSettings) {}

    /// Loads the tables and starts what keeps them; called once, before the first message.
    func startStorage(_ agent: StateAgent) throws(StartFailure) {}

    /// Deletes what has expired from the tables and writes what waits (`presence.cleanup`).
    func cleanStorage() {}

    /// Writes what waits and ends; called after the last message.
    func stopStorage() {}
}
