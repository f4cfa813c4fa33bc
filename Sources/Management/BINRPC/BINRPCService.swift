internal import Basics
internal import JSONValue
internal import Logging
public import ModuleKit
internal import Synchronization

/// Answers BINRPC requests, as kamcmd sends them, over streams and datagrams.
///
/// A reply that is larger than its client takes is cut into pages, each a complete reply with a
/// line at its end that says how the next one is asked for: `ctl.more` and a word. Which size that
/// is depends on the client: kamcmd throws away what is beyond 128 KiB, a datagram holds 64 KiB,
/// and `binrpc_max_body_size` may say less.
public final class BINRPCService: Sendable {
    /// What becomes of one packet.
    struct Answer {
        /// The packet's bytes in pieces.
        var pieces: [[UInt8]]
        /// The word for the next page, nil when there is none.
        var more: String?
        /// What the next page is made of.
        var rest: BINRPCReply?
    }

    /// A reply of which pages are left, and since when it waits.
    private struct Parked {
        var reply: BINRPCReply
        var since: MonotonicTime
    }

    /// How long a connection waits awake for who shows a page and then asks for the next one: about
    /// what kamcmd takes beyond the time in which that page is made.
    private static let lingerMicroseconds: UInt64 = 500

    private let runner: CommandRunner
    private let bodyBytesMax: Int?
    private let sizes: BINRPCSizes
    /// Replies of which further pages wait, by their word.
    private let parked = Guarded<[String: Parked]>([:])
    /// Bytes of replies that are in memory.
    private let held = Guarded(0)
    /// Large replies are made one at a time, so that what is held is known.
    private let making = Guarded(())

    /// A service for the commands of a runner; replies have at most `bodyBytesMax` bytes, nil for
    /// what the client takes.
    public init(
        _ runner: CommandRunner, bodyBytesMax: Int? = nil, sizes: BINRPCSizes = BINRPCSizes()
    ) {
        self.runner = runner
        self.sizes = sizes
        self.bodyBytesMax = bodyBytesMax
    }

    // MARK: Transports

    /// Answers the requests of one connection, one after the other, until it ends.
    public func serve(_ connection: ChannelConnection) {
        var buffer = ByteWriter(capacity: 4_096)
        var last: String?
        var began = SystemClock.monotonic()
        while true {
            do throws(BINRPCError) {
                while let (header, count) = try Self.packet(buffer.span) {
                    let end = count + header.bodyCount
                    let answer = answer(
                        header, buffer.span.extracting(count..<end), connection.caller,
                        limit: limit(for: connection), last: last)
                    last = answer.more
                    guard send(answer, to: connection) else { return }
                    // This thread would only wait for the client, who is busy with the page.
                    answer.rest?.makeAhead()
                    if answer.rest != nil {
                        connection.linger(microseconds: Self.lingerMicroseconds)
                    }
                    let rest = Array(copying: buffer.span.extracting(end..<buffer.count))
                    buffer.removeAll()
                    buffer.append(rest)
                    began = SystemClock.monotonic()
                }
            } catch {
                let refusal = Self.fault(400, "bad request: \(error.message)", cookie: 0)
                _ = connection.send(refusal.span, stallSeconds: 1)
                return
            }
            if buffer.count == 0 { began = SystemClock.monotonic() }
            let seconds =
                buffer.count == 0 ? Limits.channelIdleSecondsMax : Limits.channelStallSecondsMax
            let waited = SystemClock.monotonic().since(began) / 1_000_000_000
            guard waited < UInt64(seconds),
                connection.receive(
                    16_384, into: &buffer, seconds: seconds - Int(waited)) == .bytes
            else { return }
        }
    }

    /// Answers a datagram, which holds one packet.
    public func answer(_ datagram: Span<UInt8>, from caller: RPCCaller) -> [UInt8] {
        do throws(BINRPCError) {
            guard let (header, count) = try Self.packet(datagram) else {
                throw BINRPCError(.truncated, at: datagram.count)
            }
            let body = datagram.extracting(count..<(count + header.bodyCount))
            let room = Limits.controlDatagramBytesMax - BINRPCHeader.bytesMax
            let limit = min(bodyBytesMax ?? room, room)
            let answer = answer(header, body, caller, limit: limit, last: nil)
            return Array(answer.pieces.joined())
        } catch {
            return Self.fault(400, "bad request: \(error.message)", cookie: 0)
        }
    }

    /// The most bytes that a reply over a connection may have.
    ///
    /// Of a Unix socket the system tells the program at the other end. Over TCP nobody does: kamcmd
    /// is the client that everyone has.
    private func limit(for connection: ChannelConnection) -> Int {
        let kamcmd = Limits.kamcmdReplyBytesMax - BINRPCHeader.bytesMax
        if connection.peer.program == "kamcmd" { return min(bodyBytesMax ?? kamcmd, kamcmd) }
        if let bodyBytesMax { return bodyBytesMax }
        return connection.peer.program == nil ? kamcmd : Limits.binrpcBodyBytesMax
    }

    /// The packet at the start of the bytes; nil while some of it is missing.
    private static func packet(
        _ bytes: Span<UInt8>
    ) throws(BINRPCError) -> (header: BINRPCHeader, count: Int)? {
        guard let (header, count) = try BINRPCHeader.read(bytes) else { return nil }
        guard header.kind == .request else { throw BINRPCError(.corrupted, at: 1) }
        guard header.bodyCount <= Limits.binrpcRequestBytesMax else {
            throw BINRPCError(.tooLarge, at: 2)
        }
        return bytes.count >= count + header.bodyCount ? (header, count) : nil
    }

    private func send(_ answer: Answer, to connection: ChannelConnection) -> Bool {
        let size = answer.pieces.reduce(0) { $0 + $1.count }
        held.withLock { $0 += size }
        defer { held.withLock { $0 -= size } }
        for piece in answer.pieces {
            let isSent = connection.send(
                piece.span, stallSeconds: Limits.channelStallSecondsMax)
            guard isSent else { return false }
        }
        return true
    }

    // MARK: Requests

    /// Runs what a packet asks for.
    func answer(
        _ header: BINRPCHeader, _ body: Span<UInt8>, _ caller: RPCCaller, limit: Int,
        last: String?
    ) -> Answer {
        do throws(RPCError) {
            let (method, parameters) = try Self.request(body)
            if method == "ctl.more" {
                let word = parameters.first?.text ?? last
                return try page(try resume(word), header.cookie)
            }
            let outcome = try runner.run(method, .array(parameters), from: caller).get()
            return try make(outcome, limit, header.cookie)
        } catch {
            let text = error.code == RPCError.methodNotFound ? Self.unknown(body) : error.message
            return Answer(
                pieces: [Self.fault(Self.code(error.code), text, cookie: header.cookie)])
        }
    }

    /// The method and the parameters of a request.
    private static func request(
        _ body: Span<UInt8>
    ) throws(RPCError) -> (method: String, parameters: [JSONValue]) {
        let values: [BINRPCValue]
        do throws(BINRPCError) {
            values = try BINRPCReader.values(body)
        } catch {
            throw RPCError(400, "bad request: \(error.message) at byte \(error.offset)")
        }
        guard case .string(let method)? = values.first else {
            throw RPCError(400, "bad request method: record doesn't match type")
        }
        var parameters: [JSONValue] = []
        for (place, value) in values.dropFirst().enumerated() {
            switch value {
            case .int(let number): parameters.append(.integer(Int64(number)))
            case .string(let text): parameters.append(.string(text))
            case .double(let number): parameters.append(.double(number))
            case .structure, .array, .bytes:
                throw RPCError(
                    400, "error at parameter \(place): expected a number or a string")
            }
        }
        return (method, parameters)
    }

    /// Makes the first page; large replies are made one at a time.
    private func make(
        _ outcome: RPCOutcome, _ limit: Int, _ cookie: UInt32
    ) throws(RPCError) -> Answer {
        guard limit > Limits.kamcmdReplyBytesMax else {
            return try page(BINRPCReply(outcome, limit: limit, sizes: sizes), cookie)
        }
        return try making.withLock { (_) throws(RPCError) in
            let room = Limits.binrpcReplyBytesInMemoryMax - held.withLock { $0 }
            let fair = min(limit, max(room, Limits.kamcmdReplyBytesMax))
            return try page(BINRPCReply(outcome, limit: fair, sizes: sizes), cookie)
        }
    }

    /// The next page of a reply as a packet; what follows it is kept for `ctl.more`.
    private func page(_ reply: BINRPCReply, _ cookie: UInt32) throws(RPCError) -> Answer {
        guard var page = reply.nextPage() else {
            throw RPCError(
                500, "the reply is larger than this client takes; ask over HTTP (roostctl)")
        }
        var more: String?
        if !page.isLast {
            let word = park(reply)
            var note = BINRPCWriter(capacity: 64)
            note.string("-- there is more: ctl.more \(word)")
            page.pieces.append(Array(copying: note.bytes.span))
            more = word
        }
        let size = page.pieces.reduce(0) { $0 + $1.count }
        var header = ByteWriter(capacity: BINRPCHeader.bytesMax)
        BINRPCHeader(.reply, bodyCount: size, cookie: cookie).write(into: &header)
        let rest = page.isLast ? nil : reply
        guard size <= Limits.kamcmdReplyBytesMax else {
            // A long one is not moved once more.
            return Answer(
                pieces: [Array(copying: header.span)] + page.pieces, more: more, rest: rest)
        }
        // The rest goes out with its header: kamcmd takes all of that in its first read, and is
        // not woken for each piece.
        var packet = Array(copying: header.span)
        packet.reserveCapacity(packet.count + size)
        for piece in page.pieces { packet += piece }
        return Answer(pieces: [packet], more: more, rest: rest)
    }

    // MARK: Further pages

    /// Keeps a reply for its next page, under a word that no number looks like: kamcmd would send
    /// one as such.
    private func park(_ reply: BINRPCReply) -> String {
        let word = "p" + String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16)
        let now = SystemClock.monotonic()
        parked.withLock { parked in
            Self.forgetOld(&parked, now)
            if parked.count >= Limits.binrpcRepliesParkedMax {
                let oldest = parked.min { now.since($0.value.since) > now.since($1.value.since) }
                if let oldest { parked[oldest.key] = nil }
            }
            parked[word] = Parked(reply: reply, since: now)
        }
        return word
    }

    /// Takes the reply that waits under a word.
    private func resume(_ word: String?) throws(RPCError) -> BINRPCReply {
        let found = parked.withLock { parked -> BINRPCReply? in
            Self.forgetOld(&parked, SystemClock.monotonic())
            return word.flatMap { parked.removeValue(forKey: $0) }?.reply
        }
        guard let found else {
            throw RPCError(
                404,
                word == nil
                    ? "nothing was cut on this connection; name the word of the reply"
                    : "nothing more under this word; it is kept for "
                        + "\(Limits.binrpcParkedSecondsMax) seconds")
        }
        return found
    }

    private static func forgetOld(_ parked: inout [String: Parked], _ now: MonotonicTime) {
        let patience = UInt64(Limits.binrpcParkedSecondsMax) * 1_000_000_000
        parked = parked.filter { now.since($0.value.since) < patience }
    }

    // MARK: Faults

    /// A whole packet that says why not.
    static func fault(_ code: Int, _ text: String, cookie: UInt32) -> [UInt8] {
        var body = BINRPCWriter(capacity: 300)
        body.integer(Int64(code))
        // Cut between two characters, so that what arrives is text.
        var cut = text
        while cut.utf8.count > Limits.binrpcFaultBytesMax { cut.removeLast() }
        body.string(cut)
        var packet = ByteWriter(capacity: 320)
        BINRPCHeader(.fault, bodyCount: body.bytes.count, cookie: cookie).write(into: &packet)
        packet.append(body.bytes.span)
        return Array(copying: packet.span)
    }

    /// The code that callers of kamcmd know for one of JSON-RPC's.
    private static func code(_ code: Int) -> Int {
        switch code {
        case RPCError.parseError, RPCError.invalidRequest, RPCError.invalidParameters: 400
        case ..<0: 500
        default: code
        }
    }

    /// Kamailio's words for a command that does not exist.
    private static func unknown(_ body: Span<UInt8>) -> String {
        guard let (method, _) = try? request(body) else { return "command not found" }
        return "command \(method) not found"
    }
}
