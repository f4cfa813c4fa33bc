/// Messages that wait to be sent, written one behind the other into one buffer.
///
/// A worker owns one outbox: handlers write replies and requests into it in place, the transport
/// sends the whole batch and empties it.
public struct Outbox: ~Copyable, Sendable {
    /// One message and where it goes.
    public struct Entry: Sendable {
        /// Where its bytes are within the buffer.
        public var range: ByteRange
        /// Transport, socket, address and connection to send it on.
        public var destination: Origin
    }

    /// The bytes of all messages.
    ///
    /// Between `begin` and `commit` it is written by the handler.
    public var writer: ByteWriter
    /// The messages in the order of sending.
    public private(set) var entries: [Entry] = []
    private var mark = 0

    /// An empty outbox with room for `capacity` bytes and `messages` entries.
    public init(capacity: Int = 64 * 1024, messages: Int = 64) {
        precondition(capacity > 0 && messages > 0)
        writer = ByteWriter(capacity: capacity)
        entries.reserveCapacity(messages)
    }

    /// Whether nothing waits.
    public var isEmpty: Bool { entries.isEmpty }

    /// Starts a message: what is written from here on belongs to it.
    public mutating func begin() { mark = writer.count }

    /// Ends the message begun last and notes where it goes.
    public mutating func commit(to destination: Origin) {
        precondition(writer.count > mark, "a message without bytes")
        let range = ByteRange(offset: mark, count: writer.count - mark)
        entries.append(Entry(range: range, destination: destination))
        mark = writer.count
    }

    /// What was written of the message begun last.
    public var begun: Span<UInt8> {
        @_lifetime(borrow self)
        get { writer.span(ByteRange(offset: mark, count: writer.count - mark)) }
    }

    /// Gives up the message begun last.
    public mutating func abandon() { writer.truncate(to: mark) }

    /// The bytes of one message.
    @_lifetime(borrow self)
    public func bytes(_ entry: Entry) -> Span<UInt8> { writer.span(entry.range) }

    /// Empties it and keeps its room.
    public mutating func removeAll() {
        writer.removeAll()
        entries.removeAll(keepingCapacity: true)
        mark = 0
    }
}
