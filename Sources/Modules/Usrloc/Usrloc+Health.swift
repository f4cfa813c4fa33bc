internal import Basics
internal import Locations
public import ModuleKit

/// What health checks ask.
extension UsrlocModule: DatabaseUser {
    /// How the location service and its database get along; nil with db_mode 0.
    public var databaseUse: DatabaseUse? {
        let status: DatabaseStatus
        switch place {
        case .memory: return nil
        case .writer(let writer): status = writer.status
        case .database(let store): status = store.status
        }
        let oldest = tables.compactMap(\.dirtySince).map(\.seconds).min()
        return DatabaseUse(
            status: status, waiting: tables.reduce(0) { $0 + $1.dirtyCount },
            oldestSeconds: oldest.map { max(0, SystemClock.wall().seconds - $0) } ?? 0)
    }
}
