internal import Basics
internal import JSONValue
internal import Locations
internal import ModuleKit
internal import SIPSyntax
internal import Storage

/// What the `ul.*` commands do.
///
/// Errors carry the codes and the words of recorded answers, on which provisioning scripts rely:
/// 500 for most, 404 for what `ul.rm_contact` does not find.
extension UsrlocModule {
    /// `ul.dump`.
    ///
    /// With db_mode 3 there is nothing in memory to show, and the answer is an empty list as it is
    /// with Kamailio.
    func dump(isBrief: Bool) -> LocationDump {
        LocationDump(
            tables: parameters.databaseMode == .databaseOnly ? [] : tables, isBrief: isBrief,
            result: shownNow, slots: parameters.slots)
    }

    /// How bindings are shown, as of now.
    var shownNow: ContactResult {
        ContactResult(
            now: SystemClock.wall(), sockets: services.sockets.map(\.name),
            natMask: parameters.natMask)
    }

    /// `ul.lookup`.
    ///
    /// An AoR without bindings is an error and not an empty list.
    func lookUp(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let table = try table(call)
        let aor = try address(call)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("AoR")
        writer.string(aor.span)
        writer.key("Contacts")
        writer.beginArray()
        var count = 0
        let result = shownNow
        try removing { () throws(LocationsUnavailable) in
            count = try lookUp(in: table, aor.span, now: result.now) { binding in
                result.write(binding, into: &writer)
            }
        }
        guard count > 0 else { throw RPCError(500, "AOR not found in location table") }
        writer.endArray()
        writer.endObject()
        return .stream(WrittenResult(writer))
    }

    /// `ul.add`.
    ///
    /// The binding looks like one of Kamailio's own command: the same Call-ID, the same User-Agent,
    /// a unique name of the kind that is told apart from those of phones. So a tool that finds
    /// added bindings by their Call-ID goes on finding them.
    func add(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let table = try table(call)
        let aor = try address(call)
        var texts = ByteWriter(capacity: 512)
        var request = RegistrationRequest()
        request.callID = Self.keep("dfjrewr12386fd6-343@kamailio.rpc", &texts)
        request.userAgent = Self.keep("kamailio SIP Router - RPC Server", &texts)
        request.ruidPrefix = .management
        request.serverID = UInt32(clamping: services.serverID)
        request.flags = UInt32(truncatingIfNeeded: call.integer(6) ?? 0)
        request.cflags = UInt32(truncatingIfNeeded: call.integer(7) ?? 0)
        request.path = Self.keep(Self.given(call.string(5)), &texts)
        request.socket = try socket(Self.given(call.string(10)))
        let now = SystemClock.wall()
        let contact = try contact(call)
        try check(call)
        request.cseq = try nextCSeq(table, aor, contact, now)
        var update = ContactUpdate(uri: Self.keep(contact, &texts), lifetime: .permanent)
        update.received = Self.keep(Self.given(call.string(9)), &texts)
        update.methods = UInt32(truncatingIfNeeded: call.integer(8) ?? -1)
        let seconds = call.integer(3) ?? 0
        guard seconds >= 0, seconds <= Int(Int32.max) else {
            throw RPCError(500, "expires must be from 0 to \(Int32.max)")
        }
        if seconds > 0 { update.lifetime = .until(WallTime(seconds: now.seconds + seconds)) }
        let q = call.double(4) ?? -1
        guard q <= 1 else { throw RPCError(500, "q must be at most 1") }
        if q >= 0 { update.q = Int((q * 1000).rounded()) }
        _ = request.append(update)
        var rules = self.rules
        // All added bindings share a Call-ID: matching by it would make them one.
        rules.matching = .contact
        rules.memoryOnly = request.flags & 1 == 1
        let old = try shown(table, aor, contact, now)
        let outcome = try carryOut(table, aor, request, texts, rules, now)
        guard outcome.isAccepted else { throw RPCError(500, "Can't insert contact") }
        call.note(
            Self.place(call, contact), old: old, new: try shown(table, aor, contact, now))
        return .done
    }

    /// `ul.rm`: removes whatever there is; an AoR that nobody knows is no error.
    func removeAll(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let table = try table(call)
        let aor = try address(call)
        _ = try remove(call, from: table, aor, SystemClock.wall()) { _ in true }
        return .done
    }

    /// Removes bindings and notes each with what it was; how many were removed.
    private func remove(
        _ call: RPCCall, from table: LocationTable, _ aor: [UInt8], _ now: WallTime,
        where isMeant: (borrowing BindingView) -> Bool
    ) throws(RPCError) -> Int {
        // Noted when the table's lock is free again: the record has a lock of its own.
        var old: [(contact: String, text: String)] = []
        let result = result
        var count = 0
        try removing { () throws(LocationsUnavailable) in
            count = try remove(in: table, aor.span, now: now) { binding in
                guard isMeant(binding) else { return false }
                if old.count < Limits.changesPerCallMax {
                    var writer = JSONWriter()
                    result.write(binding, into: &writer)
                    old.append((String(copying: binding.uri), writer.bytes.text))
                }
                return true
            }
        }
        for (contact, text) in old {
            let value = (try? JSONValue(parsing: text))?["Contact"] ?? .null
            call.note(Self.place(call, contact), old: value, new: .null)
        }
        return count
    }

    /// How the record of changes names a binding: `location alice sip:alice@192.0.2.10`.
    private static func place(_ call: RPCCall, _ contact: String) -> String {
        "\(call.string(0) ?? "") \(call.string(1) ?? "") \(contact)"
    }

    /// The binding of a contact as `ul.lookup` shows it; null without one.
    private func shown(
        _ table: LocationTable, _ aor: [UInt8], _ contact: String, _ now: WallTime
    ) throws(RPCError) -> JSONValue {
        var text: String?
        let result = result
        try removing { () throws(LocationsUnavailable) in
            try lookUp(in: table, aor.span, now: now) { binding in
                guard String(copying: binding.uri) == contact else { return }
                var writer = JSONWriter()
                result.write(binding, into: &writer)
                text = writer.bytes.text
            }
        }
        return text.flatMap { try? JSONValue(parsing: $0) }?["Contact"] ?? .null
    }

    /// `ul.rm_contact`: finds the binding by its address, whatever the matching mode.
    ///
    /// Two errors, because a script that cleans up needs to know which of its two names is wrong.
    func removeContact(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let table = try table(call)
        let aor = try address(call)
        let contact = Array((call.string(2) ?? "").utf8)
        let now = SystemClock.wall()
        var seen = 0
        let removed = try remove(call, from: table, aor, now) { binding in
            seen += 1
            let uri = binding.uri
            return uri.count == contact.count
                && uri.indices.allSatisfy { uri[$0] == contact[$0] }
        }
        guard seen > 0 else { throw RPCError(404, "AOR not found") }
        guard removed > 0 else { throw RPCError(404, "Contact not found") }
        return .done
    }

    /// `ul.db_users` and its like.
    ///
    /// Rows are counted as of now: a row that has expired and is not deleted yet is no
    /// registration. `server_id_filter` is heeded, so that the figures of two servers add up.
    func count(_ call: RPCCall, _ kind: String) throws(RPCError) -> Int {
        guard parameters.databaseMode != .memory else {
            throw RPCError(500, "Command is not supported in db_mode=0")
        }
        let table = try table(call)
        let columns = columns
        let server = filteredServer
        let now = SystemClock.wall()
        let query: @Sendable (any DatabaseConnection) throws(StorageError) -> Int = {
            (connection) throws(StorageError) in
            let (sql, values) = columns.count(kind, in: table.name, now: now, server, connection)
            var count = 0
            try connection.query(sql, values) { row in
                count = row.integer(0) ?? 0
                return false
            }
            return count
        }
        do {
            switch place {
            case .memory: return 0
            case .writer(let writer): return try writer.read(query)
            case .database(let store): return try store.leased(query)
            }
        } catch {
            throw RPCError(500, "Failed to query the database: \(error)")
        }
    }

    // MARK: Help

    /// The contact that `ul.add` binds: a URI, for it goes into the replies of every device.
    private func contact(_ call: RPCCall) throws(RPCError) -> String {
        let text = call.string(2) ?? ""
        guard !text.isEmpty, text.utf8.count <= Limits.contactBytesMax else {
            throw RPCError(500, "contact must have 1 to \(Limits.contactBytesMax) bytes")
        }
        let bytes = Array(text.utf8)
        do throws(SyntaxError) { _ = try SIPURI(parsing: bytes.span) } catch {
            throw RPCError(500, "contact must be a URI, found \"\(text)\"")
        }
        return text
    }

    /// Path and received address are written into messages as well: nobody adds lines with them.
    private func check(_ call: RPCCall) throws(RPCError) {
        for (place, name) in [(5, "path"), (9, "received")] {
            let text = call.string(place) ?? ""
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") })
            else { throw RPCError(500, "\(name) must not hold quotes and control characters") }
        }
        if (call.integer(6) ?? 0) & 1 == 1, parameters.databaseMode == .databaseOnly {
            throw RPCError(500, "flag 1 keeps a binding in memory, which db_mode 3 has none of")
        }
    }

    /// Registers as a phone would, so that the same limits hold for commands.
    private func carryOut(
        _ table: LocationTable, _ aor: [UInt8], _ request: borrowing RegistrationRequest,
        _ texts: borrowing ByteWriter, _ rules: RegistrationRules, _ now: WallTime
    ) throws(RPCError) -> RegistrationOutcome {
        do throws(LocationsUnavailable) {
            return try register(
                in: table, aor.span, request, message: Span(), scratch: texts.span, rules: rules,
                now: now
            ) { _ in }
        } catch {
            throw RPCError(500, "Operation failed: \(error.message)")
        }
    }

    /// A CSeq above that of an earlier `ul.add` of the same contact.
    ///
    /// With an equal CSeq the table would take a second call for a retransmission of the first.
    private func nextCSeq(
        _ table: LocationTable, _ aor: [UInt8], _ contact: String, _ now: WallTime
    ) throws(RPCError) -> UInt32 {
        var next: UInt32 = 1
        try removing { () throws(LocationsUnavailable) in
            try lookUp(in: table, aor.span, now: now, includingExpired: true) { binding in
                if String(copying: binding.uri) == contact {
                    next = max(next, binding.values.cseq &+ 1)
                }
            }
        }
        return next
    }

    /// The socket of that name; a name that is not ours is an error, for the binding would be
    /// unreachable.
    private func socket(_ name: String) throws(RPCError) -> SocketIndex {
        guard !name.isEmpty else { return .none }
        guard let index = services.sockets.firstIndex(where: { $0.name == name }) else {
            throw RPCError(500, "the server does not listen on \"\(name)\"")
        }
        return SocketIndex(index)
    }

    /// Copies a text to where the registration finds it; nothing for an empty one.
    private static func keep(_ text: String, _ texts: inout ByteWriter) -> TextPlace {
        guard !text.isEmpty else { return .none }
        let start = texts.count
        texts.append(text)
        return .scratch(ByteRange(offset: start, count: texts.count - start))
    }

    /// A text that a caller may leave out as "", "0" or ".".
    ///
    /// Kamailio's client cannot send an empty argument in the middle of others.
    private static func given(_ text: String?) -> String {
        guard let text, text != "0", text != "." else { return "" }
        return text
    }
}
