public import Basics
internal import SIPSyntax

/// Where header fields are added to the message.
public enum HeaderAnchor: Sendable, Hashable {
    /// In front of all fields.
    case first
    /// Behind all fields.
    case last
    /// In front of the first field of a name; in front of all when there is none.
    case before([UInt8])
    /// Behind the last field of a name; behind all when there is none.
    case after([UInt8])
    /// In front of the field of a number.
    case inFrontOf(field: Int)
    /// Behind the field of a number.
    case behind(field: Int)
}

/// A text that takes the place of a range when the message is written.
struct MessageCut {
    /// What is taken out; empty for an insertion.
    let range: ByteRange
    /// What stands there instead.
    let text: [UInt8]
    /// A text in the place of a range.
    init(_ range: ByteRange, _ text: [UInt8]) {
        self.range = range
        self.text = text
    }
}

/// Changing the message at hand.
///
/// Changes wait in `edits` and show when the message is sent on, or after `applyChanges`; until
/// then scripts read the message as it came.
extension ScriptContext {
    /// Adds header fields; false when the text is none or there are too many changes.
    @discardableResult
    public func addHeader(_ text: [UInt8], _ anchor: HeaderAnchor) -> Bool {
        guard let lines = HeaderText.lines(text) else { return false }
        return edits.insert(lines, at: offset(of: anchor))
    }

    private func offset(of anchor: HeaderAnchor) -> Int {
        let section = message.headers
        switch anchor {
        case .first: return section.start
        case .last: return section.end
        case .inFrontOf(let number): return message.field(number).line.start
        case .behind(let number): return message.field(number).line.end
        case .before(let name):
            guard let number = message.firstField(named: name.span) else { return section.start }
            return message.field(number).line.start
        case .after(let name):
            guard var number = message.firstField(named: name.span) else { return section.end }
            while let next = message.nextField(named: name.span, after: number) { number = next }
            return message.field(number).line.end
        }
    }

    /// Takes a header field out, with what is changed in it; false when there are too many
    /// changes.
    @discardableResult
    public func removeField(_ number: Int) -> Bool {
        edits.override(message.field(number).line, with: [])
    }

    /// Gives a header field another value; false when there are too many changes.
    @discardableResult
    public func replaceValue(ofField number: Int, with value: [UInt8]) -> Bool {
        edits.override(message.field(number).value, with: HeaderText.oneLine(value))
    }

    /// Replaces the body, and the Content-Type by the one given; false when there are too many
    /// changes.
    public func replaceBody(_ body: [UInt8], contentType: [UInt8]) -> Bool {
        guard body.count <= Limits.messageBytesMax else { return false }
        // A field that the script has taken out has no value to replace: then it gets a new one,
        // or `remove_body` and `remove_hf("Content-Type")` would forbid every body after them.
        let isReplaced = message.firstField(.contentType).map {
            replaceValue(ofField: $0, with: contentType)
        }
        if isReplaced != true, !contentType.isEmpty {
            let line = Array("Content-Type: ".utf8) + HeaderText.oneLine(contentType)
            guard addHeader(line, .last) else { return false }
        }
        edits.body = body
        return true
    }

    /// Writes the message with all changes: the request line with the URI as it is now, the header
    /// fields, a Content-Length that fits, the body.
    ///
    /// `outgoing` is the socket that the message leaves on; Record-Route depends on it.
    public func renderEdited(
        into writer: inout ByteWriter, outgoing: ListeningSocket? = nil
    ) {
        renderEdited(into: &writer, outgoing: outgoing, with: [])
    }

    /// The same with further replacements, which none of the changes that wait may touch.
    func renderEdited(
        into writer: inout ByteWriter, outgoing: ListeningSocket?, with further: [MessageCut]
    ) {
        let cuts = cuts(outgoing, further)
        let bodyRange = message.body
        withMessage { message in
            let bytes = message.bytes
            var place = 0
            for cut in cuts {
                edits.write(
                    bytes, from: place, to: max(place, cut.range.start), includingEnd: false,
                    into: &writer)
                writer.append(cut.text)
                place = max(place, cut.range.end)
            }
            edits.write(
                bytes, from: place, to: bodyRange.start, includingEnd: false, into: &writer)
            if let body = edits.body {
                writer.append(body)
            } else {
                edits.write(bytes, from: bodyRange.start, to: bodyRange.end, into: &writer)
            }
        }
    }

    /// What is replaced beside the edits, in the order of the message.
    private func cuts(
        _ outgoing: ListeningSocket?, _ further: [MessageCut]
    ) -> [MessageCut] {
        var cuts = further
        if let rewrittenURI, message.kind == .request {
            cuts.append(MessageCut(message.requestURI, rewrittenURI))
        }
        if let recordRoute {
            // RFC 3261 16.6: in front of the fields that are there.
            let offset =
                message.firstField(.recordRoute).map { message.field($0).line.start }
                ?? message.headers.start
            var text = ByteWriter(capacity: 256)
            recordRoute.write(into: &text, incoming: receivingSocket, outgoing: outgoing)
            cuts.append(
                MessageCut(ByteRange(offset: offset, count: 0), Array(copying: text.span)))
        }
        if edits.changes(body: message.body) {
            cuts.append(lengthCut(edits.body?.count ?? edits.length(of: message.body)))
        }
        return cuts.sorted { $0.range.start < $1.range.start }
    }

    /// The Content-Length of a body that has changed (RFC 3261 20.14).
    private func lengthCut(_ count: Int) -> MessageCut {
        let number = Array(String(count).utf8)
        if let value = message.header(.contentLength), !edits.touches(value) {
            return MessageCut(value, number)
        }
        return MessageCut(
            ByteRange(offset: message.headers.end, count: 0),
            Array("Content-Length: ".utf8) + number + [13, 10])
    }

    /// The socket that received the message, nil without one.
    public var receivingSocket: ListeningSocket? {
        let sockets = services.sockets
        let index = origin.socket
        guard !index.isNone, Int(index.value) < sockets.count else { return nil }
        return sockets[Int(index.value)]
    }

    /// Makes the changes that wait at once: from here on scripts read the message with them.
    ///
    /// False, and nothing changes, when the result would not be a message of the same kind, or when
    /// a Record-Route waits, which can only be written when the message is sent.
    public func applyChanges() -> Bool {
        guard recordRoute == nil else { return false }
        guard !edits.isEmpty || rewrittenURI != nil else { return true }
        var writer = ByteWriter(capacity: messageLength + edits.text.count + 256)
        renderEdited(into: &writer)
        return replaceMessage(writer.span)
    }

    /// Puts another message in the place of the one at hand (`msg_set_buffer`).
    ///
    /// False, and nothing changes, when it is malformed or of another kind. Changes that wait are
    /// forgotten.
    public func replaceMessage(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count <= Limits.messageBytesMax else { return false }
        var changed = SIPMessage(capacity: max(bytes.count, 256))
        do throws(SyntaxError) {
            try changed.load(bytes)
            try changed.validate()
        } catch {
            return false
        }
        guard changed.kind == message.kind else { return false }
        message = changed
        edits.removeAll()
        rewrittenURI = nil
        return true
    }
}
