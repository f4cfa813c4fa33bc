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
    ///
    /// `columns` are other names for columns of the location table, as `username=subscriber`.
    public static func run(
        _ url: String, columns: [String] = [], countsSeconds: Bool = false
    ) -> Int32 {
        do throws(StorageError) {
            let tables = try tables(columns, countsSeconds: countsSeconds)
            let parsed = try DatabaseURL(url)
            let driver: any DatabaseDriver =
                switch parsed.dialect {
                case .mariaDB: try MariaDBDriver(parsed)
                case .sqlite: try SQLiteDriver(parsed)
                }
            let connection = try driver.connect()
            defer { connection.close() }
            let report = try Migration(tables: tables).run(on: connection)
            print(report.description)
            return report.isSound ? 0 : 1
        } catch {
            Diagnostics.print("roost: \(error.message)")
            return 1
        }
    }

    /// All tables, those of the location under the names that its columns have here.
    private static func tables(
        _ columns: [String], countsSeconds: Bool
    ) throws(StorageError) -> [TableDeclaration] {
        var names = LocationColumnNames()
        for column in columns {
            let words = column.split(separator: "=", omittingEmptySubsequences: false)
            guard words.count == 2, names.rename(String(words[0]), to: String(words[1])) else {
                throw StorageError(
                    .configuration, "--column is NAME=OTHER with the name of a column of location")
            }
        }
        return KamailioTables.all.map { table in
            switch table.name {
            case "location":
                KamailioTables.location(named: table.name, names, countsSeconds: countsSeconds)
            case "location_attrs":
                KamailioTables.locationAttrs(
                    named: "location", names, countsSeconds: countsSeconds)
            default: table
            }
        }
    }
}
