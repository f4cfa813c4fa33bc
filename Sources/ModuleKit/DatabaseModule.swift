public import Storage

/// A module that brings a database driver, such as `db_mysql`.
public protocol DatabaseModule: ServerModule {
    /// The URL schemes that it serves: `mysql`.
    static var schemes: [String] { get }
    /// A driver for a URL; errors name what is wrong with it, never the password.
    func driver(_ url: String) throws(StorageError) -> any DatabaseDriver
}
