public import Basics
internal import Glibc
public import ModuleKit

/// One connection of a stream channel, used by the thread that serves it.
public final class ChannelConnection {
    /// How reading ended.
    public enum Arrival: Sendable {
        /// There are more bytes.
        case bytes
        /// The peer has closed, or the connection broke.
        case closed
        /// Nothing came in time.
        case late
        /// The server stops.
        case stopped
    }

    /// Who is at the other end, for the record of changes.
    public let caller: RPCCaller
    /// Who is at the other end, for `ctl.who`.
    public let peer: ChannelPeer
    private let descriptor: Int32
    private let signal: StopSignal

    /// A connection that was accepted.
    init(_ descriptor: Int32, _ peer: ChannelPeer, _ caller: RPCCaller, _ signal: StopSignal) {
        self.descriptor = descriptor
        self.peer = peer
        self.caller = caller
        self.signal = signal
    }

    /// Waits for bytes and adds up to `room` of them to a buffer.
    public func receive(
        _ room: Int, into buffer: inout ByteWriter, seconds: Int
    ) -> Arrival {
        precondition(room > 0 && seconds >= 0)
        switch signal.wait(descriptor, POLLIN, milliseconds: Int32(seconds * 1000)) {
        case .late: return .late
        case .stopped: return .stopped
        case .ready: break
        }
        var count = 0
        unsafe buffer.fill(room) { free in
            count = unsafe recv(descriptor, free.baseAddress, room, Int32(MSG_DONTWAIT))
            return max(count, 0)
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return .bytes }
        return count > 0 ? .bytes : .closed
    }

    /// Waits for the peer without going to sleep, for so long at most: a client that asks for page
    /// after page waits for two wake-ups less each time.
    func linger(microseconds: UInt64) {
        let start = SystemClock.monotonic()
        repeat {
            switch signal.wait(descriptor, POLLIN, milliseconds: 0) {
            case .late: sched_yield()
            case .ready, .stopped: return
            }
        } while SystemClock.monotonic().since(start) < microseconds * 1_000
    }

    /// Sends bytes as the peer takes them; false when it has gone, or takes nothing for so many
    /// seconds, or the server stops.
    public func send(_ bytes: Span<UInt8>, stallSeconds: Int) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let rest = bytes.extracting(sent..<bytes.count)
            let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
            let count = unsafe rest.withUnsafeBufferPointer { rest in
                unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, flags)
            }
            if count >= 0 {
                sent += count
                continue
            }
            guard errno == EAGAIN || errno == EINTR,
                signal.wait(descriptor, POLLOUT, milliseconds: Int32(stallSeconds * 1000))
                    == .ready
            else { return false }
        }
        return true
    }
}

/// The two ends of a connection, in the words of `ctl.who`.
public struct ChannelPeer: Sendable, Hashable {
    /// The transport: `unix_stream`, `tcp`.
    public var transport: String
    /// The address of the client.
    public var source: String
    /// Its port, empty for Unix sockets.
    public var sourcePort: String
    /// The address that it connected to.
    public var destination: String
    /// The port of that, empty for Unix sockets.
    public var destinationPort: String
    /// The client's program, where the system tells it: for Unix sockets.
    public var program: String?
}
