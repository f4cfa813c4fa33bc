import Basics
import Foundation
import ModuleKit
import RouteScript
import SIPSyntax
import Synchronization
import TMX
import Testing
import Transactions

@testable import TM

@Suite("t_relay at its edges")
struct TMEdgeTests {
    /// The messages of RFC 4475.
    private static var torture: [URL] {
        get throws {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Torture").standardized
            return try FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: nil
            ).filter { $0.pathExtension == "dat" }
        }
    }

    @Test("the messages of RFC 4475 go through, or are answered, and nothing breaks")
    func torture() throws {
        let files = try Self.torture
        #expect(files.count > 40)
        let rig = try TMRig(
            "$du = \"sip:10.1.2.9:5090\"; t_on_failure(\"F\"); t_relay();",
            before: "failure_route[F] { note(\"$rm $ru\"); }")
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            guard rig.context.message.receive(bytes.span) == .accept else { continue }
            rig.context.outbox.removeAll()
            rig.context.reset(
                origin: Origin(transport: .udp, socket: SocketIndex(0), source: TMRig.caller),
                now: WallTime(seconds: 1_700_000_000))
            if rig.context.message.kind == .response {
                #expect(!rig.wire.arrives(rig.context))
                continue
            }
            rig.rig.program.run(.request, in: rig.context)
            rig.context.transaction?.scriptEnded(in: rig.context)
            // Compact and folded fields are more than the test's own answers can be made of.
            for sent in rig.takeSent()
            where !sent.line.hasPrefix("SIP/2.0") && sent.header("Call-ID").count == 1 {
                _ = try? rig.receive(sent.response(486))
            }
        }
        for _ in 0..<40 { _ = rig.pass(5_000) }
        #expect(rig.module.clients.count == 0 && rig.module.servers.count == 0)
    }

    @Test("responses that come on several threads at once are worked on one after the other")
    func threads() throws {
        let branches = (1...6).map { "append_branch(\"sip:b\($0)@10.1.2.1\($0):5090\");" }.joined()
        let rig = try TMRig(
            "\(branches) t_on_reply(\"R\"); t_relay();",
            before: "onreply_route[R] { $avp(n) = $rs; }")
        let services = rig.rig.services
        for round in 0..<20 {
            let sent = try rig.run(Call.request(branch: "round\(round)"))
            let invites = sent.dropFirst()
            #expect(invites.count == 7)
            let finals = Guarded(0)
            DispatchQueue.concurrentPerform(iterations: invites.count) { place in
                let context = ScriptContext(services: services)
                let invite = invites[invites.startIndex + place]
                let origin = Origin(
                    transport: .udp, socket: SocketIndex(0), source: TMRig.callee)
                for status in [180, 183, place == 3 ? 200 : 486] {
                    let text = invite.response(status).replacing("\n", with: "\r\n")
                    _ = try? services.wire.receive(text, in: context, from: origin)
                }
                let count = context.outbox.entries.count { entry in
                    let text = Self.text(entry, context.outbox)
                    return text.hasPrefix("SIP/2.0 200") || text.hasPrefix("SIP/2.0 486")
                }
                finals.withLock { $0 += count }
            }
            #expect(finals.withLock { $0 } == 1)
        }
    }

    private static func text(_ entry: Outbox.Entry, _ outbox: borrowing Outbox) -> String {
        String(copying: outbox.bytes(entry))
    }

    @Test("a replica goes out beside the request, and its answers are absorbed")
    func replicate() throws {
        let rig = try TMRig("t_replicate(\"sip:10.1.2.20:5060\"); t_relay();")
        let sent = try rig.run(Call.request("MESSAGE", branch: "rep"))
        #expect(sent.map(\.to.source.port) == [5060, 5090])
        #expect(try rig.receive(sent[0].response(200)).isEmpty && rig.isTaken)
        #expect(try rig.receive(sent[1].response(200)).map(\.line) == ["SIP/2.0 200 R"])
    }

    @Test(
        "a CANCEL of nobody's is sent on, with a transaction or without, or dropped",
        arguments: [(0, 1), (1, 1), (2, 0)])
    func unmatched(mode: Int, count: Int) throws {
        let rig = try TMRig(
            "t_relay();", before: "modparam(\"tm\", \"unmatched_cancel\", \(mode))")
        #expect(try rig.run(Call.request("CANCEL", branch: "nobody")).count == count)
        #expect(rig.module.clients.count == (mode == 0 ? 1 : 0))
    }

    @Test("the event of a failed branch may send it to somebody else at once")
    func branchFailure() throws {
        let rig = try TMRig(
            "append_branch(\"sip:c@10.1.2.10:5091\"); t_on_branch_failure(\"NEXT\"); t_relay();",
            before: """
                event_route[tm:branch-failure:NEXT] {
                    note("$T_branch_idx $T_reply_code");
                    $ru = "sip:d@10.1.2.11:5092";
                    t_relay();
                }
                """)
        let sent = try rig.run(Call.request())
        let next = try rig.receive(sent[2].response(404))
        #expect(rig.notes() == ["1 404"])
        #expect(next.last?.line == "INVITE sip:d@10.1.2.11:5092 SIP/2.0")
        #expect(try rig.receive(next[1].response(200)).map(\.line).first == "SIP/2.0 200 R")
    }

    @Test("challenges of two branches are joined (RFC 3261 16.7)")
    func challenges() throws {
        let rig = try TMRig("append_branch(\"sip:c@10.1.2.10:5091\"); t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(
            sent[1].response(401, "No", tag: "c", "WWW-Authenticate: Digest realm=\"one\"\n"))
        let end = try rig.receive(
            sent[2].response(407, "No", tag: "d", "Proxy-Authenticate: Digest realm=\"two\"\n"))
        let answer = try #require(end.last)
        #expect(answer.header("WWW-Authenticate") == ["Digest realm=\"one\""])
        #expect(answer.header("Proxy-Authenticate") == ["Digest realm=\"two\""])
    }

    @Test("a 503 goes back as 500, or as it is", arguments: [(1, 500), (0, 503)])
    func overload(remaps: Int, status: Int) throws {
        let rig = try TMRig(
            "t_relay();", before: "modparam(\"tm\", \"remap_503_500\", \(remaps))")
        let sent = try rig.run(Call.request())
        let end = try rig.receive(sent[1].response(503))
        #expect(end.last?.line.hasPrefix("SIP/2.0 \(status) ") == true)
    }

    @Test("a broken connection ends what waits on it")
    func broken() throws {
        let rig = try TMRig("t_relay();")
        let user = StandInUser()
        rig.wire.open(7)
        let method = Array("NOTIFY".utf8)
        let uri = Array("sip:[::1]:5060".utf8)
        try rig.module.send(
            method.span, uri.span,
            to: .address(
                Origin(
                    transport: .tcp, socket: .none,
                    source: PeerAddress(high: 0, low: 1, port: 5090), connection: 7)),
            for: user, token: 3, in: rig.context
        ) { $0.append("Call-ID: x\r\nCSeq: 1 NOTIFY\r\n\r\n") }
        for _ in 0..<60 { _ = rig.pass(1) }
        #expect(user.ends == [])
        rig.wire.close(connection: 7)
        for _ in 0..<60 { _ = rig.pass(1) }
        #expect(user.ends == ["3 undeliverable"])
    }

    @Test(
        "what the language cannot do is refused with its reason",
        arguments: [
            ("t_suspend();", "no function of this server waits"),
            ("t_write_unix(\"a\", \"b\");", "no sockets for requests"),
            ("t_on_failure(\"NOPE\");", "there is no failure_route[NOPE]"),
            ("t_is_set(\"nonsense\");", "expected branch_route"),
            ("t_cancel_branches(\"some\");", "expected all, others or this"),
        ])
    func refused(body: String, words: String) {
        let error = scriptError(
            body, further: [ModuleBlueprint(TMModule.self), ModuleBlueprint(TMXModule.self)])
        #expect(error.contains(words), "\(error)")
    }

    @Test("what a script asks about its transaction")
    func questions() throws {
        let rig = try TMRig(
            "t_set_fr(0, 1000); t_on_failure(\"F\"); t_relay(); if (t_is_set(\"failure_route\")) "
                + "note(\"armed\");",
            before: """
                failure_route[F] {
                    if (t_any_timeout()) note("any");
                    if (t_branch_timeout()) note("branch");
                    if (t_branch_replied()) note("replied");
                    if (t_grep_status("408")) note("grep");
                    if (t_is_canceled()) note("canceled");
                    if (t_is_failure_route()) note("failure");
                    note("$T_req($fU) $rm");
                }
                """)
        try rig.run(Call.request())
        #expect(rig.notes() == ["armed"])
        _ = rig.pass(1_100)
        #expect(rig.notes() == ["any", "branch", "grep", "failure", "alice INVITE"])
    }
}
