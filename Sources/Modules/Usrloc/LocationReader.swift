import Basics
import Locations
import Storage

/// Reads rows of the location table back into bindings.
///
/// Rows come from this server before its restart, from another server, from Kamailio or from
/// somebody's SQL client, so nothing in them is trusted: numbers are clamped or cut to their width,
/// and a row without what a binding needs is refused as a whole.
struct LocationReader: Sendable {
    /// What became of the rows.
    struct Report: Sendable, Equatable {
        /// Rows that are bindings now.
        var loaded = 0
        /// Rows that memory knew better than.
        var superseded = 0
        /// Rows that had expired.
        var expired = 0
        /// Rows that could not be understood; they are left alone.
        var refused = 0
        /// Rows of sockets that are not ours; they are left alone, too.
        var remote = 0
        /// Rows that were read.
        var rows: Int { loaded + superseded + expired + refused + remote }
    }

    /// The columns that are read, in order.
    ///
    /// `LocationReader` addresses them by their place, so that no name is looked up for each row.
    var columns: [String] {
        [
            "id", names.ruid, names.user, names.domain, names.contact, names.received, names.path,
            names.expires, names.q, names.callID, names.cseq, "last_modified", names.flags,
            names.cflags, names.userAgent, names.socket, names.methods, names.instance,
            names.regID, names.serverID, names.connectionID,
        ]
    }

    /// The statement that reads them, without a condition.
    func select(_ table: String, _ dialect: Dialect) -> String {
        "SELECT \(dialect.quoted(list: columns)) FROM \(dialect.quoted(table))"
    }

    /// What the columns are called.
    var names = LocationColumnNames()
    /// Whether rows of sockets that are not ours are left out (`skip_remote_socket`).
    var skipsRemoteSockets = false
    /// Whether an AoR is in the columns `username` and `domain`.
    let usesDomain: Bool
    /// Names of the server's sockets, by their index.
    let sockets: [String]
    /// What makes a row and a binding the same, and their order.
    let rules: RegistrationRules
    /// Whether connection numbers mean anything: they do not after a restart.
    ///
    /// With db_mode 3 the row was written by a request of this very process; in the other modes it
    /// is read once, after the connections of the former process are gone.
    let keepsConnections: Bool

    /// Merges one row into a table; nil when it cannot be understood.
    ///
    /// The buffer `aor` is lent by the caller, who reads millions of rows with it.
    func load(
        _ row: borrowing DatabaseRow, into table: LocationTable, now: WallTime,
        aor: inout ByteWriter
    ) -> LoadResult {
        guard let values = values(row) else { return .refused }
        aor.removeAll()
        aor.append(row.bytes(2))
        if usesDomain {
            if !row.bytes(2).isEmpty { aor.append(UInt8(ascii: "@")) }
            aor.append(row.bytes(3))
        }
        // A contact and a Call-ID are what no binding can be without (RFC 3261 10.3 step 7).
        guard !row.bytes(4).isEmpty, !row.bytes(9).isEmpty, aor.count > 0 || !usesDomain else {
            return .refused
        }
        let text = BindingText(
            uri: row.bytes(4), callID: row.bytes(9), userAgent: row.bytes(14),
            received: row.bytes(5), path: row.bytes(6), instance: row.bytes(17))
        let binding = LoadedBinding(aor: aor.span, ruid: row.bytes(1), text: text, values: values)
        return table.load(binding, rules: rules, now: now)
    }

    /// The columns that are not text; nil when one that must be there is missing or no number.
    private func values(_ row: borrowing DatabaseRow) -> ContactValues? {
        guard let expires = row.time(7), expires.seconds >= 0, let q = row.double(8),
            let cseq = row.integer(10), let flags = row.integer(12), let cflags = row.integer(13)
        else { return nil }
        var values = ContactValues(
            expiresSeconds: Int64(expires.seconds),
            lastModified: row.time(11) ?? WallTime(seconds: 0))
        // The column is FLOAT: 0.7 comes back as 0.699999988, which rounding puts right.
        values.qThousandths = q < 0 ? -1 : Int16(min(1000, (q * 1000).rounded()))
        values.cseq = UInt32(truncatingIfNeeded: cseq)
        values.flags = UInt32(truncatingIfNeeded: flags) & ~LocationTable.keepaliveSentFlag
        values.cflags = UInt32(truncatingIfNeeded: cflags)
        if let methods = row.integer(16) { values.methods = UInt32(truncatingIfNeeded: methods) }
        values.regID = UInt32(clamping: row.integer(18) ?? 0)
        values.serverID = UInt32(clamping: row.integer(19) ?? 0)
        if keepsConnections { values.connection = Int64(row.integer(20) ?? -1) }
        values.socket = socket(row.bytes(15))
        return values
    }

    /// Whether a row is left out because it names a socket that is not ours.
    func isRemote(_ row: borrowing DatabaseRow) -> Bool {
        skipsRemoteSockets && !row.bytes(15).isEmpty && socket(row.bytes(15)).isNone
    }

    /// The socket of ours that a row names; none when it is another server's.
    ///
    /// A server that moved to another address keeps its bindings and sends from whatever socket
    /// fits.
    private func socket(_ name: Span<UInt8>) -> SocketIndex {
        guard !name.isEmpty else { return .none }
        for (index, socket) in sockets.enumerated() where socket.utf8.count == name.count {
            let known = socket.utf8.span
            if known.indices.allSatisfy({ known[$0] == name[$0] }) { return SocketIndex(index) }
        }
        return .none
    }
}
