import Foundation
import Testing

@testable import LoadGenerator

@Suite("Presence load against a server on this machine", .timeLimit(.minutes(10)))
struct PresenceLoopbackTests {
    /// Runs a plan against a server that breaks the rules as the test says.
    private func run(
        _ faults: ImitatedPresence.Faults = .init(),
        _ change: (inout PresencePlan) -> Void = { _ in }
    ) throws -> (report: PresenceReport, server: ImitatedPresence) {
        let server = try ImitatedPresence(faults)
        defer { server.stop() }
        let report = try PresenceLoad(server.plan(change)).run()
        return (report, server)
    }

    @Test(
        "every scenario runs in small and leaves nothing behind",
        arguments: PresenceScenario.allCases)
    func scenario(_ scenario: PresenceScenario) throws {
        let (report, server) = try run { $0.scenario = scenario }
        let expected: (operations: Int, notifies: Int) =
            switch scenario {
            case .subscribe, .refresh: (15, 15)
            case .publish, .register: (5, 15)
            case .initial: (5, 0)
            }
        #expect(report.started == expected.operations && report.completed == expected.operations)
        #expect(report.notifies == expected.notifies)
        #expect(report.failures == 0 && report.faults == 0 && report.asideFailures == 0)
        #expect(report.retransmitted == 0 && report.stray == 0 && report.late == 0)
        #expect(server.dialogs == 0 && server.documents == 0)
    }

    @Test("what is kept stays at the server")
    func keeps() throws {
        let (_, server) = try run { $0.keeps = true }
        #expect(server.dialogs == 15 && server.documents == 5)
    }

    @Test("subscriptions find documents when they are wanted", arguments: [false, true])
    func published(_ isPublished: Bool) throws {
        let (report, server) = try run {
            $0.scenario = .subscribe
            $0.isPublished = isPublished
        }
        #expect(report.completed == 15 && report.faults == 0)
        #expect(server.requests.contains { $0.hasPrefix("PUBLISH") } == isPublished)
    }

    @Test("every NOTIFY is answered with 200 and what it must repeat (RFC 3261 8.2.6.2)")
    func answers() throws {
        let (report, server) = try run { $0.keeps = true }
        #expect(report.completed == 5)
        // The last reply may still be on its way to the server when the load has ended.
        let replies = server.replies
        #expect(replies.count >= 15)
        for reply in replies {
            #expect(reply.hasPrefix("SIP/2.0 200 OK\r\n"))
            #expect(headField("CSeq", reply).hasSuffix(" NOTIFY"))
            #expect(headField("Via", reply).contains("branch=z9hG4bKn"))
            #expect(
                headField("To", reply).contains(";tag=")
                    && headField("From", reply).contains(";tag="))
        }
    }

    @Test("publications carry the tag of the one before, and their CSeq grows (RFC 3903 4.1)")
    func entityTags() throws {
        let (report, server) = try run {
            $0.count = 20
            $0.keeps = true
        }
        #expect(report.completed == 20)
        var numbers: [String: [Int]] = [:]
        for request in server.requests where request.hasPrefix("PUBLISH") {
            let user = headField("To", request)
            #expect((numbers[user] == nil) == headField("SIP-If-Match", request).isEmpty)
            numbers[user, default: []].append(Int(headField("CSeq", request).prefix(10)) ?? 0)
        }
        #expect(numbers.count == 5)
        for list in numbers.values {
            #expect(list == (0..<5).map { 1_000_000_001 + $0 })
        }
    }

    @Test("the watchers' sockets share the dialogs, and NOTIFYs come to the right one")
    func sockets() throws {
        let (report, server) = try run {
            $0.sockets = 3
            $0.presentities = 40
            $0.scenario = .subscribe
        }
        #expect(report.completed == 120)
        let contacts = server.requests.filter { $0.hasPrefix("SUBSCRIBE sip:user") }.map {
            headField("Contact", $0).components(separatedBy: ":").last ?? ""
        }
        #expect(Set(contacts).count == 3)
    }

    @Test("requests that are lost are sent again")
    func lossy() throws {
        let (report, _) = try run(.init(answer: { number, _ in number % 7 == 3 ? 0 : nil })) {
            $0.retransmitMilliseconds = 20
            $0.count = 30
        }
        #expect(report.completed == 30 && report.failures == 0)
        #expect(report.retransmitted > 0)
    }

    @Test("a NOTIFY that comes again with its branch is a repetition and no fault")
    func repeated() throws {
        let (report, _) = try run(.init(notify: { _, message in [message, message] }))
        #expect(report.completed == 5)
        #expect(report.repeated >= 10 && report.duplicated == 0 && report.faults == 0)
    }

    @Test("a NOTIFY that comes again with another branch is a duplicate")
    func duplicated() throws {
        let (report, _) = try run(
            .init(notify: { _, message in
                [message, message.replacing("z9hG4bKn", with: "z9hG4bKm")]
            }))
        #expect(report.completed == 5)
        #expect(report.duplicated >= 10 && report.faults == report.duplicated)
    }

    @Test("a NOTIFY that never comes is lost, and its operation incomplete")
    func lost() throws {
        // The first fifteen belong to the subscriptions, the next ones to the publications.
        let (report, _) = try run(
            .init(notify: { number, message in number == 20 ? [] : [message] })
        ) {
            $0.giveUpSeconds = 1
        }
        #expect(report.lost == 1 && report.incomplete == 1)
        #expect(report.completed == 4 && report.failures == 1)
    }

    @Test("a body of another presentity, of no state, or cut off is wrong")
    func wrongBodies() throws {
        let (report, _) = try run(
            .init(notify: { number, message in
                switch number {
                case 16: [message.replacing("rl-", with: "rl-f")]
                case 17: [message.replacing("rl-", with: "xx-")]
                case 18: [String(message.dropLast(4))]
                default: [message]
                }
            })
        ) { $0.giveUpSeconds = 1 }
        #expect(report.wrongBodies == 3)
        #expect(report.lost == 3)
    }

    @Test("a NOTIFY with a lower CSeq is out of order")
    func outOfOrder() throws {
        let (report, _) = try run(
            .init(notify: { number, message in
                guard number > 15, number <= 30 else { return [message] }
                let late = message.replacing("CSeq: 3 ", with: "CSeq: 1 ")
                return [message, late]
            }))
        #expect(report.completed == 5)
        #expect(report.outOfOrder >= 12)
    }

    @Test("a NOTIFY without Subscription-State is malformed (RFC 6665 8.2.3)")
    func malformed() throws {
        let (report, _) = try run(
            .init(notify: { number, message in
                number == 16 ? [message.replacing("Subscription-State", with: "X")] : [message]
            })
        ) { $0.giveUpSeconds = 1 }
        #expect(report.malformed == 1 && report.lost == 1)
    }

    @Test("a NOTIFY for a dialog that never was gets 481")
    func unknown() throws {
        let (report, server) = try run(
            .init(notify: { number, message in
                guard number == 16 else { return [message] }
                let at = message.range(of: "@")?.lowerBound ?? message.endIndex
                let start = message.index(at, offsetBy: -8)
                let foreign = message.replacingCharacters(in: start..<at, with: "00ffffff")
                return [foreign, message]
            }))
        #expect(report.unknown == 1 && report.completed == 5)
        #expect(server.replies.contains { $0.hasPrefix("SIP/2.0 481") })
    }

    @Test("an entity tag that is refused is given up, and the next publication is a first one")
    func gone() throws {
        let (report, server) = try run(
            .init(answer: { number, request in
                // Behind five publications and fifteen subscriptions.
                number == 21 ? 412 : nil
            })
        ) {
            $0.count = 10
            $0.keeps = true
        }
        // The imitated server still has the document, so it refuses the first one for ever.
        #expect(report.refused[1] >= 1)
        #expect(server.requests.dropFirst(20).contains { headField("SIP-If-Match", $0).isEmpty })
    }

    @Test("a server that refuses the preparation is told, not measured")
    func unprepared() throws {
        let server = try ImitatedPresence(
            .init(answer: { _, request in request.hasPrefix("SUBSCRIBE") ? 489 : nil }))
        defer { server.stop() }
        let load = try PresenceLoad(server.plan())
        let error = #expect(throws: LoadError.self) { try load.run() }
        #expect(error?.kind == .unprepared)
        #expect(error?.description == "preparation: 15 of 15 subscribe failed")
    }

    @Test("a server that falls silent ends the load")
    func silent() throws {
        let (report, _) = try run(.init(answer: { number, _ in number > 3 ? 0 : nil })) {
            $0.scenario = .initial
            $0.giveUpSeconds = 1
            $0.retransmitMilliseconds = 200
            $0.keeps = true
        }
        #expect(report.completed == 3 && report.timedOut == 2 && report.retransmitted > 0)
    }

    @Test("nobody listening is an error at once")
    func refused() throws {
        let holder = try Responder(isTCP: true) { _, _ in nil }
        defer { holder.stop() }
        let plan = PresencePlan(server: ServerName(host: "127.0.0.1", port: holder.port))
        let error = #expect(throws: LoadError.self) { try PresenceLoad(plan).run() }
        #expect(error?.kind == .refused)
    }

    @Test("the pace is kept, and time that is up ends the measurement")
    func pace() throws {
        var lines: [LoadProgress] = []
        var marks = 0
        let server = try ImitatedPresence()
        defer { server.stop() }
        let load = try PresenceLoad(
            server.plan {
                $0.rate = 40
                $0.seconds = 1
                $0.window = 40
            })
        let report = try load.run(progress: { lines.append($0) }, boundary: { marks += 1 })
        #expect(report.completed == report.started && (30...42).contains(report.completed))
        #expect(report.seconds >= 1 && report.rate <= 42)
        #expect(marks == 2)
        #expect(lines.allSatisfy { $0.settled <= $0.requests })
    }
}
