internal import Basics
public import ModuleKit
internal import SIPSyntax
internal import Synchronization

/// Which of the two is meant.
enum DialogParty: String, Sendable, CaseIterable {
    /// Who has called.
    case caller
    /// Who was called.
    case callee
    /// Both.
    case all
}

/// How calls end when nobody hangs up.
extension DialogModule: TransactionUser {
    /// Looks at the calls whose time has come.
    func tick(now: Int) {
        while let due = timers.withLock({ $0.takeDue(now: now) }) {
            guard let dialog = table.dialog(entry: due.entry, number: due.number) else {
                timers.withLock { $0.remove(due.place) }
                continue
            }
            let record = dialog.snapshot
            if record.deadline <= now {
                if record.state == .ended {
                    table.remove(dialog)
                    timers.withLock { $0.remove(due.place) }
                    continue
                }
                expire(dialog, record, now)
            }
            let deadline = max(dialog.snapshot.deadline, now + 1)
            timers.withLock { $0.file(due.place, at: deadline) }
        }
    }

    /// Ends a call that has lived too long.
    private func expire(_ dialog: TrackedDialog, _ record: DialogRecord, _ now: Int) {
        let isTalking = record.state.isActive
        if isTalking { runTimeoutRoute(dialog) }
        // The route may have given it more time.
        guard dialog.snapshot.deadline <= now else { return }
        services.perform { context in
            context.now = WallTime(seconds: now)
            if isTalking, record.sendsBye { sendByes(dialog, .all, [], in: context) }
            feed(.overdue, to: dialog, in: context)
        }
    }

    /// Ends a call with BYEs (RFC 3261 15.1.1); false when it is not answered, or over.
    func end(
        _ dialog: TrackedDialog, _ party: DialogParty, _ headers: [UInt8],
        in context: ScriptContext
    ) -> Bool {
        guard dialog.snapshot.state.isActive else { return false }
        sendByes(dialog, party, headers, in: context)
        feed(.bye, to: dialog, in: context)
        return true
    }

    private func sendByes(
        _ dialog: TrackedDialog, _ party: DialogParty, _ headers: [UInt8],
        in context: ScriptContext
    ) {
        if party != .callee { sendBye(dialog, toCaller: true, headers, in: context) }
        if party != .caller { sendBye(dialog, toCaller: false, headers, in: context) }
    }

    /// Sends a BYE to one of the two in the name of the other.
    private func sendBye(
        _ dialog: TrackedDialog, toCaller: Bool, _ headers: [UInt8], in context: ScriptContext
    ) {
        let record = dialog.update { record -> DialogRecord in
            // RFC 3261 12.2.1.1: each request of a side has a higher number than the one before.
            if toCaller { record.callee.cSeq += 1 } else { record.caller.cSeq += 1 }
            return record
        }
        let (to, from) =
            toCaller ? (record.caller, record.callee) : (record.callee, record.caller)
        guard !to.contact.isEmpty, let transactions = services.transactions else { return }
        let first = Self.firstRoute(to.routes)
        let isStrict = first.map { !$0.isLoose } ?? false
        let line = isStrict ? first?.uri ?? to.contact : to.contact
        let lines = extraHeaders + (toCaller ? [] : calleeHeaders) + headers
        do throws(ForwardFailure) {
            try transactions.send(
                Self.bye.span, line.span, to: target(first?.uri ?? to.contact, to.socket),
                for: self, token: 0, in: context
            ) { writer in
                Self.write("From: <", from, into: &writer)
                Self.write("To: <", to, into: &writer)
                writer.append("Call-ID: ")
                writer.append(dialog.callID)
                writer.append("\r\nCSeq: ")
                writer.append(decimal: from.cSeq)
                writer.append(" BYE\r\n")
                Self.writeRoutes(to, isStrict, into: &writer)
                writer.append("Max-Forwards: 70\r\n")
                writer.append(lines)
                writer.finishMessage()
            }
        } catch {
            let side = toCaller ? "caller" : "callee"
            context.log(.warning, "dialog: no BYE to the \(side): \(error.reason)")
        }
    }

    private static let bye = Array("BYE".utf8)

    /// The first of a list of routes; nil without any.
    private static func firstRoute(_ routes: [UInt8]) -> (uri: [UInt8], isLoose: Bool)? {
        guard !routes.isEmpty else { return nil }
        let bytes = routes.span
        var cursor = Cursor(bytes, in: ByteRange(offset: 0, count: routes.count))
        let part = cursor.listPart()
        guard let entry = try? RouteEntry(parsing: bytes, in: part),
            let uri = try? SIPURI(parsing: bytes, in: entry.uri)
        else { return nil }
        return (
            Array(copying: bytes.part(entry.uri)), uri.parameter("lr", in: bytes) != nil
        )
    }

    /// Writes Route; a strict router stands in the request line, and the target behind all others
    /// (RFC 3261 12.2.1.1).
    private static func writeRoutes(
        _ side: DialogSide, _ isStrict: Bool, into writer: inout ByteWriter
    ) {
        guard !side.routes.isEmpty else { return }
        writer.append("Route: ")
        guard isStrict else {
            writer.append(side.routes)
            return writer.appendLineEnd()
        }
        let rest = side.routes.drop { $0 != UInt8(ascii: ",") }.dropFirst()
        writer.append(Array(rest))
        if !rest.isEmpty { writer.append(",") }
        writer.append("<")
        writer.append(side.contact)
        writer.append(">\r\n")
    }

    /// Where a request to a side goes: by the socket that it is reached by, if that fits.
    private func target(_ uri: [UInt8], _ socket: SocketIndex) -> RequestTarget {
        guard var hop = try? ScriptContext.hop(uri.span) else { return .uri(uri) }
        let sockets = services.sockets
        if !socket.isNone, Int(socket.value) < sockets.count {
            let own = sockets[Int(socket.value)]
            if own.transport == hop.transport, own.address.isIPv6 == hop.source.isIPv6 {
                hop.socket = socket
            }
        }
        return .address(hop)
    }

    /// The end of a BYE of our own changes nothing: the call is over either way.
    public func completed(
        _ token: UInt64, _ outcome: RequestOutcome, in context: ScriptContext
    ) {}
}
