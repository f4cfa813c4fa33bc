import Basics
import Foundation
import Synchronization
import Testing

@testable import LoadGenerator

/// A plan against a responder of the test, small and quick.
private func plan(
    _ responder: Responder, users: Int = 200, host: String = "127.0.0.1",
    _ change: (inout RegisterPlan) -> Void = { _ in }
) -> RegisterPlan {
    var plan = RegisterPlan(server: ServerName(host: host, port: responder.port))
    plan.users = users
    plan.window = 20
    plan.sockets = 4
    change(&plan)
    return plan
}

@Suite("Generator against a registrar on this machine")
struct LoopbackTests {
    @Test("every request is sent once and answered")
    func all() throws {
        let responder = try Responder { _, _ in "SIP/2.0 200 OK" }
        defer { responder.stop() }
        let report = try RegisterLoad(plan(responder)).run()
        #expect(report.succeeded == 200)
        #expect(report.failures == 0)
        #expect(report.sent == 200)
        let users = Set(responder.received.map { field("To", $0) })
        #expect(users.count == 200)
        #expect(report.latency.max >= report.latency.p50)
    }

    @Test("over IPv6 as well")
    func overIPv6() throws {
        let responder = try Responder(isIPv6: true) { _, _ in "SIP/2.0 200 OK" }
        defer { responder.stop() }
        let report = try RegisterLoad(plan(responder, users: 50, host: "::1")).run()
        #expect(report.succeeded == 50)
        #expect(field("Via", responder.received[0]).hasPrefix("SIP/2.0/UDP [::1]:"))
    }

    @Test("the load is spread over its sockets")
    func sockets() throws {
        let responder = try Responder { _, _ in "SIP/2.0 200 OK" }
        defer { responder.stop() }
        _ = try RegisterLoad(plan(responder)).run()
        let ports = Set(
            responder.received.map { field("Via", $0).split(separator: ";").first ?? "" })
        #expect(ports.count == 4)
    }

    @Test("what is lost is sent again, the same bytes, until it is answered")
    func lossy() throws {
        let seen = Guarded<[String: Int]>([:])
        let responder = try Responder { _, request in
            let times = seen.withLock { known in
                known[request, default: 0] += 1
                return known[request] ?? 0
            }
            // Every third user is heard only the third time.
            let isDeaf = field("Call-ID", request).utf8.reduce(0) { $0 &+ Int($1) } % 3 == 0
            return isDeaf && times < 3 ? nil : "SIP/2.0 200 OK"
        }
        defer { responder.stop() }
        let load = try RegisterLoad(plan(responder, users: 60) { $0.retransmitMilliseconds = 20 })
        let report = try load.run()
        #expect(report.succeeded == 60)
        #expect(report.retransmitted > 0)
        #expect(report.sent == 60)
        #expect(seen.withLock { $0.count } == 60)
    }

    @Test("a server that never answers fails every request, and the load ends by itself")
    func silent() throws {
        let responder = try Responder { _, _ in nil }
        defer { responder.stop() }
        let load = try RegisterLoad(
            plan(responder, users: 50) {
                $0.giveUpSeconds = 1
                $0.retransmitMilliseconds = 100
            })
        let report = try load.run()
        #expect(report.succeeded == 0)
        #expect(report.failures == 50)
        #expect(report.timedOut >= 20)
        #expect(report.retransmitted > 0)
    }

    @Test("provisional replies do not end a request, refusals are counted by class")
    func refusals() throws {
        let responder = try Responder { number, _ in
            switch number % 4 {
            case 0: "SIP/2.0 403 Forbidden"
            case 1: "SIP/2.0 503 Service Unavailable"
            default: "SIP/2.0 200 OK"
            }
        }
        defer { responder.stop() }
        let report = try RegisterLoad(plan(responder, users: 100)).run()
        #expect(report.succeeded == 50)
        #expect(report.refused == [0, 25, 25, 0])
        #expect(report.failures == 50)
    }

    @Test("a hundred Trying is no final reply")
    func provisional() throws {
        let responder = try Responder { number, _ in
            number % 2 == 1 ? "SIP/2.0 100 Trying" : "SIP/2.0 200 OK"
        }
        defer { responder.stop() }
        let load = try RegisterLoad(
            plan(responder, users: 1) { $0.retransmitMilliseconds = 20 })
        let report = try load.run()
        #expect(report.succeeded == 1)
        #expect(report.retransmitted >= 1)
    }

    @Test("CSeq numbers of a binding grow from request to request")
    func sequence() throws {
        let responder = try Responder { _, _ in "SIP/2.0 200 OK" }
        defer { responder.stop() }
        _ = try RegisterLoad(plan(responder, users: 5) { $0.count = 50 }).run()
        var numbers: [String: [Int]] = [:]
        for request in responder.received {
            let number = Int(field("CSeq", request).prefix(10)) ?? 0
            numbers[field("Call-ID", request), default: []].append(number)
        }
        #expect(numbers.count == 5)
        for list in numbers.values {
            #expect(list.count == 10)
            #expect(list == list.sorted() && Set(list).count == list.count)
        }
    }

    @Test("over TCP messages are framed and answered")
    func overTCP() throws {
        let responder = try Responder(isTCP: true) { _, _ in "SIP/2.0 200 OK" }
        defer { responder.stop() }
        let report = try RegisterLoad(plan(responder) { $0.isTCP = true }).run()
        #expect(report.succeeded == 200)
        #expect(report.retransmitted == 0)
    }

    @Test("a connection that the server closes costs its requests, and the load ends")
    func closed() throws {
        let responder = try Responder(isTCP: true) { number, _ in
            number > 50 ? nil : "SIP/2.0 200 OK"
        }
        defer { responder.stop() }
        let load = try RegisterLoad(
            plan(responder) {
                $0.isTCP = true
                $0.giveUpSeconds = 5
            })
        let report = try load.run()
        #expect(report.succeeded <= 50)
        #expect(report.disconnected > 0)
        #expect(report.failures == 200 - report.succeeded)
    }

    @Test("where nobody listens the error says so", arguments: [false, true])
    func refused(_ isTCP: Bool) throws {
        // A socket of the other kind holds the port, so that nobody takes it meanwhile.
        let holder = try Responder(isTCP: !isTCP) { _, _ in nil }
        defer { holder.stop() }
        let load = try RegisterLoad(plan(holder) { $0.isTCP = isTCP })
        let error = #expect(throws: LoadError.self) { try load.run() }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains("127.0.0.1:\(holder.port)") == true)
    }

    @Test("progress is told once a second and the pace is kept")
    func pace() throws {
        let responder = try Responder { _, _ in "SIP/2.0 200 OK" }
        defer { responder.stop() }
        var lines: [LoadProgress] = []
        let load = try RegisterLoad(plan(responder, users: 30) { $0.rate = 20 })
        let report = try load.run { lines.append($0) }
        #expect(report.succeeded == 30)
        #expect(report.seconds >= 1.4)
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.requests == 30 && $0.settled <= 30 })
    }

    @Test("the echo sends back what it gets, and the generator takes it for an answer")
    func echo() throws {
        let server = try EchoServer(port: 0)
        let state = EchoState()
        Thread.detachNewThread {
            state.echoed.store(
                server.run { state.isWanted.load(ordering: .relaxed) }, ordering: .releasing)
        }
        var plan = RegisterPlan(server: ServerName(host: "127.0.0.1", port: server.port))
        plan.users = 300
        plan.acceptsEcho = true
        let report = try RegisterLoad(plan).run()
        state.isWanted.store(false, ordering: .relaxed)
        #expect(report.succeeded == 300)
        while state.echoed.load(ordering: .acquiring) < 0 { usleep(1_000) }
        #expect(state.echoed.load(ordering: .acquiring) == 300)
    }
}

/// What the thread of an echo shares with its test.
private final class EchoState: Sendable {
    let isWanted = Atomic<Bool>(true)
    /// Datagrams that were sent back; -1 until the echo has ended.
    let echoed = Atomic<Int>(-1)
}
