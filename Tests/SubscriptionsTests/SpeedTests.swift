import Basics
import Glibc
import Testing

@testable import Subscriptions

/// What the engine's operations take.
///
/// They run small in every test run so that they cannot rot;
/// with ROOST_BENCHMARK set they run long and print nanoseconds.
@Suite("Speed", .serialized)
struct SpeedTests {
    private let rounds = unsafe getenv("ROOST_BENCHMARK") == nil ? 200 : 200_000

    @Test("PUBLISH with one watcher, its NOTIFY ordered and answered")
    func publish() {
        let crowd = Crowd()
        let users = min(rounds, 10_000)
        var tags: [EntityTag?] = []
        for number in 0..<users {
            crowd.subscribe(number, of: number)
            tags.append(crowd.publish(number))
        }
        measure("publish") { round in
            let user = round % users
            tags[user] = crowd.publish(user, ifMatch: tags[user])
        }
        #expect(tags.allSatisfy { $0 != nil })
    }

    @Test("SUBSCRIBE, its NOTIFY ordered and answered")
    func subscribe() {
        let crowd = Crowd()
        measure("subscribe") { round in crowd.subscribe(round, of: round) }
        #expect(crowd.agent.counters[0].active.value == rounds)
    }

    @Test("a fan-out to a thousand watchers, for each of them")
    func fanOut() {
        let crowd = Crowd()
        for number in 0..<1_000 { crowd.subscribe(number, of: 1) }
        var tag = crowd.publish(1)
        let times = rounds / 200
        let start = SystemClock.monotonic()
        for _ in 0..<times { tag = crowd.publish(1, ifMatch: tag) }
        let taken = SystemClock.monotonic().since(start)
        if rounds > 1_000 { print("NOTIFY of a thousand: \(Int(taken) / (times * 1_000)) ns") }
        #expect(crowd.agent.counters[0].delivered.value >= times * 1_000)
    }

    @Test("heap bytes of a subscription and of a presentity, printed with ROOST_BENCHMARK")
    func memory() {
        guard rounds > 1_000, !HeapMeter.isBlind else { return }
        let alone = MemoryTests.bytes(of: 50_000) { crowd, number in
            crowd.subscribe(number, of: number)
        }
        let crowded = MemoryTests.bytes(of: 50_000) { crowd, number in
            crowd.subscribe(number, of: number / 100)
        }
        let published = MemoryTests.bytes(of: 50_000) { crowd, number in
            _ = crowd.publish(number)
        }
        print("bytes: subscription \(alone), of a hundred \(crowded), presentity \(published)")
    }

    private func measure(_ name: String, _ body: (Int) -> Void) {
        let start = SystemClock.monotonic()
        for round in 0..<rounds { body(round) }
        let taken = SystemClock.monotonic().since(start)
        if rounds > 1_000 { print("\(name): \(Int(taken) / rounds) ns") }
    }
}
