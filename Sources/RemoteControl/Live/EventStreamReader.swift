internal import Basics

/// Server-sent events taken in piece by piece (WHATWG HTML 9.2.6).
///
/// A value: bytes go in, events come out.
public struct EventStreamReader: Sendable {
    /// One event.
    public struct Event: Sendable, Equatable {
        /// Its kind; `message` when the stream says none.
        public var kind: String
        /// Its id, or that of the last event that had one.
        public var id: String
        /// What it carries.
        public var data: String
    }

    /// The id of the last event, to go on after it.
    public private(set) var lastID = ""
    /// Milliseconds after which to come back, as the server wants it.
    public private(set) var retryMilliseconds = 2_000
    /// The line as far as it has come.
    private var line: [UInt8] = []
    /// The kind of the event that is being read.
    private var kind = ""
    /// Its lines of data.
    private var data: [String] = []
    /// Bytes of all of it.
    private var size = 0
    /// Whether a line feed belongs to the line end before it.
    private var skipsLineFeed = false

    /// A reader at the start of a stream.
    public init() {}

    /// Takes bytes in and returns the events that they complete.
    ///
    /// An event that is longer than `Limits.followedEventBytesMax` is an error.
    public mutating func take(_ bytes: [UInt8]) throws(ControlError) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            defer { skipsLineFeed = byte == UInt8(ascii: "\r") }
            switch byte {
            case UInt8(ascii: "\n") where skipsLineFeed: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = endLine() { events.append(event) }
            default:
                line.append(byte)
                guard size + line.count <= Limits.followedEventBytesMax else {
                    throw ControlError(.unreachable, "the server sends an event that has no end")
                }
            }
        }
        return events
    }

    /// Forgets what was not complete when the stream ended; ids stay.
    public mutating func restart() {
        line = []
        kind = ""
        data = []
        size = 0
        skipsLineFeed = false
    }

    /// Takes a line; an empty one ends the event.
    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer {
                kind = ""
                data = []
                size = 0
            }
            guard !data.isEmpty else { return nil }
            return Event(
                kind: kind.isEmpty ? "message" : kind, id: lastID,
                data: data.joined(separator: "\n"))
        }
        size += line.count
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": kind = text
        case "data": data.append(text)
        case "id": lastID = text
        case "retry":
            if let number = Int(text), (0...600_000).contains(number) { retryMilliseconds = number }
        default: break
        }
        return nil
    }
}
