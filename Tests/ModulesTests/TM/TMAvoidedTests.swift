import Basics
import ModuleKit
import Testing
import Transactions

@testable import TM

/// Destinations that have failed are left alone for a while (`use_dst_blocklist`, `blst_*`).
@Suite("destinations that are avoided")
struct TMAvoidedTests {
    private func rig(
        _ body: String = "t_relay();", _ before: String = "", avoiding: Bool = true
    ) throws -> TMRig {
        let rig = try TMRig(body, before: before)
        if avoiding { rig.rig.services.names.startAvoiding() }
        return rig
    }

    private func avoided(_ rig: TMRig) -> [String] {
        rig.rig.services.names.avoided.map {
            "\($0.destination.source.text) \($0.secondsLeft) \($0.reason)"
        }
    }

    @Test(
        "an INVITE that nobody answers has its destination avoided, others as the mask says",
        arguments: [
            ("INVITE", "", ["10.1.2.9:5090 60 16"]), ("MESSAGE", "", []),
            (
                "MESSAGE", "modparam(\"tm\", \"blst_methods_add\", 4294967295)\n",
                ["10.1.2.9:5090 60 16"]
            ), ("INVITE", "modparam(\"tm\", \"blst_methods_add\", 0)\n", []),
        ])
    func silence(method: String, before: String, expected: [String]) throws {
        let rig = try rig("t_set_fr(0, 1000); t_relay();", before)
        try rig.run(Call.request(method))
        _ = rig.pass(1_100)
        #expect(avoided(rig) == expected)
    }

    @Test("a callee that has rung is there, and is not avoided")
    func rung() throws {
        let rig = try rig("t_set_fr(1000, 1000); t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(180))
        _ = rig.pass(1_100)
        #expect(avoided(rig) == [])
    }

    @Test("with the list off nobody is avoided")
    func off() throws {
        let rig = try rig("t_set_fr(0, 1000); t_relay();", avoiding: false)
        try rig.run(Call.request())
        _ = rig.pass(1_100)
        #expect(avoided(rig) == [])
    }

    @Test("a refused connection has its destination avoided, whatever the method")
    func refusedConnection() throws {
        let rig = try rig()
        let sent = try rig.run(Call.request("MESSAGE", uri: "sip:bob@[::1]:5090;transport=tcp"))
        rig.wire.fail(.message(Array(sent[0].text.replacing("\n", with: "\r\n").utf8)))
        _ = rig.pass(0)
        #expect(avoided(rig) == ["[::1]:5090 60 2"])
    }

    @Test(
        "a 503 with Retry-After has its destination avoided for that long, within the bounds",
        arguments: [
            ("Retry-After: 120\n", "", ["10.1.2.9:5090 120 32"]),
            ("Retry-After: 18000;duration=3600\n", "", ["10.1.2.9:5090 3600 32"]),
            ("Retry-After: 99999999999999999999\n", "", ["10.1.2.9:5090 3600 32"]),
            ("Retry-After: 5 (soon)\n", "min 30", ["10.1.2.9:5090 30 32"]),
            ("", "", []), ("", "def 40", ["10.1.2.9:5090 40 32"]),
            ("Retry-After: soon\n", "def 40", ["10.1.2.9:5090 40 32"]),
            ("Retry-After: 0\n", "def 40", []),
            (
                "Retry-After: 120\n", "max 90",
                [
                    "10.1.2.9:5090 90 32"
                ]
            ),
        ])
    func overloaded(field: String, bound: String, expected: [String]) throws {
        var before = "modparam(\"tm\", \"blst_503\", 1)\n"
        let words = bound.split(separator: " ")
        if words.count == 2 {
            before += "modparam(\"tm\", \"blst_503_\(words[0])_timeout\", \(words[1]))\n"
        }
        let rig = try rig("t_relay();", before)
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(503, "Full", field))
        #expect(avoided(rig) == expected)
    }

    @Test("without blst_503, and after another status, Retry-After changes nothing")
    func notOverloaded() throws {
        let rig = try rig()
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(503, "Full", "Retry-After: 120\n"))
        #expect(avoided(rig) == [])
        let other = try self.rig("t_relay();", "modparam(\"tm\", \"blst_503\", 1)\n")
        let more = try other.run(Call.request())
        try other.receive(more[1].response(480, "Away", "Retry-After: 120\n"))
        #expect(avoided(other) == [])
    }

    @Test(
        "what is avoided gets 473 and nothing is sent, but a BYE goes",
        arguments: [
            ("INVITE", false), ("MESSAGE", false), ("BYE", true),
        ])
    func leftAlone(method: String, isSent: Bool) throws {
        let rig = try rig()
        rig.rig.services.names.avoid(
            Origin(transport: .udp, socket: .none, source: TMRig.callee), seconds: 60, reason: 0)
        let sent = try rig.run(Call.request(method))
        #expect(sent.contains { $0.line.hasPrefix("\(method) ") } == isSent)
        #expect(sent.contains { $0.line.hasPrefix("SIP/2.0 473 Filtered") } != isSent)
        #expect(rig.module.clients.count == (isSent ? 1 : 0))
    }

    @Test("blst_methods_lookup says which methods are not sent there")
    func lookup() throws {
        let rig = try rig("t_relay();", "modparam(\"tm\", \"blst_methods_lookup\", 0)\n")
        rig.rig.services.names.avoid(
            Origin(transport: .udp, socket: .none, source: TMRig.callee), seconds: 60, reason: 0)
        #expect(try rig.run(Call.request()).contains { $0.line.hasPrefix("INVITE ") })
    }

    @Test("the next address of a name is taken at once when the first is avoided")
    func nextAddress() throws {
        let rig = try rig()
        let hops = [5_090, 5_091].map {
            Origin(
                transport: .udp, socket: .none,
                source: PeerAddress(ipv4: 0x0a01_0209, port: UInt16($0)))
        }
        rig.rig.services.names.set("phones.example", hops)
        rig.rig.services.names.avoid(hops[0], seconds: 60, reason: 0)
        try rig.run(Call.request(uri: "sip:bob@phones.example"))
        rig.rig.services.names.answer()
        #expect(rig.pass(0).map(\.to.source.port) == [5_091])
    }

    @Test("a request of this server's own is refused at once, and its user hears nothing")
    func ownRequest() throws {
        let rig = try rig("exit;")
        let user = StandInUser()
        let hop = Origin(transport: .udp, socket: .none, source: TMRig.callee)
        rig.rig.services.names.avoid(hop, seconds: 60, reason: 0)
        let method = Array("NOTIFY".utf8)
        let uri = Array("sip:w@10.1.2.9:5090".utf8)
        #expect(throws: ForwardFailure.avoided) {
            try rig.module.send(
                method.span, uri.span, to: .address(hop), for: user, token: 1, in: rig.context
            ) { $0.append("Call-ID: x\r\nCSeq: 1 NOTIFY\r\n\r\n") }
        }
        #expect(rig.context.outbox.isEmpty && rig.module.clients.count == 0 && user.ends == [])
    }
}
