internal import Basics
public import ModuleKit
internal import Subscriptions
internal import Synchronization

/// What health checks ask.
extension PresenceModule: DatabaseUser {
    /// How the presence server and its database get along; nil without a database.
    public var databaseUse: DatabaseUse? {
        guard let storage = storage.load(), storage.status.state != .unused else { return nil }
        return DatabaseUse(
            status: storage.status, waiting: storage.journal.waiting,
            oldestSeconds: storage.oldestDirtySeconds(now: SystemClock.wall()))
    }
}
