internal import Basics
public import SIPSyntax

/// What tells one server transaction from all others (RFC 3261 17.2.3), as 128 bits of a hash.
///
/// The hash has a secret key, so that nobody can aim two requests at one key; the parts themselves
/// need not be kept.
public struct ServerKey: Sendable, Hashable, BitwiseCopyable {
    /// Finds the shard and the slot.
    let first: UInt64
    /// Tells those apart that meet there.
    let second: UInt64
    /// Whether the request has no magic cookie, so that an ACK must also have the To tag of the
    /// response that was sent.
    public let isRFC2543: Bool
}

/// Makes the keys of server transactions; each worker has one, for the memory in it.
public struct ServerKeyMaker: ~Copyable, Sendable {
    private let first: KeyedHash
    private let second: KeyedHash
    private var parts = ByteWriter(capacity: 512)

    /// A maker of keys for the store whose hashes these are.
    init(first: KeyedHash, second: KeyedHash) {
        self.first = first
        self.second = second
    }

    /// The key of a request, or with `method` that of the request of another method whose branch
    /// it shares: of the INVITE that a CANCEL means (RFC 3261 9.2).
    ///
    /// An ACK has the key of its INVITE. Nil for a request whose mandatory header fields cannot be
    /// read.
    public mutating func key(
        of request: borrowing SIPMessage, as method: SIPMethod? = nil
    ) -> ServerKey? {
        precondition(request.kind == .request, "only requests open server transactions")
        do throws(SyntaxError) {
            guard let via = try request.topVia else { return nil }
            var method = method ?? request.method
            if method == .ack { method = .invite }
            parts.removeAll()
            appendMethod(method, of: request)
            guard via.hasMagicCookie(in: request.bytes), let branch = via.branch else {
                guard try appendOldParts(of: request, method) else { return nil }
                return finish(isRFC2543: true)
            }
            append(request[branch])
            appendSentBy(via, of: request)
            return finish(isRFC2543: false)
        } catch {
            return nil
        }
    }

    // MARK: Parts

    private func finish(isRFC2543: Bool) -> ServerKey {
        assert(parts.count > 0)
        return ServerKey(
            first: first.hash(parts.span), second: second.hash(parts.span), isRFC2543: isRFC2543)
    }

    /// The method: its name when it is not a known one.
    private mutating func appendMethod(_ method: SIPMethod, of request: borrowing SIPMessage) {
        if method == .other { return append(request[request.methodRange]) }
        append(method.rawValue)
    }

    /// Host and port of the top Via, which is part of the key because branches of two clients may
    /// meet by accident or on purpose.
    private mutating func appendSentBy(_ via: Via, of request: borrowing SIPMessage) {
        assert(via.host.end <= request.bytes.count)
        let start = parts.count
        append(request[via.host])
        // Host names are compared without regard to case (RFC 3261 19.1.4).
        var bytes = parts.mutableSpan
        for place in start..<bytes.count where bytes[place] >= 65 && bytes[place] <= 90 {
            bytes[place] |= 0x20
        }
        append(UInt32(via.port ?? 0))
    }

    /// What matched before there was a magic cookie: Request-URI, From tag, Call-ID, CSeq number,
    /// top Via, and but for INVITE and ACK the To tag.
    private mutating func appendOldParts(
        of request: borrowing SIPMessage, _ method: SIPMethod
    ) throws(SyntaxError) -> Bool {
        guard let via = try request.topVia, let from = try request.from, let to = try request.to,
            let cSeq = try request.cSeq, let callID = request.header(.callID)
        else { return false }
        append(request[request.requestURI])
        append(request[from.tag ?? .empty])
        append(request[callID])
        append(cSeq.number)
        append(request[via.whole])
        if method != .invite { append(request[to.tag ?? .empty]) }
        return true
    }

    /// A part with its length, so that no two lists of parts run into the same bytes.
    private mutating func append(_ part: Span<UInt8>) {
        assert(part.count <= Limits.messageBytesMax)
        append(UInt32(truncatingIfNeeded: part.count))
        parts.append(part)
    }

    private mutating func append(_ number: UInt32) {
        for place in 0..<4 {
            parts.append(UInt8(truncatingIfNeeded: number >> UInt32(place * 8)))
        }
    }
}
