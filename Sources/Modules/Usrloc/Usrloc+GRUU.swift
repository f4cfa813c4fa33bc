public import Basics
public import Locations
internal import Storage

/// Finding a binding by its unique name alone, for temporary GRUUs (RFC 5627 3.2).
extension UsrlocModule {
    /// Shows the binding of a unique name, which must have an instance; false when there is none.
    ///
    /// With `db_mode` 3 the database is asked whose it is, and then for the bindings of that AoR.
    @discardableResult
    public func lookUp(
        in table: LocationTable, ruid: Span<UInt8>, now: WallTime, includingExpired: Bool = false,
        each: (borrowing BindingView) -> Void
    ) throws(LocationsUnavailable) -> Bool {
        guard parameters.databaseMode == .databaseOnly else {
            return table.lookUp(
                ruid: ruid, now: now, includingExpired: includingExpired, each: each)
        }
        guard case .database(let store) = place else {
            throw LocationsUnavailable(message: "the location service has not started")
        }
        guard let aor = try store.owner(of: ruid, in: table, usesDomain: parameters.usesDomain)
        else { return false }
        return try store.with(table, aor.span, now: now) {
            table.lookUp(ruid: ruid, now: now, includingExpired: includingExpired, each: each)
        }
    }
}

extension DatabaseOnlyStore {
    /// The AoR that a unique name belongs to, nil when no row has the name.
    fileprivate func owner(
        of ruid: Span<UInt8>, in table: LocationTable, usesDomain: Bool
    ) throws(LocationsUnavailable) -> [UInt8]? {
        guard ruid.count <= Limits.ruidBytesMax else { return nil }
        let name = String(copying: ruid)
        return try leased { (connection) throws(StorageError) in
            let columns = connection.dialect.quoted(list: ["username", "domain"])
            let sql =
                "SELECT \(columns) FROM \(connection.dialect.quoted(table.name)) WHERE ruid = ?"
            var aor: [UInt8]?
            try connection.query(sql, [.text(name)]) { row in
                var writer = ByteWriter(capacity: 64)
                writer.append(row.bytes(0))
                if usesDomain {
                    if !row.bytes(0).isEmpty { writer.append(UInt8(ascii: "@")) }
                    writer.append(row.bytes(1))
                }
                aor = Array(copying: writer.span)
                return false
            }
            return aor
        }
    }
}
