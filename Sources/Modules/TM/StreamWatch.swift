internal import Basics
internal import ModuleKit
internal import Transactions

/// Requests that wait for an answer on a connection: when it ends, none will come.
///
/// Datagrams may be lost and are sent again; a stream that breaks takes its requests with it, and
/// RFC 3261 17.1.4 wants the user to know at once instead of after 32 seconds.
struct StreamWatch: Sendable {
    /// A request, and where it waits.
    private struct Waiting: Sendable {
        let client: ClientBranch
        /// The number of its connection, negative when it went to an address.
        let connection: Int64
        let peer: PeerAddress
    }

    /// Connections that have ended.
    struct Ended: Sendable {
        /// Their numbers.
        var connections: Set<Int64> = []
        /// The other ends to which there was no newer connection.
        var peers: Set<PeerAddress> = []

        /// None.
        init() {}

        /// Whether there is none.
        var isEmpty: Bool { connections.isEmpty }

        /// Adds one.
        mutating func add(_ connection: Int64, _ peer: PeerAddress?) {
            connections.insert(connection)
            if let peer { peers.insert(peer) }
        }
    }

    private var waiting: [Waiting] = []

    /// Nothing waits.
    init() {}

    /// How many requests are watched, those included that have had their answer since the last
    /// look.
    var count: Int { waiting.count }

    /// Watches a request, if it goes out on a stream.
    mutating func add(_ client: ClientBranch, _ hop: Origin) {
        guard hop.transport.isStream, waiting.count < Limits.clientTransactionsMax else { return }
        waiting.append(Waiting(client: client, connection: hop.connection, peer: hop.source))
    }

    /// Watches what another watched.
    mutating func append(_ other: StreamWatch) { waiting += other.waiting }

    /// Takes out those whose connection has ended.
    mutating func takeBroken(_ ended: Ended) -> [ClientBranch] {
        guard !waiting.isEmpty, !ended.isEmpty else { return [] }
        var broken: [ClientBranch] = []
        waiting.removeAll { entry in
            let isBroken =
                entry.connection >= 0
                ? ended.connections.contains(entry.connection) : ended.peers.contains(entry.peer)
            if isBroken { broken.append(entry.client) }
            return isBroken
        }
        return broken
    }

    /// Forgets the requests that have ended.
    mutating func purge(isAlive: (ClientBranch) -> Bool) {
        waiting.removeAll { !isAlive($0.client) }
    }
}
