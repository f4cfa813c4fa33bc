import Basics
import Foundation
import Synchronization
import ModuleKit
import SIPSyntax
import Testing
import Transactions

@testable import TM

/// What strangers send, and what happens when too much comes at once.
@Suite("module tm against strangers")
struct TMHostileTests {
    private func lines(_ sent: [TMRig.Sent]) -> [String] { sent.map(\.line) }

    /// The same text with one character of the topmost branch changed, `place` from its end.
    private func forged(_ reply: String, _ place: Int) -> String {
        guard let end = reply.range(of: "\n", range: after(reply, "branch="))?.lowerBound
        else { return reply }
        let spot = reply.index(end, offsetBy: -1 - place)
        let other: Character = reply[spot] == "0" ? "1" : "0"
        return reply.replacingCharacters(in: spot...spot, with: String(other))
    }

    private func after(_ text: String, _ word: String) -> Range<String.Index> {
        (text.range(of: word)?.upperBound ?? text.startIndex)..<text.endIndex
    }

    @Test("a reply whose branch is wrong in one character reaches nobody")
    func forgedBranch() throws {
        let rig = try TMRig(
            "t_on_reply(\"R\"); t_relay();", before: "onreply_route[R] { note(\"R\"); }")
        let sent = try rig.run(Call.request())
        for place in 0..<16 {
            let reply = forged(sent[1].response(200), place)
            #expect(reply != sent[1].response(200))
            #expect(try rig.receive(reply).isEmpty, "place \(place)")
        }
        #expect(rig.notes() == [])
        #expect(lines(try rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
    }

    @Test(
        "a reply to another method does not answer the request (RFC 3261 17.1.3)",
        arguments: ["BYE", "CANCEL", "ACK", "REGISTER", "invite"])
    func wrongMethod(method: String) throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        let reply = sent[1].response(200).replacing("CSeq: 1 INVITE", with: "CSeq: 1 \(method)")
        #expect(try rig.receive(reply).isEmpty)
        #expect(lines(try rig.receive(sent[1].response(180))) == ["SIP/2.0 180 R"])
    }

    @Test("a reply with our Via alone is not passed on, since it names nobody")
    func ourViaAlone() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        var reply = ""
        var count = 0
        for line in sent[1].response(180).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("Via: ") {
                count += 1
                if count > 1 { continue }
            }
            reply += line + "\n"
        }
        #expect(count == 2)
        _ = try? rig.receive(reply)
        #expect(lines(try rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
    }

    @Test("five hundred provisional responses leave nothing behind")
    func flood() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        for number in 0..<500 {
            #expect(try rig.receive(sent[1].response(180 + number % 10)).count == 1)
        }
        #expect(rig.module.clients.count == 1 && rig.module.servers.count == 1)
        try rig.receive(sent[1].response(486))
        for _ in 0..<60 { _ = rig.pass(1_000) }
        #expect(rig.module.clients.count == 0 && rig.module.servers.count == 0)
    }

    @Test("a final response that comes a hundred times is acknowledged each time, passed on once")
    func repeatedFinal() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        #expect(try rig.receive(sent[1].response(486)).count == 2)
        for _ in 0..<100 {
            let again = lines(try rig.receive(sent[1].response(486)))
            #expect(again == ["ACK sip:bob@10.1.2.9:5090 SIP/2.0"])
        }
        #expect(try rig.receive(sent[1].response(404)).count == 1, "another failure counts no more")
    }

    @Test("an ACK of nobody's is sent on without state, once each")
    func strangeACK() throws {
        let rig = try TMRig("t_relay();")
        #expect(lines(try rig.run(Call.request("ACK"))) == ["ACK sip:bob@10.1.2.9:5090 SIP/2.0"])
        #expect(rig.module.clients.count == 0 && rig.module.servers.count == 0)
    }

    @Test("an ACK of a failure is absorbed as often as it comes")
    func repeatedACK() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(486))
        for _ in 0..<5 { #expect(try rig.run(Call.request("ACK", toTag: "c")).isEmpty) }
    }

    @Test(
        "a request that another one's branch opens is another one's when its method differs",
        arguments: ["MESSAGE", "OPTIONS", "REGISTER"])
    func otherMethod(method: String) throws {
        let rig = try TMRig("t_relay();")
        try rig.run(Call.request())
        #expect(
            lines(try rig.run(Call.request(method)))
                == ["\(method) sip:bob@10.1.2.9:5090 SIP/2.0"])
        #expect(rig.module.servers.count == 2)
    }

    @Test(
        "when as many transactions are open as may be, the next caller gets 503 and nothing stays")
    func full() throws {
        let rig = try TMModule.$transactionsMax.withValue(32) {
            try TMRig("if (!t_relay()) note(\"refused\");")
        }
        var refused = 0
        for number in 0..<400 {
            let sent = try rig.run(Call.request("MESSAGE", branch: "full\(number)"))
            if rig.notes() == ["refused"] {
                refused += 1
                #expect(lines(sent).last?.hasPrefix("SIP/2.0 503 ") == true, "\(lines(sent))")
            } else {
                #expect(lines(sent) == ["MESSAGE sip:bob@10.1.2.9:5090 SIP/2.0"])
            }
            #expect(rig.module.servers.count <= 32 && rig.module.clients.count <= 32)
        }
        #expect(refused >= 368)
        for _ in 0..<200 { _ = rig.pass(1_000) }
        #expect(rig.module.clients.count == 0 && rig.module.servers.count == 0)
        // Who comes then is served again.
        #expect(lines(try rig.run(Call.request("MESSAGE", branch: "later"))).count == 1)
        #expect(rig.notes() == [])
    }

    @Test("t_newtran tells the script that no transaction can be opened")
    func fullForNewTransaction() throws {
        let rig = try TMModule.$transactionsMax.withValue(32) {
            try TMRig(
                "if (!t_newtran()) { note(\"full\"); exit; } t_reply(\"200\", \"OK\");")
        }
        for number in 0..<400 { try rig.run(Call.request("MESSAGE", branch: "n\(number)")) }
        let notes = rig.notes()
        #expect(notes.count >= 368 && notes.allSatisfy { $0 == "full" })
    }

    @Test("a retransmission is answered even when no further transaction can be opened")
    func fullForRetransmission() throws {
        let rig = try TMModule.$transactionsMax.withValue(32) {
            try TMRig("t_newtran(); t_reply(\"200\", \"OK\");")
        }
        try rig.run(Call.request("MESSAGE", branch: "first"))
        for number in 0..<300 { try rig.run(Call.request("MESSAGE", branch: "n\(number)")) }
        #expect(
            lines(try rig.run(Call.request("MESSAGE", branch: "first"))) == ["SIP/2.0 200 OK"])
    }

    @Test("a response that comes while another thread works on the transaction waits for it")
    func mailbox() throws {
        let rig = try TMRig("append_branch(\"sip:c@10.1.2.10:5091\"); t_relay();")
        let sent = try rig.run(Call.request())
        let services = rig.rig.services
        var listed: ServedTransaction?
        rig.module.walk { one in
            listed = one.transaction
            return false
        }
        let transaction = try #require(listed)
        let texts = sent.dropFirst().map {
            $0.response(180).replacing("\n", with: "\r\n")
        }
        let origin = Origin(transport: .udp, socket: SocketIndex(0), source: TMRig.callee)
        let early = Guarded(0)
        rig.context.reset(origin: origin, now: WallTime(seconds: 1_700_000_000))
        transaction.take(rig.context) {
            // The turn is taken: two other threads receive the responses of both branches.
            DispatchQueue.concurrentPerform(iterations: 2) { place in
                let context = ScriptContext(services: services)
                _ = try? services.wire.receive(texts[place], in: context, from: origin)
                let count = context.outbox.entries.count
                early.withLock { $0 += count }
            }
        } else: {
            .expired
        }
        #expect(early.withLock { $0 } == 0, "nothing overtakes the thread that has the turn")
        #expect(lines(rig.takeSent()) == ["SIP/2.0 180 R", "SIP/2.0 180 R"])
    }

    @Test("what waits for a busy transaction is bounded")
    func boundedMailbox() throws {
        let rig = try TMRig("t_relay();")
        let sent = try rig.run(Call.request())
        let services = rig.rig.services
        var listed: ServedTransaction?
        rig.module.walk { one in
            listed = one.transaction
            return false
        }
        let transaction = try #require(listed)
        let text = sent[1].response(180).replacing("\n", with: "\r\n")
        let origin = Origin(transport: .udp, socket: SocketIndex(0), source: TMRig.callee)
        rig.context.reset(origin: origin, now: WallTime(seconds: 1_700_000_000))
        transaction.take(rig.context) {
            let context = ScriptContext(services: services)
            for _ in 0..<300 { _ = try? services.wire.receive(text, in: context, from: origin) }
        } else: {
            .expired
        }
        #expect(rig.takeSent().count == Limits.transactionEventsMax)
        #expect(lines(try rig.receive(sent[1].response(200))) == ["SIP/2.0 200 R"])
    }
}
