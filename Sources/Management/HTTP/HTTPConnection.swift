internal import Basics
internal import Synchronization

/// One connection of a client, from its first request to its last.
///
/// Only the thread of the connection touches what changes.
///
/// What is the same for all requests of a connection is found out once: a client that calls fifty
/// thousand times a second over one connection must not pay fifty thousand times for it.
final class HTTPConnection {
    /// Address and port of the client.
    let address: PeerAddress
    /// The same as text.
    let client: String
    /// Its socket.
    let socket: Int32
    /// Its number among all connections of the server; no two have the same.
    let number: UInt64
    /// The credentials presented last, and whose they are.
    ///
    /// A client sends them with every request, so this is nearly always the answer.
    var authorized: (field: String, account: Account)?

    /// A connection that has just begun.
    init(address: PeerAddress, socket: Int32, number: UInt64) {
        self.address = address
        client = address.text
        self.socket = socket
        self.number = number
    }
}

/// The connections that are open, so that they can be ended from outside.
final class HTTPConnections: Sendable {
    /// What the lock guards.
    private struct State {
        var sockets: [UInt64: Int32] = [:]
        var last: UInt64 = 0
    }
    private let state = Guarded(State())

    /// Adds a connection; its number.
    func add(socket: Int32) -> UInt64 {
        state.withLock { state in
            state.last += 1
            state.sockets[state.last] = socket
            return state.last
        }
    }

    /// Forgets a connection; its socket is closed when this has returned.
    func remove(_ number: UInt64) { state.withLock { $0.sockets[number] = nil } }

    /// Whether there are none.
    var isEmpty: Bool { state.withLock { $0.sockets.isEmpty } }

    /// Runs `body` for the sockets of all connections, or of one.
    ///
    /// Under the lock no socket is closed, so no number can be another connection's by now.
    func forEach(_ number: UInt64? = nil, _ body: (Int32) -> Void) {
        state.withLock { state in
            if let number {
                if let socket = state.sockets[number] { body(socket) }
            } else {
                for socket in state.sockets.values { body(socket) }
            }
        }
    }
}
