/// What a module that keeps data in a database says of it to health checks.
public struct DatabaseUse: Sendable {
    /// Where they stand.
    public var status: DatabaseStatus
    /// Changes that wait in memory.
    public var waiting: Int
    /// Age of the oldest of them in seconds, 0 without any.
    public var oldestSeconds: Int
    /// A use.
    public init(status: DatabaseStatus, waiting: Int, oldestSeconds: Int) {
        self.status = status
        self.waiting = waiting
        self.oldestSeconds = oldestSeconds
    }
}

/// A module that keeps data in a database.
public protocol DatabaseUser: AnyObject, Sendable {
    /// How they get along; nil when the module is set up without a database.
    var databaseUse: DatabaseUse? { get }
}
