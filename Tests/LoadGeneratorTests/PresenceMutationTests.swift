import Basics
import Foundation
import TestSupport
import Testing

@testable import LoadGenerator

@Suite("What comes from a server that is not to be trusted")
struct PresenceMutationTests {
    private static let notify =
        "NOTIFY sip:rl00000abc00000005@127.0.0.1:9 SIP/2.0\r\n"
        + "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:u@example.com>;tag=s\r\n"
        + "To: <sip:w@example.com>;tag=w\r\nCall-ID: c5\r\nCSeq: 7 NOTIFY\r\n"
        + "Subscription-State: active;expires=60\r\nContent-Length: 31\r\n\r\n"
        + "<note>rl-00000003-00000009</note>"
    private static let reply =
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 1;branch=z9hG4bKrl00000abc0000000100000002\r\n"
        + "To: <sip:u@example.com>;tag=server\r\nSIP-ETag: a.1.2.3\r\nExpires: 60\r\n\r\n"

    /// A text with some bytes changed, taken out or doubled.
    private func mutate(_ text: String, _ random: inout SeededNumbers) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<(1 + random.next() % 4) {
            let place = Int(random.next() % UInt64(bytes.count))
            switch random.next() % 5 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(bytes[place], at: place)
            case 3: bytes[place] = [10, 13, 58, 59, 32][Int(random.next() % 5)]
            default: bytes.removeSubrange(place...)
            }
            if bytes.isEmpty { return [0] }
        }
        return bytes
    }

    @Test("a NOTIFY with changed bytes is read or not, and its reply holds only its lines")
    func notifies() {
        var random = SeededNumbers(seed: 5)
        var read = 0
        var writer = ByteWriter(capacity: 16)
        for _ in 0..<3_000 {
            let bytes = mutate(Self.notify, &random)
            guard let found = NotifyReader.read(bytes.span) else { continue }
            read += 1
            writer.removeAll()
            found.appendReply(bytes.span, to: &writer, isKnown: true)
            #expect(writer.count <= bytes.count + 60)
            #expect(found.linesCount <= 12)
        }
        #expect(read > 300)
    }

    @Test("a reply with changed bytes gives a tag that stands in it, or none")
    func replies() {
        var random = SeededNumbers(seed: 6)
        var store = TagStore(count: 1, prefix: ";tag=", suffix: "")
        var found = 0
        for _ in 0..<3_000 {
            let bytes = mutate(Self.reply, &random)
            for range in [TagFinder.dialogTag(bytes.span), TagFinder.entityTag(bytes.span)] {
                guard let range else { continue }
                found += 1
                #expect(range.end <= bytes.count && !range.isEmpty)
                _ = store.set(0, bytes.span.extracting(range.indices))
            }
        }
        #expect(found > 1_000)
    }

    @Test("no NOTIFY, whatever it holds, upsets the account", arguments: [1, 2, 3, 4])
    func ledger(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        var ledger = PresenceLedger(plan: makePresencePlan { $0.window = 64 }, run: 1)
        ledger.begin(.subscribe)
        for turn in 0..<30 { _ = ledger.open(turn: turn, now: 0) }
        var given = 0
        for time in 0..<2_000 {
            var notify = Notify(run: random.next() % 16 == 0 ? 2 : 1, dialog: 0)
            notify.dialog = Int(random.next() % 33)
            notify.sequence = random.next() % 16 == 0 ? nil : UInt32(random.next() % 20)
            notify.branch = random.next() % 3
            notify.hasState = random.next() % 16 > 0
            notify.isTerminated = random.next() % 8 == 0
            if random.next() % 2 == 0 {
                notify.document = .state(
                    presentity: UInt32(random.next() % 12), version: UInt32(random.next() % 3))
            }
            _ = ledger.take(notify, now: UInt64(time))
            given += 1
        }
        let tally = ledger.tally
        #expect(
            tally.notifies + tally.repeated + tally.duplicated + tally.outOfOrder
                + tally.malformed + tally.unknown == given)
        // Nothing was answered, so nothing can be complete.
        #expect(tally.completed == 0 && ledger.operations.count == 30)
    }

    @Test(
        "any sequence of openings, replies and NOTIFYs is what a plain list says", arguments: 1...8)
    func model(_ seed: UInt64) {
        /// What the list knows of one operation.
        struct Plain {
            var ticket: Ticket
            var awaited: Int
            var isAnswered = false
        }
        var random = SeededNumbers(seed: seed)
        var operations = Operations(window: 6, subjects: 12, firstInterval: 10, giveUp: 1_000_000)
        var plain: [Int: Plain] = [:]
        for step in 0..<2_000 {
            let subject = Int(random.next() % 12)
            switch random.next() % 3 {
            case 0 where plain[subject] == nil:
                let awaited = Int(random.next() % 3)
                let ticket = operations.open(
                    subject: subject, sequence: UInt32(step), awaited: awaited, now: 0)
                #expect((ticket == nil) == (plain.count == 6))
                if let ticket { plain[subject] = Plain(ticket: ticket, awaited: awaited) }
            case 1:
                guard var known = plain[subject] else { continue }
                let slot = operations.waiting(known.ticket)
                #expect((slot == nil) == known.isAnswered)
                guard let slot else { continue }
                let isDone = operations.answer(slot: slot)
                known.isAnswered = true
                #expect(isDone == (known.awaited == 0))
                plain[subject] = isDone ? nil : known
            default:
                guard var known = plain[subject], known.awaited > 0,
                    let slot = operations.slot(subject: subject)
                else { continue }
                let isDone = operations.notify(slot: slot)
                known.awaited -= 1
                #expect(isDone == (known.awaited == 0 && known.isAnswered))
                plain[subject] = isDone ? nil : known
            }
            #expect(operations.count == plain.count)
            #expect(operations.hasRoom == (plain.count < 6))
        }
        for (subject, known) in plain {
            guard let slot = operations.slot(subject: subject) else {
                Issue.record("an operation got lost")
                continue
            }
            #expect(operations[slot].awaited == Int32(known.awaited))
        }
    }
}

@Suite("A presence load over a bad network", .timeLimit(.minutes(10)))
struct PresenceWeatherTests {
    @Test("losses, repetitions and delays are outlived and accounted for", arguments: [3, 7])
    func weather(_ seed: Int) throws {
        let server = try ImitatedPresence(
            .init(
                // A NOTIFY may come twice; a request may get lost before anybody has seen it.
                notify: { number, message in
                    number % (seed + 2) == 0 ? [message, message] : [message]
                },
                answer: { number, _ in number % (seed * 3) == 1 ? 0 : nil }))
        defer { server.stop() }
        let load = try PresenceLoad(
            server.plan {
                $0.presentities = 20
                $0.watchersEach = 4
                $0.count = 200
                $0.window = 16
                $0.sockets = 2
                $0.retransmitMilliseconds = 20
            })
        let report = try load.run()
        #expect(report.completed == 200 && report.failures == 0 && report.faults == 0)
        #expect(report.notifies == 800)
        #expect(report.repeated > 0 && report.retransmitted > 0)
        #expect(report.asideFailures == 0)
        #expect(server.dialogs == 0 && server.documents == 0)
    }

    @Test("a server that is known by name is found")
    func byName() throws {
        let server = try ImitatedPresence()
        defer { server.stop() }
        let report = try PresenceLoad(
            server.plan { $0.server = ServerName(host: "localhost", port: server.port) }
        ).run()
        #expect(report.completed == 5)
    }
}
