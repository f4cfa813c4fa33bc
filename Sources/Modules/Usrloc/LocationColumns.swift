import Basics
import Locations
import Storage

/// How a binding is laid out as a row of the location table.
///
/// Names, types and the words for what is unset are those of Kamailio's table of version 9, because
/// both servers may share one database during a migration: what the one writes, the other loads.
/// The columns are listed in docs/database.md.
struct LocationColumns: Sendable {
    /// The columns that are written, in order.
    ///
    /// `id` is missing, since the database counts it, and so are the columns of keep-alives that
    /// have a default.
    let written: [String]
    /// Whether an AoR is split into the columns `username` and `domain`.
    let usesDomain: Bool
    /// Names of the server's sockets, by their index.
    let sockets: [String]

    /// A layout with or without the column `domain`.
    init(usesDomain: Bool, sockets: [String]) {
        self.usesDomain = usesDomain
        self.sockets = sockets
        let head = usesDomain ? ["ruid", "username", "domain"] : ["ruid", "username"]
        written =
            head + [
                "contact", "received", "path", "expires", "q", "callid", "cseq", "last_modified",
                "flags", "cflags", "user_agent", "socket", "methods", "instance", "reg_id",
                "server_id", "connection_id", "keepalive", "partition",
            ]
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
        rows.append(binding.values.expires ?? WallTime(seconds: 0))
        rows.append(binding.values.q.map { Double($0) / 1000 } ?? -1)
        rows.append(binding.callID)
        rows.append(Int(binding.values.cseq))
        rows.append(binding.values.lastModified)
        rows.append(Self.signed(binding.values.flags))
        rows.append(Self.signed(binding.values.cflags))
        rows.append(binding.userAgent)
        appendSocket(binding.values.socket, to: &rows)
        appendMethods(binding.values.methods, to: &rows)
        rows.appendOrNull(binding.instance)
        rows.append(Int(binding.values.regID))
        rows.append(Int(binding.values.serverID))
        rows.append(Int(binding.values.connection))
        // The two columns behind the connection: `keepalive` and `partition`, which mean nothing
        // here.
        rows.append(0)
        rows.append(0)
    }

    /// The condition that finds the rows of an AoR, with its values.
    ///
    /// Values are bound and never spelled into the statement: an AoR holds whatever a stranger put
    /// into To.
    func condition(for aor: Span<UInt8>) -> (sql: String, values: [DatabaseValue]) {
        guard usesDomain else { return ("username = ?", [.text(String(copying: aor))]) }
        var at = aor.count - 1
        while at >= 0, aor[at] != UInt8(ascii: "@") { at -= 1 }
        let user = at < 0 ? "" : String(copying: aor.extracting(first: at))
        let domain = String(copying: aor.extracting(last: aor.count - at - 1))
        return ("username = ? AND domain = ?", [.text(user), .text(domain)])
    }

    /// All methods are NULL, as Kamailio writes them.
    private func appendMethods(_ methods: UInt32, to rows: inout RowBatch) {
        if methods == .max { rows.appendNull() } else { rows.append(Self.signed(methods)) }
    }

    /// A mask as its column holds it: INT is signed, and MariaDB refuses what lies beyond.
    private static func signed(_ mask: UInt32) -> Int { Int(Int32(bitPattern: mask)) }

    /// Writes the AoR into `username`, or cut at its last `@` into `username` and `domain`: a user
    /// part may hold an escaped `@`, a host may not.
    private func appendName(_ aor: Span<UInt8>, to rows: inout RowBatch) {
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
