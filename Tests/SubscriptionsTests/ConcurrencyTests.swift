import Basics
import Foundation
import Synchronization
import Testing

@testable import Subscriptions

@Suite("Many threads")
struct ConcurrencyTests {
    /// What all threads count together.
    private final class Tally: Sendable {
        let flying = Guarded<[SubscriptionHandle: UInt32]>([:])
        let wrong = Counter()
        let told = Counter()
    }

    @Test("workers that publish, subscribe, answer and write at once never send two for a dialog")
    func workers() {
        var settings = AgentSettings()
        settings.ordersPerCall = 8
        settings.persistsSubscriptions = true
        settings.persistsPublications = true
        let agent = StateAgent(
            packages: TestPackage.table(RuleBook()), settings: settings,
            seed: AgentSeed(time: 1, process: 2, secret: (3, 4)), now: WallTime(seconds: 1_000))
        let tally = Tally()
        let threads = (0..<4).map { number in
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                Self.work(agent, tally, number)
                done.signal()
            }
            return done
        }
        for thread in threads { thread.wait() }
        #expect(tally.wrong.value == 0)
        #expect(tally.told.value > 1_000)
        Self.settle(agent, tally)
        #expect(agent.counters[0].inFlight.value == 0)
        let active = agent.counters[0].active.value
        var cursor: ListCursor? = ListCursor()
        var listed = 0
        while cursor != nil {
            listed += agent.subscriptions(ListFilter(), limit: 100, from: &cursor).count
        }
        #expect(listed == active && active > 0)
    }

    private static func work(_ agent: StateAgent, _ tally: Tally, _ number: Int) {
        var dice = Dice(UInt64(number + 1))
        var request = SubscribeRequest()
        var orders: [NotifyOrder] = []
        let host = Array("example.com".utf8)
        for round in 0..<1_500 {
            let now = WallTime(seconds: 1_000 + round / 100)
            let user = Array("p\(dice.roll(5))".utf8)
            if dice.happens(50) {
                let body = Array("b\(round)".utf8)
                var publish = PublishRequest(
                    package: TestPackage.presence, user: user.span, host: host.span,
                    ifMatch: Span(), body: body.span, sender: Span())
                publish.expiresSeconds = 2
                _ = agent.publish(publish, now: now, into: &orders)
            } else {
                fill(&request, user, host, "w\(number)-\(round)")
                _ = agent.subscribe(request, now: now, into: &orders)
            }
            if dice.happens(10) { _ = agent.expire(now: now, limit: 10, into: &orders) }
            _ = agent.nextOrders(limit: 5, now: now, into: &orders)
            answer(agent, tally, &orders, now)
            let batch = agent.takeChanges(limit: 50)
            agent.settle(batch)
        }
    }

    private static func fill(
        _ request: inout SubscribeRequest, _ user: [UInt8], _ host: [UInt8], _ name: String
    ) {
        let bytes = Array(name.utf8)
        request.reset()
        for field in [
            DialogField.watcherUser, .fromUser, .callID, .fromTag, .contact,
        ] {
            request.text.set(field, bytes.span)
        }
        for field in [DialogField.watcherHost, .fromHost, .presentityHost, .toHost] {
            request.text.set(field, host.span)
        }
        request.text.set(.presentityUser, user.span)
        request.text.set(.toUser, user.span)
        request.cseq = 1
        request.expiresSeconds = 3_000
    }

    /// Answers all orders and checks that none was given twice for a dialog.
    private static func answer(
        _ agent: StateAgent, _ tally: Tally, _ orders: inout [NotifyOrder], _ now: WallTime
    ) {
        while !orders.isEmpty {
            let batch = orders
            orders = []
            for order in batch {
                tally.told.add(1)
                var writer = ByteWriter()
                order.writeBody(into: &writer)
                guard let handle = order.handle else { continue }
                let isWrong = tally.flying.withLock { flying in
                    let other = flying.updateValue(order.cseq, forKey: handle)
                    return other != nil
                }
                if isWrong { tally.wrong.add(1) }
                tally.flying.withLock { $0[handle] = nil }
                agent.completed(handle, .delivered, now: now, into: &orders)
            }
        }
    }

    private static func settle(_ agent: StateAgent, _ tally: Tally) {
        var orders: [NotifyOrder] = []
        let now = WallTime(seconds: 1_020)
        repeat {
            answer(agent, tally, &orders, now)
            _ = agent.nextOrders(limit: 100, now: now, into: &orders)
        } while !orders.isEmpty
    }
}
