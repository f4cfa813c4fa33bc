public import ModuleKit
public import Storage
internal import StorageSQLite

/// Module `db_sqlite`: embedded databases, `sqlite:///relative/path` or `sqlite:////absolute/path`.
public final class SQLiteModule: DatabaseModule {
    /// The module has no settings.
    public typealias Parameters = NoParameters
    /// The URL schemes that it serves.
    public static let schemes = ["sqlite"]

    /// The module's declaration.
    public static var manifest: Manifest<SQLiteModule> {
        Manifest("db_sqlite", "Opens sqlite:// databases, for the modules that keep tables.")
    }

    /// Makes the module; databases are opened by those who use it.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}

    /// A driver for a URL.
    public func driver(_ url: String) throws(StorageError) -> any DatabaseDriver {
        try SQLiteDriver(try DatabaseURL(url))
    }
}
