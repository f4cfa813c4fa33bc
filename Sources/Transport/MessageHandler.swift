public import Basics

/// What works on messages: one instance for each thread of the transport, never shared.
///
/// The thread that reads a batch calls `beginBatch`, then `handle` for each message in the order of
/// arrival, then takes what was written into the outbox and sends it. The instance is created on
/// the thread that uses it, so it needs no lock and need not be `Sendable`. It is a class because a
/// worker keeps it for life; workers are generic over it, so that a call is a direct one.
public protocol MessageHandler: AnyObject, SendableMetatype {
    /// Starts a batch: the time is read once for all of its messages.
    func beginBatch(now: WallTime)

    /// Works on one message; what it has to send goes into the outbox.
    ///
    /// The bytes are valid during the call only.
    func handle(_ message: Span<UInt8>, from origin: Origin)

    /// Works on what may wait until the answers of a batch are out, a small part at a time; says
    /// whether more remains to be done.
    ///
    /// It is called after each batch, once the outbox is empty, and again at once while it says so,
    /// with the messages that have come meanwhile in between.
    func takeTurn() -> Bool

    /// Lends the outbox to the transport, which sends its entries and empties it.
    func withOutbox<Result>(_ body: (inout Outbox) -> Result) -> Result
}

extension MessageHandler {
    /// Nothing waits.
    public func takeTurn() -> Bool { false }
}

/// Which thread of the transport a handler belongs to.
public struct WorkerID: Sendable, Hashable {
    /// Its number among all threads of the transport, from 0 on and without gaps.
    public var index: Int
    /// What it receives: datagrams of one socket, or the streams of one event loop.
    public var transport: TransportProtocol
    /// The socket whose datagrams it reads; none for an event loop, which serves all of them.
    public var socket: SocketIndex
    /// What it is for people: `udp 127.0.0.1:5060 #0` or `tcp #1`.
    public var name: String

    /// The identity of one thread.
    public init(index: Int, transport: TransportProtocol, socket: SocketIndex, name: String) {
        precondition(index >= 0)
        self.index = index
        self.transport = transport
        self.socket = socket
        self.name = name
    }
}

/// A thread of the transport as `core.psx` shows it.
public struct WorkerStatus: Sendable, Hashable {
    /// Which one it is.
    public var worker: WorkerID
    /// Its number in the system's process list; 0 before it runs.
    public var threadID: Int
}
