import Basics
import SIPSyntax
import Synchronization
import TestSupport
import Testing

@testable import Transactions

/// Several threads on one store: under ThreadSanitizer this is the test that must stay silent.
@Suite("Client transactions of several threads")
struct ClientContentionTests {
    /// A list that threads share.
    private final class Wire: Sendable {
        private let waiting = Guarded<[ClientBranch]>([])
        func put(_ branch: ClientBranch) { waiting.withLock { $0.append(branch) } }
        func take() -> ClientBranch? { waiting.withLock { $0.popLast() } }
    }

    @Test("each is answered once or times out once, whoever receives the answer")
    func everythingAtOnce() async {
        let store = ClientTransactions(now: at(0))
        let wire = Wire()
        let answered = Counter()
        let ended = Counter()
        let alive = Counter()
        let turns = 1_000
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<3 {
                group.addTask {
                    Self.work(
                        store, wire, worker: worker, turns: turns, answered: answered,
                        alive: alive)
                }
            }
            group.addTask { Self.watch(store, turns: 200, ended: ended) }
        }
        Self.watch(store, turns: 1, ended: ended, from: 1_000_000)
        #expect(store.count == 0)
        #expect(answered.value + ended.value == 3 * turns)
        #expect(alive.value == 0)
    }

    /// Opens, and answers what others have opened, twice.
    private static func work(
        _ store: ClientTransactions, _ wire: Wire, worker: Int, turns: Int, answered: Counter,
        alive: Counter
    ) {
        var random = SeededNumbers(seed: UInt64(worker))
        let bytes = [UInt8](repeating: 7, count: 400)
        for turn in 0..<turns {
            let opening = ClientOpening(
                method: .notify, destination: .peer(), owner: TransactionOwner(kind: 1),
                attachment: Token(alive))
            do throws(TransactionError) {
                let branch = try store.reserve(opening, lane: turn, secret: random.next())
                try store.start(branch, message: bytes.span, now: at(turn))
                if turn % 10 != 0 { wire.put(branch) }
            } catch {
                Issue.record("\(error)")
            }
            guard let branch = wire.take() else { continue }
            for _ in 0..<2 {
                let outcome = store.received(
                    branch, method: .notify, status: 200, now: at(turn))
                if outcome?.orders.contains(.passUp) == true { answered.add() }
            }
        }
    }

    private static func watch(
        _ store: ClientTransactions, turns: Int, ended: Counter, from start: Int = 0
    ) {
        var outcomes: [ClientOutcome] = []
        for turn in 0..<turns {
            outcomes.removeAll(keepingCapacity: true)
            while store.takeDue(now: at(start + turn * 8), limit: 5_000, into: &outcomes) {}
            for outcome in outcomes {
                if outcome.orders.contains(.send) {
                    #expect(outcome.message?.count == 400)
                }
                if outcome.orders.contains(.reportTimeout) { ended.add() }
            }
        }
    }
}
