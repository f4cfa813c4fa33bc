import Testing

@testable import LoadGenerator

@Suite("Requests that wait")
struct OutstandingTests {
    private static let second: UInt64 = 1_000_000_000

    private func make(
        slots: Int = 4, lanes: Int = 2, bindings: Int = 10, firstMilliseconds: UInt64 = 500
    ) -> Outstanding {
        Outstanding(
            slots: slots, lanes: lanes, bindings: bindings,
            firstInterval: firstMilliseconds * 1_000_000, giveUp: 32 * Self.second)
    }

    @Test("a reply closes its request and tells how long it took")
    func closed() throws {
        var waiting = make()
        let ticketFound = waiting.open(lane: 0, binding: 3, sequence: 1, now: 100)
        let ticket = try #require(ticketFound)
        #expect(waiting.count == 1)
        #expect(waiting.isWaiting(binding: 3))
        #expect(waiting.close(ticket, now: 350) == 250)
        #expect(waiting.count == 0)
        #expect(!waiting.isWaiting(binding: 3))
    }

    @Test("a second reply to the same request finds nobody")
    func second() throws {
        var waiting = make()
        let ticketFound = waiting.open(lane: 0, binding: 3, sequence: 1, now: 100)
        let ticket = try #require(ticketFound)
        _ = waiting.close(ticket, now: 200)
        #expect(waiting.close(ticket, now: 300) == nil)
    }

    @Test("a late reply does not close the next request in the same slot")
    func late() throws {
        var waiting = make(slots: 1, lanes: 1)
        let firstFound = waiting.open(lane: 0, binding: 3, sequence: 1, now: 100)
        let first = try #require(firstFound)
        _ = waiting.close(first, now: 200)
        let nextFound = waiting.open(lane: 0, binding: 4, sequence: 1, now: 300)
        let next = try #require(nextFound)
        #expect(first.slot == next.slot)
        #expect(waiting.close(first, now: 400) == nil)
        #expect(waiting.close(next, now: 400) == 100)
    }

    @Test("a ticket for a slot that does not exist finds nobody")
    func foreign() {
        var waiting = make()
        #expect(waiting.close(Ticket(slot: 4_000_000, generation: 1), now: 1) == nil)
        #expect(waiting.close(Ticket(slot: 0, generation: 0), now: 1) == nil)
    }

    @Test("each lane has its part of the slots")
    func lanes() {
        var waiting = make(slots: 5, lanes: 2)
        var opened = [0, 0]
        for binding in 0..<10 {
            let lane = binding % 2
            if waiting.open(lane: lane, binding: binding, sequence: 1, now: 0) != nil {
                opened[lane] += 1
            }
        }
        #expect(opened == [3, 2])
        #expect(!waiting.hasRoom(lane: 0))
        #expect(!waiting.hasRoom(lane: 1))
    }

    @Test("a request is sent again after T1, then twice as long each time, at most T2")
    func timerE() throws {
        var waiting = make()
        _ = waiting.open(lane: 0, binding: 3, sequence: 1, now: 0)
        var sentAgain: [UInt64] = []
        for step in 1...320 {
            let now = UInt64(step) * 100_000_000
            if !waiting.sweep(now: now).resend.isEmpty { sentAgain.append(now / 100_000_000) }
        }
        // RFC 3261 17.1.2.2, in tenths of a second: 0.5, 1, 2, 4, 4, 4 ... until 32.
        #expect(sentAgain == [5, 15, 35, 75, 115, 155, 195, 235, 275, 315])
    }

    @Test("after the give-up time a request has failed and its slot is free")
    func timerF() {
        var waiting = make(slots: 1, lanes: 1)
        _ = waiting.open(lane: 0, binding: 3, sequence: 1, now: 0)
        #expect(waiting.sweep(now: 32 * Self.second - 1).failed == 0)
        #expect(waiting.sweep(now: 32 * Self.second).failed == 1)
        #expect(waiting.hasRoom(lane: 0))
        #expect(!waiting.isWaiting(binding: 3))
    }

    @Test("over a reliable transport nothing is sent again, but it fails all the same")
    func reliable() {
        var waiting = make(firstMilliseconds: 0)
        _ = waiting.open(lane: 0, binding: 3, sequence: 1, now: 0)
        #expect(waiting.sweep(now: 31 * Self.second).resend.isEmpty)
        #expect(waiting.sweep(now: 32 * Self.second).failed == 1)
    }

    @Test("what is sent again is the same request")
    func same() throws {
        var waiting = make()
        let ticketFound = waiting.open(lane: 1, binding: 7, sequence: 42, now: 0)
        let ticket = try #require(ticketFound)
        let slotFound = waiting.sweep(now: Self.second).resend.first
        let slot = try #require(slotFound)
        #expect(
            waiting.request(slot: slot)
                == RequestTemplate.Request(binding: 7, sequence: 42, ticket: ticket))
    }

    @Test("a lane that is lost takes its own requests along and no other")
    func abandoned() {
        var waiting = make(slots: 4, lanes: 2)
        for binding in 0..<4 {
            _ = waiting.open(lane: binding % 2, binding: binding, sequence: 1, now: 0)
        }
        #expect(waiting.abandon(lane: 0) == 2)
        #expect(waiting.count == 2)
        #expect(!waiting.isWaiting(binding: 0))
        #expect(waiting.isWaiting(binding: 1))
    }

    @Test("two requests of one binding at a time are a mistake of the program")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            var waiting = Outstanding(
                slots: 2, lanes: 1, bindings: 1, firstInterval: 1, giveUp: 1)
            _ = waiting.open(lane: 0, binding: 0, sequence: 1, now: 0)
            _ = waiting.open(lane: 0, binding: 0, sequence: 2, now: 0)
        }
    }
}
