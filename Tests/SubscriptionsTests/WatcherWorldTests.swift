import Basics
import Testing

@testable import Subscriptions

/// Watchers under rules that change, and a presentity that follows them by watcher information.
private final class WatcherWorld {
    let bench: Bench
    var dice: Dice
    var dialogs: [Dialog] = []
    var isSubscribed: [Bool] = []
    var alice = Dialog("alice", TestPackage.ruledInfo)
    /// What alice believes, by watcher.
    var known: [String: String] = [:]
    var lastVersion = -1
    var flying: [NotifyOrder] = []
    var serial = 0

    init(seed: UInt64) {
        dice = Dice(seed)
        bench = Bench {
            $0.ordersPerCall = 3
            $0.expiresSecondsMax = 100_000
        }
        for number in 0..<8 {
            dialogs.append(Dialog("w\(number)", TestPackage.ruled))
            isSubscribed.append(false)
        }
        bench.subscribe(&alice, expires: 100_000)
        collect()
    }

    func step() {
        switch dice.roll(8) {
        case 0, 1, 2: subscribe()
        case 3: rules()
        case 4, 5: answer()
        case 6: _ = bench.agent.nextOrders(limit: 2, now: bench.now, into: &bench.orders)
        default: pass()
        }
        collect()
    }

    private func subscribe() {
        let place = dice.roll(dialogs.count)
        if !isSubscribed[place] {
            serial += 1
            dialogs[place] = Dialog("w\(place)", TestPackage.ruled, call: "-\(serial)")
        }
        let expires = isSubscribed[place] && dice.happens(40) ? 0 : 20 + dice.roll(50)
        guard case .accepted(let accepted) = bench.subscribe(&dialogs[place], expires: expires)
        else {
            isSubscribed[place] = false
            return
        }
        isSubscribed[place] = accepted.handle != nil
    }

    private func rules() {
        let place = dice.roll(dialogs.count)
        let answers = Authorisation.allCases
        bench.rules.set("w\(place)", answers[dice.roll(answers.count)])
        guard dice.happens(70) else { return }
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        _ = bench.agent.reauthorise(
            package: TestPackage.ruled, user: user.span, host: host.span, now: bench.now,
            into: &bench.orders)
    }

    private func answer() {
        guard !flying.isEmpty else { return }
        let order = flying.remove(at: dice.roll(flying.count))
        guard let handle = order.handle else { return }
        // Alice never fails for good; watchers may.
        let isAlice = order.dialog.text(.fromUser) == "alice"
        let outcome: NotifyOutcome = dice.happens(80) ? .delivered : isAlice ? .failed : .gone
        if outcome == .failed { known = ["lost": "lost"] }
        bench.agent.completed(handle, outcome, now: bench.now, into: &bench.orders)
    }

    private func pass() {
        bench.now.seconds += dice.roll(15)
        bench.expire()
    }

    private func collect() {
        for order in bench.taken() {
            flying.append(order)
            guard order.package == TestPackage.ruledInfo else { continue }
            follow(Notice(order))
        }
    }

    /// Does what RFC 3858 4.1 asks of the reader: full replaces all, partial what it names.
    private func follow(_ notice: Notice) {
        let parts = (notice.body ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let head = parts.first?.split(separator: " "), head.count == 2
        else {
            Issue.record("no watcher information: \(notice)")
            return
        }
        let version = Int(head[1]) ?? -1
        #expect(version == lastVersion + 1, "a version is missing: \(notice)")
        lastVersion = version
        if head[0] == "full" { known = [:] }
        #expect(known["lost"] == nil, "a part after a loss: \(notice)")
        for entry in parts[1].split(separator: ",") {
            let pair = entry.split(separator: "=").map(String.init)
            known[pair[0]] = pair[1]
        }
    }

    /// Lets everything come to rest and compares what alice believes with what is true.
    func settle() {
        repeat {
            let orders = flying
            flying = []
            for order in orders {
                guard let handle = order.handle else { continue }
                bench.agent.completed(handle, .delivered, now: bench.now, into: &bench.orders)
            }
            _ = bench.agent.nextOrders(limit: 5, now: bench.now, into: &bench.orders)
            collect()
        } while !flying.isEmpty || bench.agent.hasWaitingOrders
        var truth: [String: String] = [:]
        for row in bench.watchers() where row.status == .pending {
            truth[String(decoding: row.user, as: UTF8.self)] = "waiting"
        }
        for row in bench.subscriptions() where row.dialog.package == TestPackage.ruled {
            truth[row.dialog.text(.fromUser)] = "\(row.values.status.word)"
        }
        #expect(known == truth)
        Audit.check(bench.agent)
    }
}

@Suite("A simulated world of watchers")
struct WatcherWorldTests {
    @Test("the presentity always ends up knowing its watchers", arguments: 1...40)
    func world(_ seed: UInt64) {
        let world = WatcherWorld(seed: seed)
        for round in 1...4 {
            for _ in 0..<(60 * round) { world.step() }
            world.settle()
        }
    }
}
