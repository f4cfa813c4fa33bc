import Basics
import SIPSyntax
import TestSupport
import Testing

@testable import Transactions

/// The table of server transactions: requests, responses, time, bounds.
@Suite("Server transactions")
struct ServerTransactionsTests {
    @Test("a request is new once; until it is answered it is absorbed, then answered again")
    func retransmissions() throws {
        let rig = ServerRig()
        let subscribe = request("SUBSCRIBE")
        #expect(try rig.receive(subscribe) == "new")
        #expect(try rig.receive(subscribe) == "")
        let handle = rig.handle(subscribe)
        #expect(try rig.answer(handle, 100) == "send")
        #expect(try rig.receive(subscribe) == "send [100]")
        #expect(try rig.answer(handle, 202, "accepted") == "send")
        #expect(try rig.receive(subscribe) == "send [accepted]")
        #expect(try rig.answer(handle, 500) == "")
        #expect(try rig.receive(subscribe) == "send [accepted]")
        #expect(rig.pass(31_000).isEmpty)
        #expect(try rig.receive(subscribe) == "new")
    }

    @Test("on a stream a request is forgotten with its final response")
    func reliable() throws {
        let rig = ServerRig()
        let options = request("OPTIONS")
        #expect(try rig.receive(options, isReliable: true) == "new")
        #expect(try rig.answer(rig.handle(options), 200) == "send gone")
        #expect(rig.store.count == 0)
    }

    @Test("a refused INVITE repeats its response until its ACK comes")
    func refused() throws {
        let rig = ServerRig()
        let invite = request("INVITE")
        #expect(try rig.receive(invite) == "new")
        #expect(try rig.answer(rig.handle(invite), 486) == "send")
        let events = rig.pass(4_000)
        #expect(
            events.map { $0.split(separator: ":")[1] } == [
                " send [486]", " send [486]", " send [486]",
            ])
        #expect(rig.acknowledge(request("ACK", toTag: "t")) == "")
        #expect(try rig.receive(invite) == "")
        #expect(rig.pass(4_900).isEmpty)
        #expect(rig.store.count == 1)
        #expect(rig.pass(200).isEmpty)
        #expect(rig.store.count == 0)
        #expect(rig.acknowledge(request("ACK", toTag: "t")) == nil)
    }

    @Test("without an ACK the user is told after 64 times T1")
    func timerH() throws {
        let rig = ServerRig()
        let invite = request("INVITE")
        #expect(try rig.receive(invite) == "new")
        #expect(try rig.answer(rig.handle(invite), 486) == "send")
        let events = rig.pass(33_000)
        #expect(events.last == "32000: timeout gone")
        #expect(events.count == 11)
    }

    @Test("an accepted INVITE is absorbed, its ACK and each 2xx pass")
    func accepted() throws {
        let rig = ServerRig()
        let invite = request("INVITE")
        #expect(try rig.receive(invite) == "new")
        let handle = rig.handle(invite)
        #expect(try rig.answer(handle, 180) == "send")
        #expect(try rig.receive(invite) == "send [180]")
        #expect(try rig.answer(handle, 200) == "send")
        #expect(try rig.receive(invite) == "")
        #expect(try rig.answer(handle, 200) == "send")
        #expect(rig.acknowledge(request("ACK", toTag: "t")) == "show")
        #expect(rig.store.message(of: handle) == nil)
        #expect(rig.pass(33_000).isEmpty)
        #expect(rig.store.count == 0)
    }

    @Test("an ACK without the cookie must have the To tag of the response")
    func oldAck() throws {
        let rig = ServerRig()
        let invite = request("INVITE", branch: nil)
        #expect(try rig.receive(invite) == "new")
        let response = """
            SIP/2.0 486 Busy Here
            Via: SIP/2.0/UDP client.example.com:5060
            From: <sip:alice@example.com>;tag=f1
            To: <sip:bob@example.com>;tag=t1
            Call-ID: call@client
            CSeq: 7 INVITE
            Content-Length: 0
            """
        let wire = response.replacing("\n", with: "\r\n") + "\r\n\r\n"
        #expect(try rig.answer(rig.handle(invite), 486, wire) == "send")
        func acknowledge(_ tag: String?) -> String? {
            let ack = request("ACK", branch: nil, toTag: tag)
            guard let key = rig.key(ack) else { return nil }
            return rig.store.acknowledge(key, ack, now: at(rig.now)).map { words($0.orders) }
        }
        #expect(acknowledge("t2") == nil)
        #expect(acknowledge(nil) == nil)
        #expect(rig.store.look(rig.handle(invite))?.state == .invite(.completed))
        #expect(acknowledge("t1") == "")
        #expect(rig.store.look(rig.handle(invite))?.state == .invite(.confirmed))
    }

    @Test("a CANCEL finds its INVITE and what is attached to it")
    func cancel() throws {
        let rig = ServerRig()
        let alive = Counter()
        let invite = request("INVITE")
        let cancel = request("CANCEL")
        #expect(try rig.receive(invite, attachment: Token(alive)) == "new")
        #expect(try rig.receive(cancel) == "new")
        let found = try #require(rig.key(cancel, as: .invite).flatMap { rig.store.lookUp($0) })
        #expect(found.attachment is Token)
        #expect(found.method == .invite && !found.state.isFinal && found.status == 0)
        #expect(found.handle != rig.handle(cancel))
        #expect(try rig.answer(found.handle, 487) == "send")
        #expect(rig.store.look(found.handle)?.state.isFinal == true)
        #expect(rig.store.look(found.handle)?.status == 487)
    }

    @Test("what is attached stays until the end, which is told")
    func attachment() throws {
        let rig = ServerRig()
        let alive = Counter()
        let options = request("OPTIONS")
        #expect(try rig.receive(options) == "new")
        let handle = rig.handle(options)
        #expect(rig.store.attach(Token(alive), to: handle))
        #expect(try rig.answer(handle, 200) == "send")
        #expect(alive.value == 1)
        #expect(rig.pass(31_000) == ["31000: gone"])
        #expect(rig.store.look(handle) == nil)
        #expect(!rig.store.attach(nil, to: handle))
    }

    @Test("a request that nobody answers is given up, the later the more it is worked on")
    func unanswered() throws {
        let rig = ServerRig()
        let invite = request("INVITE")
        #expect(try rig.receive(invite) == "new")
        #expect(rig.pass(299_000).isEmpty)
        #expect(try rig.answer(rig.handle(invite), 180) == "send")
        #expect(rig.pass(299_000).isEmpty)
        #expect(rig.pass(1_008) == ["1000: timeout gone"])
    }

    @Test("handles that are made up reach nothing")
    func forged() throws {
        let rig = ServerRig()
        let options = request("OPTIONS")
        #expect(try rig.receive(options) == "new")
        let real = rig.handle(options)
        var random = SeededNumbers(seed: 5)
        for _ in 0..<10_000 {
            let forged = ServerHandle(
                index: UInt32.random(in: 0 ... .max, using: &random),
                label: UInt32.random(in: 0 ... .max, using: &random))
            guard forged != real else { continue }
            #expect(rig.store.look(forged) == nil)
            rig.store.forget(forged)
        }
        #expect(rig.store.look(real) != nil)
        let late = ServerHandle(index: real.index, label: real.label &+ 2)
        let answer = refusal { () throws(TransactionError) in try rig.answer(late, 200) }
        #expect(answer == .gone)
    }

    @Test("there is a bound on transactions; retransmissions and ACKs still pass")
    func full() throws {
        let rig = ServerRig(transactionsMax: 32)
        var opened = 0
        for number in 0..<200 {
            let invite = request("INVITE", branch: "z9hG4bK\(number)")
            do throws(TransactionError) {
                if try rig.receive(invite) == "new" { opened += 1 }
                #expect(try rig.receive(invite) == "")
            } catch {
                #expect(error.kind == .full)
            }
        }
        #expect(opened == rig.store.count)
        #expect(opened > 16 && opened <= 32)
    }

    @Test("there is a bound on bytes of responses: what is above it is sent and not kept")
    func bytes() throws {
        let rig = ServerRig(bytesMax: 32 * 1_024)
        let options = request("OPTIONS")
        #expect(try rig.receive(options) == "new")
        let handle = rig.handle(options)
        func answer(_ count: Int) throws(TransactionError) -> String {
            try rig.answer(handle, 180, String(repeating: "x", count: count))
        }
        #expect(refusal { () throws(TransactionError) in try answer(0) } == .size)
        #expect(refusal { () throws(TransactionError) in try answer(65_536) } == .size)
        #expect(try answer(1_025) == "send")
        #expect(rig.store.message(of: handle) == nil)
        #expect(try rig.receive(options) == "send")
        // The new one takes the place of the old one.
        #expect(try answer(900) == "send")
        #expect(try answer(1_000) == "send")
        #expect(rig.store.message(of: handle)?.count == 1_000)
    }

    @Test("a response that cannot be sent is reported, and the state stays")
    func transport() throws {
        let rig = ServerRig()
        let invite = request("INVITE")
        #expect(try rig.receive(invite) == "new")
        let handle = rig.handle(invite)
        #expect(try rig.answer(handle, 486) == "send")
        let failed = rig.store.transportFailed(handle, now: at(rig.now))
        #expect(failed.map { words($0.orders) } == "failure")
        #expect(rig.store.look(handle)?.state == .invite(.completed))
    }

    @Test("a walk shows each transaction once")
    func walk() throws {
        let rig = ServerRig()
        for number in 0..<300 {
            #expect(try rig.receive(request("OPTIONS", branch: "z9hG4bK\(number)")) == "new")
        }
        var seen: Set<ServerHandle> = []
        for shard in 0..<ServerTransactions.shardCount {
            var place: UInt32? = 0
            while let from = place {
                place = rig.store.walk(shard: shard, from: from, limit: 3) {
                    #expect(seen.insert($0.handle).inserted)
                }
            }
        }
        #expect(seen.count == 300)
    }

    @Test("of several threads that receive one request, one opens it")
    func race() async {
        let store = ServerTransactions(seed: (1, 2, 3, 4), now: at(0))
        let opened = Counter()
        let repeated = Counter()
        let requests = 500
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var maker = store.makeKeyMaker()
                    for number in 0..<requests {
                        let options = request("OPTIONS", branch: "z9hG4bK\(number)")
                        let opening = ServerOpening(
                            method: .options, origin: .peer(), destination: .peer())
                        guard let key = maker.key(of: options) else { continue }
                        do throws(TransactionError) {
                            let arrival = try store.receive(key, opening, now: at(1))
                            if case .opened(let handle) = arrival {
                                opened.add()
                                let answer = Array("answer \(number)".utf8)
                                _ = try store.answer(
                                    handle, status: 200, message: answer.span, now: at(1))
                            } else {
                                repeated.add()
                            }
                        } catch {
                            Issue.record("\(error)")
                        }
                    }
                }
            }
        }
        #expect(opened.value == requests)
        #expect(repeated.value == 3 * requests)
        #expect(store.count == requests)
    }
}
