public import ModuleKit
public import Storage
internal import StorageMariaDB

/// Module `db_mysql`: MariaDB and MySQL databases, `mysql://user:password@host/name`.
public final class MySQLModule: DatabaseModule {
    /// The module has no settings.
    public typealias Parameters = NoParameters
    /// The URL schemes that it serves.
    public static let schemes = ["mysql", "mariadb"]

    /// The module's declaration.
    public static var manifest: Manifest<MySQLModule> {
        Manifest("db_mysql", "Opens mysql:// databases, for the modules that keep tables.")
    }

    /// Makes the module; connections are opened by those who use it.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}

    /// A driver for a URL.
    public func driver(_ url: String) throws(StorageError) -> any DatabaseDriver {
        try MariaDBDriver(try DatabaseURL(url))
    }
}
