import Basics
import Locations
import Storage

/// How a binding is laid out as a row of the location table.
///
/// Names, types and the words for what is unset are those of Kamailio's table of version 9, because
/// both servers may share one database during a migration: what the one writes, the other loads.
/// The columns are listed in docs/database.md; their names are parameters.
struct LocationColumns: Sendable {
    /// The columns that are written, in order; `id` is missing, since the database counts it.
    let written: [String]
    /// What the columns are called.
    let names: LocationColumnNames
    /// Whether an AoR is split into the columns for user and domain.
    let usesDomain: Bool
    /// Names of the server's sockets, by their index.
    let sockets: [String]
    /// Whether times are seconds since 1970 (`expires_type` 1).
    var countsSeconds = false
    /// Branch flags of contacts that are to be kept alive: what the column `keepalive` says.
    var natMask: UInt32 = 0
    /// How many shares the column `partition` tells apart; 1 or less writes 0.
    var partitions = Counter(0)
    /// How changes become statements.
    var rules = LocationWriteRules()

    /// A layout with or without the column for the domain.
    init(
        usesDomain: Bool, sockets: [String], names: LocationColumnNames = LocationColumnNames()
    ) {
        self.usesDomain = usesDomain
        self.sockets = sockets
        self.names = names
        let head = usesDomain ? [names.ruid, names.user, names.domain] : [names.ruid, names.user]
        written =
            head + [
                names.contact, names.received, names.path, names.expires, names.q, names.callID,
                names.cseq, "last_modified", names.flags, names.cflags, names.userAgent,
                names.socket, names.methods, names.instance, names.regID, names.serverID,
                names.connectionID, names.keepalive, names.partition,
            ]
    }

    /// The columns that are unset for most bindings.
    var optional: Set<String> {
        [names.received, names.path, names.socket, names.methods, names.instance]
    }

    /// The declaration of a location table under these settings.
    func declaration(of table: String) -> TableDeclaration {
        KamailioTables.location(named: table, names, countsSeconds: countsSeconds)
    }

    /// Adds a binding to a batch, in the order of `written`.
    ///
    /// `ruid` is a buffer that the caller lends; its content is overwritten.
    ///
    /// Everything that is optional in SIP and absent becomes NULL; `expires` 0 stands for a
    /// permanent binding and q -1 for none, as in the table of Kamailio.
    func append(
        _ binding: borrowing BindingView, to rows: inout RowBatch, ruid: inout ByteWriter
    ) {
        assert(rows.columns == written.count)
        ruid.removeAll()
        binding.writeRuid(into: &ruid)
        rows.append(ruid.span)
        appendName(binding.aor, to: &rows)
        rows.append(binding.uri)
        rows.appendOrNull(binding.received)
        rows.appendOrNull(binding.path)
        append(binding.values.expires ?? WallTime(seconds: 0), to: &rows)
        rows.append(binding.values.q.map { Double($0) / 1000 } ?? -1)
        rows.append(binding.callID)
        rows.append(Int(binding.values.cseq))
        append(binding.values.lastModified, to: &rows)
        // That a keepalive was sent is nothing for the next start to know.
        rows.append(Self.signed(binding.values.flags & ~LocationTable.keepaliveSentFlag))
        rows.append(Self.signed(binding.values.cflags))
        rows.append(binding.userAgent)
        appendSocket(binding.values.socket, to: &rows)
        appendMethods(binding.values.methods, to: &rows)
        rows.appendOrNull(binding.instance)
        rows.append(Int(binding.values.regID))
        rows.append(Int(binding.values.serverID))
        rows.append(Int(binding.values.connection))
        rows.append(binding.values.cflags & natMask == 0 ? 0 : 1)
        rows.append(partition(of: ruid.span))
    }

    /// The share of the table that a binding is in: the same as long as the number of shares is.
    private func partition(of ruid: Span<UInt8>) -> Int {
        let shares = partitions.value
        guard shares > 1 else { return 0 }
        var hash: UInt32 = 0x811c_9dc5
        for place in ruid.indices { hash = (hash ^ UInt32(ruid[place])) &* 0x0100_0193 }
        return Int(hash) % shares
    }

    /// A point in time as its column holds it.
    func time(_ time: WallTime) -> DatabaseValue {
        countsSeconds ? .integer(time.seconds) : .time(time)
    }

    /// Adds a point in time to a batch.
    private func append(_ time: WallTime, to rows: inout RowBatch) {
        if countsSeconds { rows.append(time.seconds) } else { rows.append(time) }
    }

    /// The condition that holds for rows that have expired by `now`, permanent ones excepted, and
    /// for those of one server when it is named.
    func expired(
        by now: WallTime, serverID: Int?, _ dialect: Dialect
    ) -> (sql: String, values: [DatabaseValue]) {
        let expires = dialect.quoted(names.expires)
        var sql = "\(expires) > ? AND \(expires) <= ?"
        var values = [time(WallTime(seconds: 0)), time(now)]
        if let serverID {
            sql += " AND \(dialect.quoted(names.serverID)) = ?"
            values.append(.integer(serverID))
        }
        return (sql, values)
    }

    /// Deletes the rows that have expired, permanent ones excepted; returns how many.
    func deleteExpired(
        _ table: String, now: WallTime, serverID: Int?, _ connection: any DatabaseConnection
    ) throws(StorageError) -> Int {
        let (condition, values) = expired(by: now, serverID: serverID, connection.dialect)
        let name = connection.dialect.quoted(table)
        var ruids: [DatabaseValue] = []
        if rules.storesAttributes {
            try connection.query(
                "SELECT \(connection.dialect.quoted(names.ruid)) FROM \(name) WHERE \(condition)",
                values
            ) { row in
                ruids.append(.text(row.text(0) ?? ""))
                return true
            }
        }
        let count = try connection.execute("DELETE FROM \(name) WHERE \(condition)", values)
        try deleteAttributes(of: ruids, in: table, connection)
        return count
    }

    /// The statement behind `ul.db_users`, `ul.db_contacts` and `ul.db_expired_contacts`.
    func count(
        _ kind: String, in table: String, now: WallTime, _ serverID: Int?,
        _ connection: any DatabaseConnection
    ) -> (sql: String, values: [DatabaseValue]) {
        let dialect = connection.dialect
        let name = dialect.quoted(table)
        let expires = dialect.quoted(names.expires)
        var own = ""
        var values = [time(now), time(WallTime(seconds: 0))]
        if let serverID {
            own = " AND \(dialect.quoted(names.serverID)) = ?"
            values.append(.integer(serverID))
        }
        let valid = "(\(expires) > ? OR \(expires) <= ?)\(own)"
        let users = dialect.quoted(list: [names.user, names.domain])
        let sql =
            switch kind {
            // MariaDB and SQLite agree on a sub-select, not on COUNT(DISTINCT) of two columns.
            case "users":
                "SELECT COUNT(*) FROM (SELECT DISTINCT \(users) FROM \(name)"
                    + " WHERE \(valid)) AS users"
            case "contacts": "SELECT COUNT(*) FROM \(name) WHERE \(valid)"
            default:
                "SELECT COUNT(*) FROM \(name) WHERE \(expires) <= ? AND \(expires) > ?\(own)"
            }
        return (sql, values)
    }

    /// The condition that finds the rows of an AoR, with its values.
    ///
    /// Values are bound and never spelled into the statement: an AoR holds whatever a stranger put
    /// into To.
    func condition(
        for aor: Span<UInt8>, _ dialect: Dialect
    ) -> (sql: String, values: [DatabaseValue]) {
        let user = "\(dialect.quoted(names.user)) = ?"
        guard usesDomain else { return (user, [.text(String(copying: aor))]) }
        var at = aor.count - 1
        while at >= 0, aor[at] != UInt8(ascii: "@") { at -= 1 }
        let name = at < 0 ? "" : String(copying: aor.extracting(first: at))
        let domain = String(copying: aor.extracting(last: aor.count - at - 1))
        return (
            "\(user) AND \(dialect.quoted(names.domain)) = ?", [.text(name), .text(domain)]
        )
    }

    /// All methods are NULL, as Kamailio writes them.
    private func appendMethods(_ methods: UInt32, to rows: inout RowBatch) {
        if methods == .max { rows.appendNull() } else { rows.append(Self.signed(methods)) }
    }

    /// A mask as its column holds it: INT is signed, and MariaDB refuses what lies beyond.
    private static func signed(_ mask: UInt32) -> Int { Int(Int32(bitPattern: mask)) }

    /// Writes the AoR into `username`, or cut at its last `@` into `username` and `domain`: a user
    /// part may hold an escaped `@`, a host may not.
    func appendName(_ aor: Span<UInt8>, to rows: inout RowBatch) {
        guard usesDomain else { return rows.append(aor) }
        var at = aor.count - 1
        while at >= 0, aor[at] != UInt8(ascii: "@") { at -= 1 }
        if at < 0 {
            // An AoR without a user part is its domain alone.
            rows.append(aor.extracting(first: 0))
            rows.append(aor)
        } else {
            rows.append(aor.extracting(first: at))
            rows.append(aor.extracting(last: aor.count - at - 1))
        }
    }

    /// Writes the socket by its name, for an index means nothing after a restart with other
    /// sockets.
    private func appendSocket(_ socket: SocketIndex, to rows: inout RowBatch) {
        let index = Int(socket.value)
        if socket.isNone || index >= sockets.count {
            rows.appendNull()
        } else {
            rows.append(sockets[index].utf8.span)
        }
    }
}
