import Basics
import ModuleKit
import Testing
import Transactions

@testable import TM

@Suite("requests of this server's own")
struct TMOwnRequestTests {
    private func send(
        _ rig: TMRig, _ user: StandInUser, _ token: UInt64 = 7,
        to target: RequestTarget = .address(
            Origin(transport: .udp, socket: .none, source: TMRig.callee))
    ) throws -> [TMRig.Sent] {
        let method = Array("NOTIFY".utf8)
        let uri = Array("sip:w@10.1.2.9:5090".utf8)
        try rig.module.send(
            method.span, uri.span, to: target, for: user, token: token, in: rig.context
        ) { writer in
            writer.append(
                "Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=x\r\nTo: <sip:w@b>;tag=y\r\n"
                    + "Call-ID: own\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n")
        }
        return rig.takeSent()
    }

    @Test("a NOTIFY gets its request line and Via here, and its user hears of the answer")
    func answered() throws {
        let rig = try TMRig("exit;")
        let user = StandInUser()
        let sent = try send(rig, user)
        #expect(sent.count == 1)
        #expect(sent[0].line == "NOTIFY sip:w@10.1.2.9:5090 SIP/2.0")
        #expect(sent[0].to.source == TMRig.callee)
        let via = sent[0].header("Via")[0]
        #expect(via.hasPrefix("SIP/2.0/UDP sip.example.com:5060;branch=z9hG4bK"))
        #expect(user.ends == [])
        try rig.receive(sent[0].response(100))
        #expect(rig.isTaken && user.ends == [])
        try rig.receive(sent[0].response(200))
        #expect(rig.isTaken && user.ends == ["7 answered(200)"])
        try rig.receive(sent[0].response(200))
        #expect(rig.isTaken && user.ends.count == 1, "a repeated answer is absorbed")
        #expect(rig.module.clients.count == 0)
    }

    @Test("a request is repeated after 0.5, 1.5 and 3.5 seconds, and given up in the end")
    func repeated() throws {
        let rig = try TMRig("exit;")
        let user = StandInUser()
        let first = try send(rig, user)
        var times: [Int] = []
        for step in 1...320 {
            for sent in rig.pass(100) {
                #expect(sent.text == first[0].text)
                times.append(step * 100)
            }
        }
        #expect(times.count == 9)
        #expect(times.prefix(4).map { ($0 + 50) / 1000 } == [0, 1, 3, 7])
        #expect(user.ends == ["7 timedOut"])
        #expect(rig.module.clients.count == 0)
    }

    @Test("what leads nowhere is refused at once, and its user hears nothing")
    func refused() throws {
        let rig = try TMRig("exit;")
        let user = StandInUser()
        #expect(throws: ForwardFailure.noSocket) {
            _ = try send(
                rig, user,
                to: .address(Origin(transport: .tls, socket: .none, source: TMRig.callee)))
        }
        #expect(throws: ForwardFailure.unresolvedHost) {
            _ = try send(rig, user, to: .uri(Array("sip:w@name.example".utf8)))
        }
        #expect(rig.module.clients.count == 0 && rig.context.outbox.isEmpty)
        #expect(user.ends == [])
    }

    @Test("the script sees a request in tm:local-request, may change it and may drop it")
    func localRequest() throws {
        let rig = try TMRig(
            "exit;",
            before: """
                event_route[tm:local-request] {
                    note("$rm $fU");
                    if ($rU == "drop") drop;
                    append_hf("X-Seen: yes\\r\\n");
                }
                """)
        let user = StandInUser()
        let sent = try send(rig, user)
        #expect(rig.notes() == ["NOTIFY a"])
        #expect(sent[0].header("X-Seen") == ["yes"])
        try rig.receive(sent[0].response(481))
        #expect(user.ends == ["7 answered(481)"])
    }
}
