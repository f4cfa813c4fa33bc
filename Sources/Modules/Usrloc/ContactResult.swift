import Basics
import JSONValue
import Locations
import ModuleKit

/// Writes one binding as `ul.dump` and `ul.lookup` show it, field for field as recorded answers do.
///
/// Scripts and dashboards that were written for kamcmd read this answer, so names, order and the
/// words for what is unset are kept although some fields mean nothing here. Numbers that this
/// server does not measure are zero rather than absent: a client that looks a field up finds it.
struct ContactResult {
    /// The time that lifetimes are counted from.
    let now: WallTime
    /// Names of the server's sockets, by their index.
    ///
    /// A binding keeps an index and not a name; one beyond this list is shown as not set, which is
    /// what a binding of another server looks like.
    let sockets: [String]
    /// The branch flags of contacts that are kept alive.
    var natMask: UInt32 = 0

    /// Writes `{"Contact": {...}}`.
    func write(_ binding: borrowing BindingView, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("Contact")
        writer.beginObject()
        writer.key("Address")
        writer.string(binding.uri)
        writer.key("Expires")
        writeExpires(binding, into: &writer)
        writer.key("Q")
        // q is stored in thousandths, and -1 is Kamailio's word for a contact without one.
        writer.double(binding.values.q.map { Double($0) / 1000 } ?? -1)
        writeText("Call-ID", binding.callID, into: &writer)
        writer.key("CSeq")
        writer.integer(binding.values.cseq)
        writeText("User-Agent", binding.userAgent, into: &writer)
        writeText("Received", binding.received, into: &writer)
        writeText("Path", binding.path, into: &writer)
        writer.key("State")
        writer.string(binding.storageState.name)
        writer.key("Flags")
        writer.integer(binding.values.flags)
        writer.key("CFlags")
        writer.integer(binding.values.cflags)
        writer.key("Socket")
        writer.string(socketName(binding.values.socket))
        writer.key("Methods")
        writer.integer(binding.values.methods)
        writeRuid(binding, into: &writer)
        writeText("Instance", binding.instance, into: &writer)
        writer.key("Reg-Id")
        writer.integer(binding.values.regID)
        writer.key("Server-Id")
        writer.integer(binding.values.serverID)
        writer.key("Tcpconn-Id")
        writer.integer(binding.values.connection)
        writer.key("Keepalive")
        writer.integer(binding.values.cflags & natMask == 0 ? 0 : 1)
        writer.key("Last-Keepalive")
        writer.integer(binding.lastKeepalive.seconds)
        writer.key("KA-Roundtrip")
        writer.integer(binding.keepaliveRoundTrip)
        writer.key("Last-Modified")
        writer.integer(binding.values.lastModified.seconds)
        writer.endObject()
        writer.endObject()
    }

    /// The shape of what `write` writes.
    ///
    /// No further fields are allowed: the test suite validates each reply against this shape, so
    /// that a field is not added or lost without anyone noticing.
    static let schema = Schema.object(
        [
            Schema.Property(
                "Contact",
                .object(
                    [
                        .init("Address", .string), .init("Expires", .oneOf([.integer, .string])),
                        .init("Q", .number), .init("Call-ID", .string), .init("CSeq", .integer),
                        .init("User-Agent", .string), .init("Received", .string),
                        .init("Path", .string), .init("State", .string), .init("Flags", .integer),
                        .init("CFlags", .integer), .init("Socket", .string),
                        .init("Methods", .integer), .init("Ruid", .string),
                        .init("Instance", .string), .init("Reg-Id", .integer),
                        .init("Server-Id", .integer), .init("Tcpconn-Id", .integer),
                        .init("Keepalive", .integer), .init("Last-Keepalive", .integer),
                        .init("KA-Roundtrip", .integer), .init("Last-Modified", .integer),
                    ], others: nil))
        ], others: nil)

    /// A binding as `ul.lookup` shows it.
    ///
    /// It is printed in the OpenRPC document and checked against `schema` by a test.
    static let example = JSONValue.object([
        .init(
            "Contact",
            .object([
                .init("Address", .string("sip:alice@192.0.2.10:5060")),
                .init("Expires", .integer(3_542)), .init("Q", .double(0.5)),
                .init("Call-ID", .string("7a2c@192.0.2.10")), .init("CSeq", .integer(18)),
                .init("User-Agent", .string("phone/2.1")), .init("Received", .string("[not set]")),
                .init("Path", .string("[not set]")), .init("State", .string("CS_SYNC")),
                .init("Flags", .integer(0)), .init("CFlags", .integer(0)),
                .init("Socket", .string("udp:192.0.2.1:5060")), .init("Methods", .integer(5_951)),
                .init("Ruid", .string("uloc-1a2b3c4d-5e6f-1")),
                .init("Instance", .string("[not set]")), .init("Reg-Id", .integer(0)),
                .init("Server-Id", .integer(0)), .init("Tcpconn-Id", .integer(-1)),
                .init("Keepalive", .integer(0)), .init("Last-Keepalive", .integer(1_789_003_542)),
                .init("KA-Roundtrip", .integer(0)),
                .init("Last-Modified", .integer(1_789_003_542)),
            ]))
    ])

    /// Writes the seconds left, or the two words that recorded answers have in their place: a
    /// client tells the cases apart by the type.
    private func writeExpires(_ binding: borrowing BindingView, into writer: inout JSONWriter) {
        guard let expires = binding.values.expires else { return writer.string("permanent") }
        if expires > now {
            writer.integer(expires.seconds - now.seconds)
        } else {
            writer.string("expired")
        }
    }

    /// Writes a text; an empty one is `[not set]`, because in SIP none of these can be empty and
    /// set.
    private func writeText(
        _ name: StaticString, _ text: Span<UInt8>, into writer: inout JSONWriter
    ) {
        writer.key(name)
        if text.isEmpty { writer.string("[not set]") } else { writer.string(text) }
    }

    /// Writes the unique name, which is stored as its parts and put together only when somebody
    /// looks.
    private func writeRuid(_ binding: borrowing BindingView, into writer: inout JSONWriter) {
        var ruid = ByteWriter(capacity: 64)
        binding.writeRuid(into: &ruid)
        writeText("Ruid", ruid.span, into: &writer)
    }

    /// The name of a socket, as `listen` spells it.
    private func socketName(_ socket: SocketIndex) -> String {
        let index = Int(socket.value)
        return socket.isNone || index >= sockets.count ? "[not set]" : sockets[index]
    }
}
