import Foundation
import Testing

@testable import LoadGenerator

@Suite("Presence loads of every shape", .timeLimit(.minutes(10)))
struct PresenceShapeTests {
    /// Runs a plan against a server without faults, or with these.
    private func run(
        _ faults: ImitatedPresence.Faults = .init(), _ change: (inout PresencePlan) -> Void
    ) throws -> (report: PresenceReport, server: ImitatedPresence) {
        let server = try ImitatedPresence(faults)
        defer { server.stop() }
        return (try PresenceLoad(server.plan(change)).run(), server)
    }

    /// What must hold of a load against a server that does nothing wrong.
    private func expectGood(_ report: PresenceReport, operations: Int, notifies: Int) {
        #expect(report.started == operations && report.completed == operations)
        #expect(report.succeeded == operations && report.refused == [0, 0, 0, 0])
        #expect(report.notifies == notifies)
        #expect(report.failures == 0 && report.faults == 0 && report.asideFailures == 0)
        #expect(report.late == 0 && report.skipped == 0 && report.repeated == 0)
        #expect(report.rate > 0 && report.seconds > 0)
    }

    @Test(
        "presentities, watchers, operations and window in all proportions",
        arguments: [
            (1, 1, 1, 1), (1, 1, 20, 8), (1, 120, 3, 4), (40, 1, 40, 1), (40, 1, 100, 64),
            (7, 5, 3, 2), (3, 2, 31, 5), (33, 3, 33, 7),
        ])
    func proportions(
        _ presentities: Int, _ watchers: Int, _ operations: Int, _ window: Int
    ) throws {
        let (report, server) = try run {
            $0.presentities = presentities
            $0.watchersEach = watchers
            $0.count = operations
            $0.window = window
        }
        expectGood(report, operations: operations, notifies: operations * watchers)
        #expect(server.dialogs == 0 && server.documents == 0)
    }

    @Test(
        "a NOTIFY may come before the reply (RFC 6665 4.1.2.4)",
        arguments: PresenceScenario.allCases.filter { $0 != .register })
    func notifyFirst(_ scenario: PresenceScenario) throws {
        let (report, server) = try run(.init(isNotifyFirst: true)) { $0.scenario = scenario }
        let operations = report.started
        let each = scenario == .publish ? 3 : (scenario == .initial ? 0 : 1)
        expectGood(report, operations: operations, notifies: operations * each)
        #expect(server.dialogs == 0 && server.documents == 0)
    }

    @Test("fewer subscriptions than presentities, and more")
    func subscriptions() throws {
        for count in [2, 5, 23] {
            let (report, server) = try run {
                $0.scenario = .subscribe
                $0.count = count
                $0.keeps = true
            }
            expectGood(report, operations: count, notifies: count)
            let watched = server.requests.map { headField("To", $0) }
            #expect(watched.count == count && Set(watched).count == min(count, 5))
            #expect(Set(server.requests.map { headField("From", $0) }).count == count)
        }
    }

    @Test("refreshes of a subscription carry its tags and a growing CSeq (RFC 3261 12.2.1.1)")
    func refreshes() throws {
        let (report, server) = try run {
            $0.scenario = .refresh
            $0.presentities = 2
            $0.watchersEach = 1
            $0.count = 8
            $0.keeps = true
        }
        expectGood(report, operations: 8, notifies: 8)
        var numbers: [String: [Int]] = [:]
        for request in server.requests {
            let number = Int(headField("CSeq", request).prefix(10)) ?? 0
            numbers[headField("Call-ID", request), default: []].append(number)
            let isFirst = number == 1_000_000_001
            #expect(headField("To", request).contains(";tag=tag-") != isFirst)
            #expect(request.hasPrefix("SUBSCRIBE sip:127.0.0.1:") != isFirst)
        }
        #expect(numbers.count == 2)
        for list in numbers.values { #expect(list == (0..<5).map { 1_000_000_001 + $0 }) }
    }

    @Test("the order of presentities follows the seed, and every one has its turn")
    func order() throws {
        func users(_ seed: UInt64) throws -> [String] {
            let (_, server) = try run {
                $0.scenario = .initial
                $0.presentities = 30
                $0.window = 1
                $0.seed = seed
                $0.keeps = true
            }
            return server.requests.map { headField("To", $0) }
        }
        let plain = try users(0)
        #expect(plain == plain.sorted() && Set(plain).count == 30)
        let mixed = try users(7)
        #expect(mixed != plain && Set(mixed) == Set(plain))
        #expect(try users(7) == mixed)
    }

    @Test("a second load does not meet what the first one has left")
    func twice() throws {
        let server = try ImitatedPresence()
        defer { server.stop() }
        let plan = server.plan {
            $0.scenario = .subscribe
            $0.keeps = true
        }
        for _ in 0..<2 {
            let report = try PresenceLoad(plan).run()
            expectGood(report, operations: 15, notifies: 15)
        }
        #expect(server.dialogs == 30)
    }

    @Test("a NOTIFY of the state before is late, and the one that follows completes the operation")
    func late() throws {
        let (report, _) = try run(
            .init(notify: { number, message in
                guard number == 16 else { return [message] }
                // The state before, one CSeq earlier than the server thinks; then the right one.
                let old = message.replacing("-00000002<", with: "-00000001<")
                let next = message.replacing("CSeq: 3 ", with: "CSeq: 4 ").replacing(
                    "z9hG4bKn", with: "z9hG4bKm")
                return [old, next]
            })
        ) { $0.keeps = true }
        #expect(report.late == 1 && report.completed == 5 && report.faults == 0)
    }

    @Test("replies without the tag that they must have are counted as malformed")
    func untagged() throws {
        let (report, _) = try run(
            .init(answer: { number, _ in number > 20 ? 299 : nil })
        ) {
            $0.keeps = true
            $0.giveUpSeconds = 1
        }
        // 299 is a good reply; what makes it useful is not there, and nobody is notified.
        #expect(report.succeeded == 5 && report.malformed == 5)
        #expect(report.incomplete == 5 && report.lost == 15)
    }

    @Test("time that is up lets what has begun come to its end")
    func time() throws {
        let (report, server) = try run {
            $0.seconds = 1
            $0.rate = 200
        }
        #expect(report.completed == report.started && report.failures == 0)
        #expect(report.completed > 0 && report.completed <= 201)
        #expect((1.0...1.5).contains(report.seconds))
        #expect(server.dialogs == 0)
    }

    @Test("cleaning up tells what it could not take away, and spoils no number")
    func aside() throws {
        // Five publications, five subscriptions and five changes come first.
        let (report, server) = try run(
            .init(answer: { number, request in
                number > 15 && request.hasPrefix("SUBSCRIBE") ? 500 : nil
            })
        ) { $0.watchersEach = 1 }
        #expect(report.completed == 5 && report.failures == 0 && report.faults == 0)
        #expect(report.asideFailures == 5 && server.dialogs == 5 && server.documents == 0)
    }
}
