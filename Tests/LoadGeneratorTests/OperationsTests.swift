import Testing

@testable import LoadGenerator

/// A small window: four slots, ten subjects, T1 of 100 ns, given up after 1000.
///
/// A class, because the macros of the tests do not take calls that change a value.
private final class Desk {
    var operations = Operations(window: 4, subjects: 10, firstInterval: 100, giveUp: 1_000)

    var count: Int { operations.count }
    var hasRoom: Bool { operations.hasRoom }
    subscript(slot: Int) -> Operations.Entry { operations[slot] }
    func slot(subject: Int) -> Int? { operations.slot(subject: subject) }
    func ticket(slot: Int) -> Ticket { operations.ticket(slot: slot) }
    func waiting(_ ticket: Ticket) -> Int? { operations.waiting(ticket) }
    func open(subject: Int, sequence: UInt32, awaited: Int, now: UInt64) -> Ticket? {
        operations.open(subject: subject, sequence: sequence, awaited: awaited, now: now)
    }
    func answer(slot: Int) -> Bool { operations.answer(slot: slot) }
    func notify(slot: Int) -> Bool { operations.notify(slot: slot) }
    func release(slot: Int) { operations.release(slot: slot) }
    func sweep(now: UInt64) -> Operations.Sweep { operations.sweep(now: now) }
}

@Suite("Operations that are not complete")
struct OperationsTests {
    @Test("reply and NOTIFYs may come in any order (RFC 6665 4.1.2.4)")
    func order() throws {
        let operations = Desk()
        let first = try #require(operations.open(subject: 3, sequence: 1, awaited: 1, now: 0))
        let slot = try #require(operations.waiting(first))
        #expect(!operations.answer(slot: slot))
        #expect(operations.count == 1 && operations.slot(subject: 3) == slot)
        #expect(operations.notify(slot: slot))
        #expect(operations.count == 0 && operations.slot(subject: 3) == nil)

        let second = try #require(operations.open(subject: 3, sequence: 2, awaited: 2, now: 0))
        let again = try #require(operations.slot(subject: 3))
        #expect(!operations.notify(slot: again))
        #expect(!operations.notify(slot: again))
        #expect(operations.answer(slot: try #require(operations.waiting(second))))
    }

    @Test("an operation without NOTIFYs is complete with its reply")
    func replyOnly() throws {
        let operations = Desk()
        let ticket = try #require(operations.open(subject: 0, sequence: 1, awaited: 0, now: 0))
        #expect(operations.answer(slot: try #require(operations.waiting(ticket))))
    }

    @Test("only the first final reply counts, and only to the operation it was for")
    func strays() throws {
        let operations = Desk()
        let ticket = try #require(operations.open(subject: 0, sequence: 1, awaited: 1, now: 0))
        let slot = try #require(operations.waiting(ticket))
        _ = operations.answer(slot: slot)
        #expect(operations.waiting(ticket) == nil)
        _ = operations.notify(slot: slot)
        let next = try #require(operations.open(subject: 1, sequence: 1, awaited: 1, now: 0))
        #expect(next.slot == ticket.slot && next.generation != ticket.generation)
        #expect(operations.waiting(ticket) == nil && operations.waiting(next) != nil)
        #expect(operations.waiting(Ticket(slot: 4, generation: 0)) == nil)
        #expect(operations.waiting(Ticket(slot: .max, generation: 0)) == nil)
    }

    @Test("the window is what may wait at one time")
    func window() {
        let operations = Desk()
        for subject in 0..<4 {
            #expect(operations.hasRoom)
            #expect(operations.open(subject: subject, sequence: 1, awaited: 0, now: 0) != nil)
        }
        #expect(!operations.hasRoom && operations.count == 4)
        #expect(operations.open(subject: 5, sequence: 1, awaited: 0, now: 0) == nil)
        operations.release(slot: 2)
        #expect(operations.hasRoom)
    }

    @Test("what is not answered is sent again with growing intervals (RFC 3261 17.1.2.2)")
    func resends() throws {
        let operations = Desk()
        _ = operations.open(subject: 7, sequence: 9, awaited: 1, now: 0)
        var times: [UInt64] = []
        for now in stride(from: UInt64(0), to: 1_000, by: 10) {
            let sweep = operations.sweep(now: now)
            if !sweep.resend.isEmpty { times.append(now) }
            for slot in sweep.resend {
                #expect(operations[slot].subject == 7 && operations[slot].sequence == 9)
                #expect(operations.ticket(slot: slot) == Ticket(slot: 0, generation: 1))
            }
        }
        #expect(times == [100, 300, 700])
    }

    @Test("what is answered is not sent again, and fails when its NOTIFYs do not come")
    func incomplete() throws {
        let operations = Desk()
        let ticket = try #require(operations.open(subject: 7, sequence: 9, awaited: 3, now: 0))
        let slot = try #require(operations.waiting(ticket))
        _ = operations.answer(slot: slot)
        _ = operations.notify(slot: slot)
        #expect(operations.sweep(now: 999).resend.isEmpty)
        let sweep = operations.sweep(now: 1_000)
        #expect(sweep.incomplete == 1 && sweep.unanswered == 0 && sweep.lost == 2)
        #expect(operations.count == 0)
    }

    @Test("what is never answered has failed, and its NOTIFYs are lost")
    func unanswered() {
        let operations = Desk()
        for subject in 0..<3 {
            _ = operations.open(subject: subject, sequence: 1, awaited: 2, now: 50)
        }
        let sweep = operations.sweep(now: .max)
        #expect(sweep.unanswered == 3 && sweep.incomplete == 0 && sweep.lost == 6)
        #expect(operations.count == 0 && sweep.resend.isEmpty)
    }
}
