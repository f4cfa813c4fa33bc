import Basics
import ModuleKit
import Testing
import Transactions

@testable import TM

/// What becomes of a request that the network could not deliver: it is known at once, and nobody
/// waits for a timer (RFC 3261 17.1.4, 18.4).
@Suite("requests that could not be delivered")
struct TMDeliveryTests {
    private static let phone = PeerAddress(high: 0, low: 1, port: 5090)
    private static let phones = [5_090, 5_091].map {
        Origin(
            transport: .tcp, socket: .none, source: PeerAddress(high: 0, low: 1, port: UInt16($0)))
    }
    private let overTCP = Call.request(uri: "sip:bob@[::1]:5090;transport=tcp")

    private func lines(_ sent: [TMRig.Sent]) -> [String] { sent.map(\.line) }

    /// The network says that a message was not sent; returns what follows.
    private func fail(_ rig: TMRig, _ sent: TMRig.Sent) -> [TMRig.Sent] {
        rig.wire.fail(.message(Array(sent.text.replacing("\n", with: "\r\n").utf8)))
        return rig.pass(0)
    }

    @Test(
        "a refused connection is a 503 of its branch, which goes back as remap_503_500 says",
        arguments: [(1, "SIP/2.0 500 "), (0, "SIP/2.0 503 ")])
    func refused(remaps: Int, line: String) throws {
        let rig = try TMRig(
            "t_relay();", before: "modparam(\"tm\", \"remap_503_500\", \(remaps))\n")
        let sent = try rig.run(overTCP)
        #expect(sent[1].to.transport == .tcp)
        let end = fail(rig, sent[1])
        #expect(end.count == 1 && end[0].line.hasPrefix(line), "\(lines(end))")
        #expect(end[0].to.source == TMRig.caller)
        #expect(rig.module.clients.count == 0)
        // Told twice, it is told once.
        #expect(fail(rig, sent[1]).isEmpty)
    }

    @Test("the failure route sees a 503 that was made here as the 500 that it goes on as")
    func failureRoute() throws {
        let rig = try TMRig(
            "t_on_failure(\"F\"); t_relay();",
            before: """
                failure_route[F] {
                    note("$T_reply_code $T(reply_type)");
                    if (t_branch_timeout()) note("timeout");
                    $ru = "sip:box@10.1.2.11:5092";
                    t_relay();
                }
                """)
        let sent = try rig.run(overTCP)
        #expect(lines(fail(rig, sent[1])) == ["INVITE sip:box@10.1.2.11:5092 SIP/2.0"])
        // RFC 3261 16.7 (6): a 503 of one branch says nothing of this server.
        #expect(rig.notes().first == "500 1")
    }

    @Test("the next address of the name is tried, in a transaction of its own (RFC 3263 4.3)")
    func nextAddress() throws {
        let rig = try TMRig("t_relay();")
        rig.rig.services.names.set("phones.example", Self.phones)
        let asked = try rig.run(Call.request(uri: "sip:bob@phones.example"))
        #expect(lines(asked) == ["SIP/2.0 100 trying -- your call is important to us"])
        rig.rig.services.names.answer()
        let first = rig.pass(0)
        #expect(lines(first) == ["INVITE sip:bob@phones.example SIP/2.0"])
        #expect(first[0].to.source.port == 5_090)
        let second = fail(rig, first[0])
        #expect(lines(second) == lines(first) && second[0].to.source.port == 5_091)
        #expect(second[0].header("Via")[0] != first[0].header("Via")[0])
        #expect(try lines(rig.receive(second[0].response(200))) == ["SIP/2.0 200 R"])
    }

    @Test("with t_set_disable_failover the first address is the only one")
    func noFailover() throws {
        let rig = try TMRig("t_set_disable_failover(1); t_relay();")
        rig.rig.services.names.set("phones.example", Self.phones)
        try rig.run(Call.request(uri: "sip:bob@phones.example"))
        rig.rig.services.names.answer()
        #expect(fail(rig, rig.pass(0)[0]).map { $0.line.prefix(12) } == ["SIP/2.0 500 "])
    }

    @Test("of a fork the branch that was refused ends, the other goes on")
    func fork() throws {
        let rig = try TMRig("append_branch(\"sip:c@10.1.2.10:5091\"); t_relay();")
        let sent = try rig.run(overTCP)
        #expect(fail(rig, sent[1]).isEmpty)
        #expect(try lines(rig.receive(sent[2].response(200))) == ["SIP/2.0 200 R"])
    }

    @Test("a connection that ends takes along what was asked on it, by its number or its address")
    func connectionEnded() throws {
        let rig = try TMRig("t_relay();")
        try rig.run(overTCP)
        // Another number, another address, and one with a newer connection to its other end.
        let stranger = PeerAddress(high: 0, low: 1, port: 5_099)
        rig.wire.fail(.connection(3, peer: stranger))
        rig.wire.fail(.connection(4, peer: nil))
        #expect(rig.pass(0).isEmpty)
        rig.wire.fail(.connection(5, peer: Self.phone))
        #expect(rig.pass(0).map { $0.line.prefix(12) } == ["SIP/2.0 500 "])
        #expect(rig.pass(1_000).map { $0.line.prefix(12) } == ["SIP/2.0 500 "], "timer G")
    }

    @Test("a call that rings goes on: its response may come on another connection")
    func ringing() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(overTCP)
        try rig.receive(sent[1].response(180))
        rig.wire.fail(.connection(5, peer: Self.phone))
        #expect(rig.pass(0).isEmpty && fail(rig, sent[1]).isEmpty)
        #expect(try lines(rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
    }

    @Test(
        "what is no request of ours changes nothing",
        arguments: ["ACK", "CANCEL", "other branch", "response", "nonsense", "empty", "no Via"])
    func strangers(kind: String) throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(overTCP)
        var text = sent[1].text
        switch kind {
        case "ACK", "CANCEL": text = text.replacing("INVITE", with: kind)
        case "other branch": text = text.replacing("z9hG4bK", with: "z9hG4bL")
        case "response": text = sent[1].response(503)
        case "no Via":
            text = text.split(separator: "\n", omittingEmptySubsequences: false)
                .filter { !$0.hasPrefix("Via") }.joined(separator: "\n")
        case "empty": text = ""
        default: text = "\u{0}\u{1}x"
        }
        rig.wire.fail(.message(Array(text.replacing("\n", with: "\r\n").utf8)))
        #expect(rig.pass(0).isEmpty)
        #expect(rig.module.clients.count == 1)
        #expect(try lines(rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
    }

    // MARK: Requests of modules

    private func notify(
        _ rig: TMRig, _ user: StandInUser, _ token: UInt64, _ target: RequestTarget
    ) throws -> [TMRig.Sent] {
        let method = Array("NOTIFY".utf8)
        let uri = Array("sip:w@phones.example".utf8)
        try rig.module.send(
            method.span, uri.span, to: target, for: user, token: token, in: rig.context
        ) { writer in
            writer.append(
                "Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=x\r\nTo: <sip:w@b>;tag=y\r\n"
                    + "Call-ID: own\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n")
        }
        return rig.takeSent()
    }

    @Test("a NOTIFY goes to the next address as well, and its user hears of the last one's end")
    func notifyFails() throws {
        let rig = try TMRig("exit;")
        let user = StandInUser()
        rig.rig.services.names.set("phones.example", Self.phones)
        let target = RequestTarget.uri(Array("sip:w@phones.example".utf8))
        #expect(try notify(rig, user, 4, target).isEmpty)
        rig.rig.services.names.answer()
        let first = rig.pass(0)
        let second = fail(rig, try #require(first.first))
        #expect(second.map(\.to.source.port) == [5_091] && user.ends == [])
        #expect(fail(rig, second[0]).isEmpty)
        #expect(user.ends == ["4 undeliverable"])
        #expect(rig.module.clients.count == 0)
    }

    /// A server that has opened as many transactions as it may, for as long as `seconds`.
    private func full(_ user: StandInUser) throws -> TMRig {
        let rig = try TMModule.$transactionsMax.withValue(32) { try TMRig("exit;") }
        let hop = Origin(transport: .udp, socket: .none, source: TMRig.callee)
        for _ in 0..<400 { _ = try? notify(rig, user, 1, .address(hop)) }
        #expect(throws: ForwardFailure.tooManyTransactions) {
            _ = try notify(rig, user, 1, .address(hop))
        }
        return rig
    }

    @Test("a NOTIFY whose name was looked up waits for room, and leaves as soon as there is some")
    func waitsForRoom() throws {
        let rig = try full(StandInUser())
        _ = rig.pass(20_000)
        rig.rig.services.names.set("phones.example", [Self.phones[0]])
        let user = StandInUser()
        let target = RequestTarget.uri(Array("sip:w@phones.example".utf8))
        #expect(try notify(rig, user, 2, target).isEmpty)
        rig.rig.services.names.answer()
        for _ in 0..<10 { #expect(!rig.pass(10).contains { $0.to.transport == .tcp }) }
        #expect(user.ends == [])
        // The others time out, and make room.
        _ = rig.pass(11_000)
        let sent = rig.pass(10).filter { $0.to.transport == .tcp }
        #expect(lines(sent) == ["NOTIFY sip:w@phones.example SIP/2.0"])
        try rig.receive(try #require(sent.first).response(200))
        #expect(user.ends == ["2 answered(200)"])
    }

    @Test("a NOTIFY that finds no room for as long as fr_timer is given up")
    func givesUp() throws {
        let others = StandInUser()
        let rig = try full(others)
        rig.rig.services.names.set("phones.example", [Self.phones[0]])
        let user = StandInUser()
        let target = RequestTarget.uri(Array("sip:w@phones.example".utf8))
        _ = try notify(rig, user, 3, target)
        rig.rig.services.names.answer()
        let hop = Origin(transport: .udp, socket: .none, source: TMRig.callee)
        for second in 1...32 where user.ends.isEmpty {
            _ = rig.pass(1_000)
            // Whoever is faster takes the room that others leave.
            for _ in 0..<400 { _ = try? notify(rig, others, 1, .address(hop)) }
            #expect(user.ends.isEmpty || second >= 30)
        }
        #expect(user.ends.count <= 1)
        _ = rig.pass(40_000)
        _ = rig.pass(40_000)
        #expect(user.ends.count == 1, "one end, whichever it is")
    }
}
