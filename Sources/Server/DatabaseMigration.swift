internal import Storage
internal import StorageMariaDB
internal import StorageSQLite

/// `roost migrate`: brings a database to the tables that the server needs.
///
/// It only ever adds what is missing. A table that differs from what is needed is reported and left
/// alone, for it may hold registrations.
public enum DatabaseMigration {
    /// Creates or checks the tables, prints what it found and returns the exit status.
    ///
    /// The URL may hold a password: errors name the host and the database, never the URL as it was
    /// given.
    public static func run(_ url: String) -> Int32 {
        do throws(StorageError) {
            let parsed = try DatabaseURL(url)
            let driver: any DatabaseDriver =
                switch parsed.dialect {
                case .mariaDB: try MariaDBDriver(parsed)
                case .sqlite: try SQLiteDriver(parsed)
                }
            let connection = try driver.connect()
            defer { connection.close() }
            let report = try Migration(tables: KamailioTables.all).run(on: connection)
            print(report.description)
            return report.isSound ? 0 : 1
        } catch {
            Diagnostics.print("roost: \(error.message)")
            return 1
        }
    }
}
