import Basics
import SIPSyntax
import TestSupport
import Testing

@testable import Transactions

/// The store of client transactions: branches, events, time, bounds.
@Suite("Client transactions")
struct ClientTransactionsTests {
    // MARK: Branches

    @Test("a branch is 32 digits behind the cookie and reads back")
    func branchText() throws {
        let rig = ClientRig()
        for lane in 0..<40 {
            let branch = try rig.reserve(lane: lane)
            let text = text(branch)
            #expect(text.utf8.count == 39)
            #expect(branch.shard == lane % 16)
            let bytes = Array(text.utf8)
            check(ClientBranch(parsing: bytes.span) == branch)
            let marked = Array("\(text).loop-1".utf8)
            check(ClientBranch(parsing: marked.span) == branch)
            let cookie = Array(text.replacing("z9hG4bK", with: "Z9HG4BK").utf8)
            check(ClientBranch(parsing: cookie.span) == branch)
        }
    }

    @Test(
        "what is no branch of ours is foreign",
        arguments: [
            "", "z9hG4bK", "z9hG4bKabc", "abcdefg0123456789abcdef0123456789abcdef",
            "z9hG4bK0123456789abcdef0123456789abcde",
            "z9hG4bK0123456789abcdef0123456789abcdeg",
            "z9hG4bK0123456789abcdef0123456789abcdef0",
            "z9hG4bK-123456789abcdef0123456789abcdef",
        ])
    func foreign(_ text: String) {
        let bytes = Array(text.utf8)
        check(ClientBranch(parsing: bytes.span) == nil)
    }

    @Test("a response is matched by its top Via and the method of its CSeq")
    func matching() throws {
        let rig = ClientRig()
        let branch = try rig.open(owner: 42)
        func response(_ branch: String, _ method: String = "NOTIFY") -> SIPMessage {
            message(
                """
                SIP/2.0 200 OK
                Via: SIP/2.0/UDP 192.0.2.9;branch=\(branch);rport=5060
                Via: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKother
                From: <sip:a@b>;tag=1
                To: <sip:b@c>;tag=2
                Call-ID: x
                CSeq: 2 \(method)
                Content-Length: 0
                """)
        }
        func match(_ message: borrowing SIPMessage) -> String {
            switch rig.store.received(message, now: at(rig.now)) {
            case .foreign: "foreign"
            case .stray: "stray"
            case .matched(let outcome): "matched \(outcome.owner.value)"
            }
        }
        #expect(match(response("z9hG4bKxyz")) == "foreign")
        #expect(match(response(text(branch), "OPTIONS")) == "stray")
        let forged = ClientBranch(
            index: branch.index, generation: branch.generation, secret: branch.secret ^ 1)
        #expect(match(response(text(forged))) == "stray")
        #expect(match(response(text(branch))) == "matched 42")
    }

    @Test("forged branches reach nothing, whatever they name")
    func forged() throws {
        let rig = ClientRig()
        var random = SeededNumbers(seed: 99)
        var open: [ClientBranch] = []
        for lane in 0..<64 { open.append(try rig.open(lane: lane)) }
        for _ in 0..<20_000 {
            let victim = open[Int.random(in: 0..<open.count, using: &random)]
            let forged = ClientBranch(
                index: Bool.random(using: &random)
                    ? victim.index : UInt32.random(in: 0 ... .max, using: &random),
                generation: Bool.random(using: &random)
                    ? victim.generation : UInt32.random(in: 0 ... .max, using: &random),
                secret: random.next())
            #expect(rig.respond(forged, 200) == nil)
            rig.store.forget(forged)
            #expect(rig.store.message(of: forged) == nil)
        }
        #expect(rig.store.count == 64)
        for branch in open { #expect(rig.respond(branch, 200) == "show") }
    }

    @Test("an old branch does not reach the transaction that took its place")
    func reuse() throws {
        let rig = ClientRig()
        let old = try rig.open(isReliable: true)
        #expect(rig.respond(old, 200) == "show gone")
        let new = try rig.open(isReliable: true)
        #expect(old.index == new.index && old != new)
        #expect(rig.respond(old, 200) == nil)
        #expect(rig.respond(new, 200) == "show gone")
        #expect(rig.store.count == 0)
    }

    // MARK: Time

    @Test("a request without answer is sent at T1, doubling to T2, and ends with timer F")
    func timerF() throws {
        let rig = ClientRig()
        _ = try rig.open(timers: TransactionTimers())
        var expected = [500, 1_500, 3_500]
        while let last = expected.last, last + 4_000 < 32_000 { expected.append(last + 4_000) }
        let events = rig.pass(40_000)
        #expect(events.count == expected.count + 1)
        for (event, time) in zip(events, expected) {
            let parts = event.split(separator: ":")
            #expect(parts[1] == " send")
            let seen = Int(parts[0]) ?? 0
            #expect(seen >= time && seen < time + 100, "\(event), expected \(time)")
        }
        #expect(events.last == "32000: timeout gone")
        #expect(rig.store.count == 0)
    }

    @Test("an INVITE without answer is sent seven times")
    func timerA() throws {
        let rig = ClientRig()
        _ = try rig.open(.invite, timers: TransactionTimers())
        let events = rig.pass(40_000)
        #expect(events.count == 7)
        #expect(events.last == "32000: timeout gone")
    }

    @Test("on a stream nothing is sent twice")
    func reliable() throws {
        let rig = ClientRig()
        _ = try rig.open(.invite, isReliable: true)
        _ = try rig.open(isReliable: true)
        #expect(rig.pass(40_000) == ["30000: timeout gone", "30000: timeout gone"])
    }

    @Test("a timer is late by a tick at most and never early", arguments: 0..<9)
    func punctual(offset: Int) throws {
        let rig = ClientRig()
        rig.now += offset
        let opened = rig.now
        _ = try rig.open()
        rig.now = opened + 499
        #expect(rig.due().isEmpty)
        rig.now = opened + 508
        #expect(rig.due().map { words($0.orders) } == ["send"])
        #expect(rig.due().isEmpty)
    }

    @Test("a clock that jumps ahead brings each transaction once")
    func jump() throws {
        let rig = ClientRig()
        for lane in 0..<100 { _ = try rig.open(lane: lane) }
        rig.now += 3_600_000
        let due = rig.due(limit: 1_000)
        #expect(due.count == 100)
        #expect(due.allSatisfy { $0.orders == [.reportTimeout, .terminate] })
        #expect(rig.store.count == 0)
    }

    @Test("no more is taken at once than asked for, and none is lost")
    func limit() throws {
        let rig = ClientRig()
        for lane in 0..<50 { _ = try rig.open(lane: lane) }
        rig.now += 504
        var outcomes: [ClientOutcome] = []
        var turns = 0
        var total = 0
        var isLeft = true
        while isLeft {
            outcomes.removeAll()
            isLeft = rig.store.takeDue(now: at(rig.now), limit: 7, into: &outcomes)
            #expect(outcomes.count <= 7)
            total += outcomes.count
            turns += 1
        }
        #expect(total == 50 && turns >= 8)
    }

    @Test("an interval of nothing does not stop the server")
    func zeroTimers() throws {
        let rig = ClientRig()
        var timers = TransactionTimers()
        timers.t1 = 0
        timers.t2 = 0
        _ = try rig.open(timers: timers)
        let events = rig.pass(80)
        #expect(events.count <= 10)
    }

    @Test("other timers count from now on, and only while something is awaited")
    func retime() throws {
        let rig = ClientRig()
        let invite = try rig.open(.invite, isReliable: true)
        let other = try rig.open(isReliable: true)
        var timers = TransactionTimers.test
        timers.finalResponse = 1_000
        timers.provisional = 2_000
        rig.now += 400
        #expect(rig.store.retime(other, timers, now: at(rig.now)))
        #expect(rig.store.retime(invite, timers, now: at(rig.now)))
        rig.now += 400
        #expect(rig.respond(invite, 180, .invite) == "show")
        #expect(rig.pass(1_000) == ["600: timeout gone"])
        timers.provisional = 3_000
        #expect(rig.store.retime(invite, timers, now: at(rig.now)))
        #expect(rig.pass(2_990).isEmpty)
        #expect(rig.pass(18) == ["16: timeout"])
        timers.provisional = 0
        #expect(rig.store.retime(invite, timers, now: at(rig.now)))
        #expect(rig.pass(400_000).isEmpty)
        #expect(!rig.store.retime(other, timers, now: at(rig.now)))
        rig.store.forget(invite)
        let answered = try rig.open()
        #expect(rig.respond(answered, 200) == "show")
        #expect(rig.store.retime(answered, timers, now: at(rig.now)))
        #expect(rig.pass(5_010).isEmpty)
        #expect(rig.store.count == 0)
    }

    // MARK: Messages and owners

    @Test("a retransmission has the bytes, the destination and the owner")
    func retransmission() throws {
        let rig = ClientRig()
        let alive = Counter()
        _ = try rig.open(.notify, "NOTIFY text", owner: 9, attachment: Token(alive))
        rig.now += 504
        let due = rig.due()
        #expect(due.count == 1)
        #expect(text(due.first?.message) == "NOTIFY text")
        #expect(due.first?.destination == .peer())
        #expect(due.first?.owner.value == 9)
        #expect(due.first?.attachment is Token)
    }

    @Test("the object of the owner goes with the transaction")
    func attachment() throws {
        let rig = ClientRig()
        let alive = Counter()
        let branch = try rig.open(isReliable: true, attachment: Token(alive))
        #expect(alive.value == 1)
        #expect(rig.respond(branch, 200) == "show gone")
        #expect(alive.value == 0)
        let other = try rig.open(attachment: Token(alive))
        rig.store.forget(other)
        #expect(alive.value == 0)
    }

    @Test("a message that somebody still reads is not written over")
    func readers() throws {
        let rig = ClientRig()
        let first = try rig.open(.notify, "first")
        let held = rig.store.message(of: first)
        #expect(rig.respond(first, 200) == "show")
        let second = try rig.open(.notify, "second")
        #expect(text(held) == "first")
        #expect(text(rig.store.message(of: second)) == "second")
    }

    @Test("a request that has its answer keeps no bytes")
    func freed() throws {
        let rig = ClientRig()
        let branch = try rig.open()
        #expect(rig.store.message(of: branch) != nil)
        #expect(rig.respond(branch, 200) == "show")
        #expect(rig.store.message(of: branch) == nil)
        #expect(rig.store.state(of: branch) == .nonInvite(.completed))
        #expect(rig.pass(6_000).isEmpty)
        #expect(rig.store.state(of: branch) == nil)
    }

    @Test("with T4 at 0 a request ends with its answer, and a second one is stray")
    func noLinger() throws {
        let rig = ClientRig()
        var timers = TransactionTimers()
        timers.t4 = 0
        let branch = try rig.open(timers: timers)
        #expect(rig.respond(branch, 100) == "show")
        #expect(rig.respond(branch, 200) == "show gone")
        #expect(rig.respond(branch, 200) == nil)
    }

    // MARK: INVITE, ACK and CANCEL

    @Test("the ACK is sent again for each response once it is known")
    func acknowledging() throws {
        let rig = ClientRig()
        let branch = try rig.open(.invite, "INVITE text")
        let outcome = rig.outcome(branch, 486, .invite)
        #expect(outcome.map { words($0.orders) } == "ack show")
        #expect(text(outcome?.message) == "INVITE text")
        #expect(rig.respond(branch, 486, .invite) == "")
        let ack = Array("ACK text".utf8)
        check(rig.store.acknowledge(branch, message: ack.span))
        let again = rig.outcome(branch, 486, .invite)
        #expect(again.map { words($0.orders) } == "ack")
        #expect(text(again?.message) == "ACK text")
        #expect(rig.pass(31_008).isEmpty)
        check(!rig.store.acknowledge(branch, message: ack.span))
    }

    @Test("on a stream the refused INVITE is handed out for its ACK and is gone")
    func acknowledgingReliable() throws {
        let rig = ClientRig()
        let branch = try rig.open(.invite, "INVITE text", isReliable: true)
        let outcome = rig.outcome(branch, 603, .invite)
        #expect(outcome.map { words($0.orders) } == "ack show gone")
        #expect(text(outcome?.message) == "INVITE text")
        #expect(rig.store.count == 0)
    }

    @Test("each 2xx of an INVITE is shown, for as long as timer M runs")
    func accepted() throws {
        let rig = ClientRig()
        let branch = try rig.open(.invite)
        #expect(rig.respond(branch, 200, .invite) == "show")
        #expect(rig.respond(branch, 200, .invite) == "show")
        #expect(rig.respond(branch, 486, .invite) == "")
        #expect(rig.pass(31_000).isEmpty)
        #expect(rig.respond(branch, 200, .invite) == "show")
        #expect(rig.pass(1_100).isEmpty)
        #expect(rig.respond(branch, 200, .invite) == nil)
    }

    @Test("a CANCEL waits for a provisional response and shares the branch on the wire")
    func cancel() throws {
        let rig = ClientRig()
        let invite = try rig.open(.invite)
        let owner = TransactionOwner(kind: 2)
        func reserve() throws(TransactionError) -> ClientBranch {
            try rig.store.reserveCancel(of: invite, owner: owner, now: at(rig.now))
        }
        #expect(refusal(reserve) == .wrongState)
        #expect(rig.respond(invite, 180, .invite) == "show")
        let cancel = try reserve()
        #expect(refusal(reserve) == .wrongState)
        try rig.start(cancel, "CANCEL text")
        // Its response comes with the branch of the INVITE.
        let outcome = rig.outcome(invite, 200, .cancel)
        #expect(outcome?.branch == cancel)
        #expect(outcome?.owner.kind == 2)
        #expect(outcome?.method == .cancel)
        #expect(rig.respond(invite, 487, .invite) == "ack show")
        #expect(rig.pass(40_000).isEmpty)
        #expect(rig.store.count == 0)
    }

    @Test("a cancelled INVITE without final response ends after 64 times T1")
    func cancelTimeout() throws {
        let rig = ClientRig()
        let invite = try rig.open(.invite, isReliable: true)
        _ = rig.respond(invite, 180, .invite)
        let owner = TransactionOwner(kind: 2)
        let cancel = try rig.store.reserveCancel(of: invite, owner: owner, now: at(rig.now))
        try rig.start(cancel)
        #expect(rig.respond(invite, 200, .cancel) == "show gone")
        let events = rig.pass(33_000)
        #expect(events == ["32000: timeout gone"])
        #expect(rig.store.count == 0)
    }

    @Test("with its INVITE a CANCEL has nothing left to do")
    func cancelEnds() throws {
        let rig = ClientRig()
        let invite = try rig.open(.invite, isReliable: true)
        _ = rig.respond(invite, 180, .invite)
        let owner = TransactionOwner(kind: 2)
        let cancel = try rig.store.reserveCancel(of: invite, owner: owner, now: at(rig.now))
        try rig.start(cancel)
        #expect(rig.respond(invite, 487, .invite) == "ack show gone")
        #expect(rig.store.count == 0)
        #expect(rig.respond(cancel, 200, .cancel) == nil)
        #expect(rig.pass(40_000).isEmpty)
    }

    @Test("timer C reports and leaves the INVITE, so that it can be cancelled")
    func timerC() throws {
        let rig = ClientRig()
        let invite = try rig.open(.invite, isReliable: true)
        _ = rig.respond(invite, 180, .invite)
        #expect(rig.pass(121_000) == ["120000: timeout"])
        #expect(rig.store.state(of: invite) == .invite(.proceeding))
        let owner = TransactionOwner(kind: 2)
        let cancel = try rig.store.reserveCancel(of: invite, owner: owner, now: at(rig.now))
        rig.store.forget(cancel)
        #expect(rig.pass(32_008) == ["32000: timeout gone"])
    }

    // MARK: Bounds and misuse

    @Test("there is a bound on transactions of all lanes, and room again when one goes")
    func full() throws {
        let rig = ClientRig(transactionsMax: 32)
        var open: [ClientBranch] = []
        for _ in 0..<32 { open.append(try rig.open(lane: 5)) }
        for lane in 0..<16 {
            let refused = refusal { () throws(TransactionError) in try rig.open(lane: lane) }
            #expect(refused == .full)
        }
        #expect(rig.store.count == 32)
        rig.store.forget(open[20])
        let last = try rig.open(lane: 5)
        #expect(last.shard == open[20].shard)
        for branch in open where branch != open[20] {
            #expect(rig.respond(branch, 200) == "show")
        }
    }

    @Test("there is a bound on bytes of all lanes")
    func bytes() throws {
        let rig = ClientRig(bytesMax: 16 * 1_024)
        let text = String(repeating: "x", count: 600)
        var open: [ClientBranch] = []
        for _ in 0..<16 { open.append(try rig.open(.notify, text)) }
        #expect(Set(open.map(\.shard)).count == 16)
        #expect(refusal { () throws(TransactionError) in try rig.reserve() } == .full)
        #expect(rig.respond(open[3], 200) == "show")
        let next = try rig.open(.notify, text)
        #expect(next.shard == open[3].shard)
    }

    @Test("a message of no bytes or too many is refused, as is a second start")
    func misuse() throws {
        let rig = ClientRig()
        let branch = try rig.reserve()
        func start(_ text: String) -> TransactionError.Kind? {
            refusal { () throws(TransactionError) in try rig.start(branch, text) }
        }
        #expect(start("") == .size)
        #expect(start(String(repeating: "x", count: 65_536)) == .size)
        #expect(rig.respond(branch, 200) == "")
        #expect(start(String(repeating: "x", count: 65_535)) == nil)
        #expect(start("again") == .wrongState)
        rig.store.forget(branch)
        #expect(start("late") == .gone)
    }

    @Test("what cannot be sent is reported once")
    func transport() throws {
        let rig = ClientRig()
        let branch = try rig.open()
        let failed = rig.store.transportFailed(branch, now: at(rig.now))
        #expect(failed.map { words($0.orders) } == "failure gone")
        #expect(rig.store.transportFailed(branch, now: at(rig.now)) == nil)
        let reserved = try rig.reserve()
        #expect(rig.store.transportFailed(reserved, now: at(rig.now)) == nil)
    }
}
