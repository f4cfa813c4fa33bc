import Basics
import SIPSyntax
import Testing

@testable import Transactions

/// Server transactions with a clock that a test moves.
final class ServerRig {
    let store: ServerTransactions
    var now = 1_000
    private var maker: ServerKeyMaker
    private var outcomes: [ServerOutcome] = []

    init(transactionsMax: Int = 3_200, bytesMax: Int = 1 << 20) {
        store = ServerTransactions(
            seed: (1, 2, 3, 4), now: at(1_000), transactionsMax: transactionsMax,
            bytesMax: bytesMax)
        maker = store.makeKeyMaker()
    }

    /// The key of a request.
    func key(_ request: borrowing SIPMessage, as method: SIPMethod? = nil) -> ServerKey? {
        maker.key(of: request, as: method)
    }

    /// A request comes: `new`, or the words of what is to be done, with the response in brackets.
    func receive(
        _ request: borrowing SIPMessage, isReliable: Bool = false,
        attachment: (any AnyObject & Sendable)? = nil
    ) throws(TransactionError) -> String {
        let peer = Origin.peer(isReliable: isReliable)
        let opening = ServerOpening(
            method: request.method, origin: peer, destination: peer, timers: .test,
            attachment: attachment)
        guard let key = maker.key(of: request) else { return "no key" }
        switch try store.receive(key, opening, now: at(now)) {
        case .opened: return "new"
        case .repeated(let outcome):
            return words(outcome.orders) + (text(outcome.message).map { " [\($0)]" } ?? "")
        }
    }

    /// The handle of the transaction of a request.
    func handle(_ request: borrowing SIPMessage, as method: SIPMethod? = nil) -> ServerHandle {
        let none = ServerHandle(index: .max, label: .max)
        return maker.key(of: request, as: method).flatMap { store.lookUp($0)?.handle } ?? none
    }

    /// An ACK comes: the words of what is to be done, nil without its INVITE.
    func acknowledge(_ ack: borrowing SIPMessage) -> String? {
        guard let key = maker.key(of: ack) else { return "no key" }
        return store.acknowledge(key, now: at(now)).map { words($0.orders) }
    }

    /// The user answers.
    func answer(
        _ handle: ServerHandle, _ status: Int, _ bytes: String? = nil
    ) throws(TransactionError) -> String {
        let bytes = Array((bytes ?? "\(status)").utf8)
        let outcome = try store.answer(
            handle, status: status, message: bytes.span, now: at(now))
        return words(outcome.orders)
    }

    /// Lets time pass and says what happened when, from the present time on.
    func pass(_ milliseconds: Int) -> [String] {
        let start = now
        var events: [String] = []
        while now < start + milliseconds {
            now += min(8, start + milliseconds - now)
            outcomes.removeAll(keepingCapacity: true)
            while store.takeDue(now: at(now), limit: outcomes.count + 16, into: &outcomes) {}
            events += outcomes.map { outcome in
                "\(now - start): \(words(outcome.orders))"
                    + (text(outcome.message).map { " [\($0)]" } ?? "")
            }
        }
        return events
    }
}
