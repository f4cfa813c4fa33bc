public import Basics
internal import SIPSyntax

extension ScriptContext {
    /// Sends a reply to the request at hand, from within the script, in place.
    ///
    /// It is stateless unless the script has opened a transaction, which then keeps it.
    /// It carries what `append_to_reply` collected, and a To-tag that the same request always gets
    /// again, so that a retransmission is answered alike. ACK is never answered (RFC 3261 17).
    /// Returns whether a reply went out.
    @discardableResult
    public func reply(_ status: Int, _ reason: Span<UInt8>) -> Bool {
        reply(status, reason) { _ in }
    }

    /// The same with further header lines, which `headers` writes.
    @discardableResult
    public func reply(
        _ status: Int, _ reason: Span<UInt8>, headers: (inout ByteWriter) -> Void
    ) -> Bool {
        let tag = toTag
        return reply(status, reason, toTag: tag.span, headers: headers)
    }

    /// The same with a To-tag that its dialog has, unless the request has one.
    @discardableResult
    public func reply(
        _ status: Int, _ reason: Span<UInt8>, toTag tag: Span<UInt8>,
        headers: (inout ByteWriter) -> Void
    ) -> Bool {
        precondition(status >= 100 && status <= 699, "a status has three digits")
        guard message.kind == .request, message.method != .ack else {
            replyCounters.failures.add()
            return false
        }
        outbox.begin()
        ReplyWriter.begin(
            status, reason: reason, to: message, from: origin, toTag: tag,
            forceRport: forcesRport, into: &outbox.writer)
        headers(&outbox.writer)
        outbox.writer.append(replyHeaders.span)
        outbox.writer.append(serverHeader)
        if let replyBody {
            outbox.writer.finishMessage(
                contentType: replyBody.contentType.span, body: replyBody.bytes.span)
        } else {
            outbox.writer.finishMessage()
        }
        let destination = ReplyRoute.destination(
            for: message, from: origin, forceRport: forcesRport)
        if let transaction, !transaction.mayReply(status, in: self) {
            outbox.abandon()
            return false
        }
        let observed = responseObserver == nil ? [] : withBegun { Array(copying: $0) }
        outbox.commit(to: destination)
        repliedStatus = status
        replyCounters.count(status)
        responseObserver?.responseLeft(status, observed, in: self)
        return true
    }

    /// The To-tag of stateless replies: sixteen hexadecimal digits that depend on the transaction
    /// and on the process' key, so that nobody can guess the tag of another's.
    private var toTag: InlineArray<16, UInt8> {
        var hasher = Hasher()
        hasher.combine(tagKey)
        mix(.callID, into: &hasher)
        mix(.from, into: &hasher)
        mix(.cSeq, into: &hasher)
        let value = UInt64(bitPattern: Int64(hasher.finalize()))
        return InlineArray<16, UInt8> { place in
            let nibble = UInt8(truncatingIfNeeded: (value >> UInt64(60 - place * 4)) & 15)
            return nibble < 10 ? 48 &+ nibble : 87 &+ nibble
        }
    }

    private func mix(_ name: HeaderName, into hasher: inout Hasher) {
        guard let range = message.header(name) else { return }
        withMessage { message in
            unsafe message[range].withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
    }
}
