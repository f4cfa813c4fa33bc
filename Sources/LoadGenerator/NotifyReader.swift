internal import Basics

/// What is read of a NOTIFY: whose it is, which state it tells, and what its reply must repeat.
struct Notify: Sendable {
    /// What the body tells.
    enum Document: Equatable, Sendable {
        /// There is no body.
        case absent
        /// A document of ours: the number of the presentity and of its state.
        case state(presentity: UInt32, version: UInt32)
        /// A body without our mark, or not as long as Content-Length says.
        case unknown
    }

    /// The run that the request line names.
    var run: UInt32
    /// The dialog that the request line names.
    var dialog: Int
    /// CSeq number; nil when there is none.
    var sequence: UInt32?
    /// A hash of the topmost Via: what tells a retransmission from a second NOTIFY.
    var branch: UInt64 = 0
    /// Whether Subscription-State is there (RFC 6665 8.2.3).
    var hasState = false
    /// Whether Subscription-State says that the subscription has ended.
    var isTerminated = false
    /// What the body tells.
    var document = Document.absent
    /// The lines that the reply repeats (RFC 3261 8.2.6.2), the first `linesCount` of them: From,
    /// To, Call-ID, CSeq and at most eight Via.
    fileprivate(set) var lines: [12 of ByteRange] = .init(repeating: .empty)
    /// Number of `lines`.
    fileprivate(set) var linesCount = 0

    /// Adds a line for the reply; false when there is no room.
    fileprivate mutating func keep(_ line: ByteRange) -> Bool {
        guard linesCount < lines.count else { return false }
        lines[linesCount] = line
        linesCount += 1
        return true
    }

    /// Writes the reply to the NOTIFY that `bytes` hold.
    func appendReply(_ bytes: Span<UInt8>, to writer: inout ByteWriter, isKnown: Bool) {
        writer.append(
            isKnown
                ? "SIP/2.0 200 OK\r\n" : "SIP/2.0 481 Subscription does not exist\r\n")
        for index in 0..<linesCount { writer.append(bytes.extracting(lines[index].indices)) }
        writer.append("Content-Length: 0\r\n\r\n")
    }
}

/// Reads NOTIFY requests; nothing is looked at that is not counted or repeated.
struct NotifyReader: Sendable {
    /// Bytes from the end of a document within which its mark must stand.
    ///
    /// A document about a registration has it in an attribute, with the contact behind it.
    static let markSearchBytesMax = 1_024

    /// Reads one datagram; nil when it is no NOTIFY to one of our Contacts.
    static func read(_ bytes: Span<UInt8>) -> Notify? {
        // NOTIFY sip:rlRRRRRRRRDDDDDDDD@
        let mark = 11
        guard bytes.count > mark + 19, bytes[0] == UInt8(ascii: "N"), bytes[6] == 32,
            bytes[mark] == UInt8(ascii: "r"), bytes[mark + 1] == UInt8(ascii: "l"),
            let run = HeaderLines.hexadecimal(mark + 2, bytes),
            let dialog = HeaderLines.hexadecimal(mark + 10, bytes),
            bytes[mark + 18] == UInt8(ascii: "@")
        else { return nil }
        var notify = Notify(run: run, dialog: Int(dialog))
        var length: UInt32?
        var lines = HeaderLines(bytes)
        while let line = lines.next(bytes) {
            guard take(line, bytes, &notify, &length) else { return nil }
        }
        notify.document = document(bytes, from: lines.offset, length: length)
        return notify
    }

    /// Takes one line; false when the message has more than a reply may repeat.
    private static func take(
        _ line: ByteRange, _ bytes: Span<UInt8>, _ notify: inout Notify, _ length: inout UInt32?
    ) -> Bool {
        let second = bytes[min(line.start + 1, line.end - 1)] | 0x20
        switch (bytes[line.start] | 0x20, second) {
        case (UInt8(ascii: "v"), _):
            guard isNamed("via", "v", line, bytes) else { return true }
            if notify.branch == 0 { notify.branch = hash(line, bytes) }
            return notify.keep(line)
        case (UInt8(ascii: "f"), _):
            return isNamed("from", "f", line, bytes) ? notify.keep(line) : true
        case (UInt8(ascii: "t"), _):
            return isNamed("to", "t", line, bytes) ? notify.keep(line) : true
        case (UInt8(ascii: "i"), _):
            return HeaderLines.isNamed("i", line, bytes) ? notify.keep(line) : true
        case (UInt8(ascii: "c"), UInt8(ascii: "a")):
            return HeaderLines.isNamed("call-id", line, bytes) ? notify.keep(line) : true
        case (UInt8(ascii: "c"), UInt8(ascii: "s")):
            guard HeaderLines.isNamed("cseq", line, bytes) else { return true }
            notify.sequence = HeaderLines.number(HeaderLines.value(line, bytes), bytes)
            return notify.keep(line)
        case (UInt8(ascii: "c"), UInt8(ascii: "o")), (UInt8(ascii: "l"), _):
            guard isNamed("content-length", "l", line, bytes) else { return true }
            length = HeaderLines.number(HeaderLines.value(line, bytes), bytes)
            return true
        case (UInt8(ascii: "s"), UInt8(ascii: "u")):
            guard HeaderLines.isNamed("subscription-state", line, bytes) else { return true }
            let value = HeaderLines.value(line, bytes)
            notify.hasState = !value.isEmpty
            notify.isTerminated = !value.isEmpty && bytes[value.start] | 0x20 == UInt8(ascii: "t")
            return true
        default: return true
        }
    }

    /// What the body from `start` to the end of the datagram tells.
    private static func document(
        _ bytes: Span<UInt8>, from start: Int, length: UInt32?
    ) -> Notify.Document {
        let count = bytes.count - start
        // RFC 3261 18.3: without Content-Length the body reaches to the end of the datagram.
        guard Int(length ?? UInt32(count)) == count else { return .unknown }
        guard count > 0 else { return .absent }
        let first = max(start, bytes.count - markSearchBytesMax)
        // The mark and seventeen characters behind it.
        var index = bytes.count - 20
        while index >= first {
            if bytes[index] == UInt8(ascii: "r"), bytes[index + 1] == UInt8(ascii: "l"),
                bytes[index + 2] == UInt8(ascii: "-"),
                let presentity = HeaderLines.hexadecimal(index + 3, bytes),
                let version = HeaderLines.hexadecimal(index + 12, bytes)
            {
                return .state(presentity: presentity, version: version)
            }
            index -= 1
        }
        return .unknown
    }

    private static func isNamed(
        _ name: StaticString, _ compact: StaticString, _ line: ByteRange, _ bytes: Span<UInt8>
    ) -> Bool {
        HeaderLines.isNamed(name, line, bytes) || HeaderLines.isNamed(compact, line, bytes)
    }

    /// FNV-1a, never 0.
    private static func hash(_ line: ByteRange, _ bytes: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in line.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        return max(1, hash)
    }
}
