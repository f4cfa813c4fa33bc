import Basics
import SIPSyntax
import TestSupport
import Testing

@testable import Transactions

/// Client transactions with a clock that a test moves.
final class ClientRig {
    let store: ClientTransactions
    var now = 1_000
    var random = SeededNumbers(seed: 1)
    private var outcomes: [ClientOutcome] = []

    init(transactionsMax: Int = 1_600, bytesMax: Int = 1 << 20) {
        store = ClientTransactions(
            now: at(1_000), transactionsMax: transactionsMax, bytesMax: bytesMax)
    }

    /// Draws a branch.
    func reserve(
        _ method: SIPMethod = .notify, isReliable: Bool = false, owner: UInt64 = 0,
        attachment: (any AnyObject & Sendable)? = nil, timers: TransactionTimers = .test,
        lane: Int = 0
    ) throws(TransactionError) -> ClientBranch {
        let opening = ClientOpening(
            method: method, destination: .peer(isReliable: isReliable),
            owner: TransactionOwner(kind: 1, value: owner), attachment: attachment, timers: timers)
        return try store.reserve(opening, lane: lane, secret: random.next())
    }

    /// Opens and starts a transaction.
    func open(
        _ method: SIPMethod = .notify, _ bytes: String = "request", isReliable: Bool = false,
        owner: UInt64 = 0, attachment: (any AnyObject & Sendable)? = nil,
        timers: TransactionTimers = .test, lane: Int = 0
    ) throws(TransactionError) -> ClientBranch {
        let branch = try reserve(
            method, isReliable: isReliable, owner: owner, attachment: attachment, timers: timers,
            lane: lane)
        try start(branch, bytes)
        return branch
    }

    /// Starts a reserved one.
    func start(_ branch: ClientBranch, _ bytes: String = "request") throws(TransactionError) {
        let bytes = Array(bytes.utf8)
        try store.start(branch, message: bytes.span, now: at(now))
    }

    /// A response comes; the orders in words, nil without transaction.
    func respond(_ branch: ClientBranch, _ status: Int, _ method: SIPMethod = .notify) -> String? {
        outcome(branch, status, method).map { words($0.orders) }
    }

    /// A response comes.
    func outcome(
        _ branch: ClientBranch, _ status: Int, _ method: SIPMethod = .notify
    ) -> ClientOutcome? {
        store.received(branch, method: method, status: status, now: at(now))
    }

    /// Lets time pass in steps of a tick and says what happened when, from the present time on.
    func pass(_ milliseconds: Int) -> [String] {
        let start = now
        var events: [String] = []
        while now < start + milliseconds {
            now += min(8, start + milliseconds - now)
            outcomes.removeAll(keepingCapacity: true)
            while store.takeDue(now: at(now), limit: outcomes.count + 16, into: &outcomes) {}
            events += outcomes.map { "\(now - start): \(words($0.orders))" }
        }
        return events
    }

    /// What is due now.
    func due(limit: Int = 100) -> [ClientOutcome] {
        var outcomes: [ClientOutcome] = []
        _ = store.takeDue(now: at(now), limit: limit, into: &outcomes)
        return outcomes
    }
}

/// An object that says when it goes.
final class Token: Sendable {
    let alive: Counter
    init(_ alive: Counter) {
        self.alive = alive
        alive.add()
    }
    deinit { alive.add(-1) }
}
