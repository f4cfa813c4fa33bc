internal import Basics
internal import NIOCore
internal import Synchronization

/// The connections that are open or being opened, by their numbers and by their peers.
///
/// Workers look here when an answer goes to a stream that another thread serves. Numbers start at 1
/// and are never given again, so that one that is remembered (as the column of a contact's flow is)
/// cannot mean a stranger's connection later.
final class ConnectionTable: Sendable {
    /// Whether a peer may connect.
    enum Admission: Sendable, Equatable {
        /// Yes, under this number.
        case admitted(Int64)
        /// No; `isFirst` says whether it is the first since there was room.
        case refused(isFirst: Bool)
    }

    /// How a message gets to a peer.
    enum Way: Sendable {
        /// On this connection.
        case channel(any Channel)
        /// It waits with others for a connection that is being opened.
        case queued
        /// It waits for the connection of this number, which the caller has to open.
        case opening(Int64)
        /// There is none: too much waits, too many are open, or the end has come.
        case none
    }

    /// What is lost with a connection.
    struct Loss: Sendable {
        /// The messages that waited for it in vain.
        var waiting: [ByteBuffer] = []
        /// Whether it was open.
        var wasOpen = false
        /// Its other end, if it was the newest connection to there.
        var peer: PeerAddress?
    }

    /// One connection.
    private struct Connection {
        /// The other end.
        let peer: PeerAddress
        /// What to write to; nil while it is being opened.
        var channel: (any Channel)?
        /// Messages that wait for it to open.
        var waiting: [ByteBuffer] = []
        /// Their sum, bounded by `Limits.connectQueueBytesMax`.
        var waitingBytes = 0
    }

    /// All connections and the two ways to find one.
    private struct State {
        /// The number of the next one.
        var next: Int64 = 1
        /// All of them.
        var connections: [Int64: Connection] = [:]
        /// The newest connection to each address and port.
        var byPeer: [PeerAddress: Int64] = [:]
        /// How many there are to each host; the port of the key is 0.
        var perHost: [PeerAddress: Int] = [:]
        /// Whether one was refused since there was room; a flood is to be logged once.
        var hasRefused = false
        /// Whether the end has come.
        var isClosed = false
    }

    private let state = Guarded(State())
    private let open: Counter

    /// A table that keeps `open` at the number of its connections.
    init(counting open: Counter) { self.open = open }

    /// How many connections there are.
    var count: Int { state.withLock { $0.connections.count } }

    /// What the connection of a number is written to; nil when it is not open.
    func channel(_ number: Int64) -> (any Channel)? {
        state.withLock { $0.connections[number]?.channel }
    }

    /// Numbers a connection that a peer has opened, if there is room for it.
    func admit(
        _ channel: any Channel, from peer: PeerAddress, _ settings: TransportSettings
    ) -> Admission {
        state.withLock { state in
            let most = settings.connectionsPerAddressMax
            let hasRoom = state.connections.count < settings.connectionsMax
            let isAlone = most <= 0 || state.perHost[peer.at(0), default: 0] < most
            guard !state.isClosed, hasRoom, isAlone else {
                defer { state.hasRefused = true }
                return .refused(isFirst: !state.hasRefused && !state.isClosed)
            }
            // Not at the first free place: at the limit places come and go all the time.
            if state.connections.count < settings.connectionsMax / 10 * 9 {
                state.hasRefused = false
            }
            return .admitted(insert(Connection(peer: peer, channel: channel), into: &state))
        }
    }

    /// Finds how a message gets to a peer; if it has to wait, it waits here.
    func way(
        for bytes: ByteBuffer, to destination: Origin, _ settings: TransportSettings
    ) -> Way {
        state.withLock { state in
            let peer = destination.source
            let known =
                state.connections[destination.connection] == nil
                ? state.byPeer[peer] : destination.connection
            guard let number = known, let connection = state.connections[number] else {
                guard !state.isClosed, state.connections.count < settings.connectionsMax else {
                    return .none
                }
                let fresh = Connection(
                    peer: peer, channel: nil, waiting: [bytes], waitingBytes: bytes.readableBytes)
                return .opening(insert(fresh, into: &state))
            }
            if let channel = connection.channel { return .channel(channel) }
            let total = connection.waitingBytes + bytes.readableBytes
            guard total <= Limits.connectQueueBytesMax else { return .none }
            state.connections[number]?.waiting.append(bytes)
            state.connections[number]?.waitingBytes = total
            return .queued
        }
    }

    /// Notes that a connection has been opened and returns what waits for it.
    func opened(_ number: Int64, _ channel: any Channel) -> [ByteBuffer] {
        state.withLock { state in
            guard var connection = state.connections[number] else { return [] }
            let waiting = connection.waiting
            connection.channel = channel
            connection.waiting = []
            connection.waitingBytes = 0
            state.connections[number] = connection
            return waiting
        }
    }

    /// Forgets a connection and returns what is lost with it.
    @discardableResult
    func remove(_ number: Int64) -> Loss {
        state.withLock { state in
            guard let connection = state.connections.removeValue(forKey: number) else {
                return Loss()
            }
            var loss = Loss(waiting: connection.waiting, wasOpen: connection.channel != nil)
            if state.byPeer[connection.peer] == number {
                state.byPeer[connection.peer] = nil
                loss.peer = connection.peer
            }
            let host = connection.peer.at(0)
            let others = (state.perHost[host] ?? 1) - 1
            state.perHost[host] = others > 0 ? others : nil
            open.set(state.connections.count)
            return loss
        }
    }

    /// Lets no further connection in.
    func close() { state.withLock { $0.isClosed = true } }

    /// Numbers a connection and enters it everywhere.
    private func insert(_ connection: Connection, into state: inout State) -> Int64 {
        let number = state.next
        state.next += 1
        state.connections[number] = connection
        state.byPeer[connection.peer] = number
        state.perHost[connection.peer.at(0), default: 0] += 1
        open.set(state.connections.count)
        return number
    }
}
