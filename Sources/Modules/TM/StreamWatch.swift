internal import Basics
internal import ModuleKit
internal import Transactions

/// Requests that wait for an answer on a connection of a number: when it closes, none will come.
///
/// Datagrams may be lost and are sent again; a stream that breaks takes its requests with it, and
/// RFC 3261 17.1.4 wants the user to know at once instead of after 32 seconds.
struct StreamWatch: Sendable {
    private var waiting: [(client: ClientBranch, connection: Int64)] = []

    /// Nothing waits.
    init() {}

    /// Watches a request, if it went out on a connection that is known.
    mutating func add(_ client: ClientBranch, _ hop: Origin) {
        guard hop.transport.isStream, hop.connection >= 0,
            waiting.count < Limits.clientTransactionsMax
        else { return }
        waiting.append((client, hop.connection))
    }

    /// Watches what another watched.
    mutating func append(_ other: StreamWatch) { waiting += other.waiting }

    /// Takes out those whose connection is closed, and forgets those that have ended.
    mutating func takeBroken(
        isOpen: (Int64) -> Bool, isAlive: (ClientBranch) -> Bool
    ) -> [ClientBranch] {
        guard !waiting.isEmpty else { return [] }
        var broken: [ClientBranch] = []
        waiting.removeAll { entry in
            guard isAlive(entry.client) else { return true }
            guard !isOpen(entry.connection) else { return false }
            broken.append(entry.client)
            return true
        }
        return broken
    }
}
