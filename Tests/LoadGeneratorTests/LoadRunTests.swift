import TestSupport
// Swift 6.3.1 cannot compile this carrier for ThreadSanitizer; its load has one thread anyway.
#if !ROOST_TSAN
    import Testing

    @testable import LoadGenerator

    @Suite("The loop of a load", .timeLimit(.minutes(10)))
    struct LoadRunTests {
        /// Runs a plan over an imitated carrier.
        private func run(
            _ book: ImitatedCarrier.Book, users: Int = 40, lanes: Int = 4, isReliable: Bool = false,
            _ change: (inout RegisterPlan) -> Void = { _ in },
            progress: (LoadProgress) -> Void = { _ in }
        ) throws -> LoadTally {
            let plan = makePlan {
                $0.users = users
                $0.window = 12
                change(&$0)
            }
            try plan.validate()
            let carrier = ImitatedCarrier(lanes: lanes, isReliable: isReliable, book: book)
            var load = LoadRun(plan: plan, carrier: carrier, run: 1, firstSequence: 5)
            return try load.run(progress).tally
        }

        @Test("every binding is registered once, in the order of the seed")
        func once() throws {
            let book = ImitatedCarrier.Book { _, _ in [200] }
            let tally = try run(book) { $0.seed = 9 }
            #expect(tally.sent == 40 && tally.answered == 40 && tally.classes[2] == 40)
            #expect(tally.retransmitted == 0 && tally.stray == 0 && tally.timedOut == 0)
            #expect(Set(book.sent.map(\.request.binding)) == Set(0..<40))
            let order = BindingOrder(count: 40, seed: 9)
            #expect(book.sent.map(\.request.binding) == (0..<40).map { order.binding(at: $0) })
        }

        @Test("never more requests wait than the window allows", arguments: [1, 2, 7, 12, 40])
        func window(_ window: Int) throws {
            let book = ImitatedCarrier.Book { _, _ in [200] }
            var waiting = Set<Int>()
            var most = 0
            book.answer = { _, sent in
                waiting.insert(sent.request.binding)
                most = max(most, waiting.count)
                return [200]
            }
            let tally = try run(book, lanes: min(4, window)) { $0.window = window }
            #expect(tally.classes[2] == 40)
            // Batches leave lane by lane and never exceed the slots of all lanes.
            #expect(book.batches.allSatisfy { $0 <= window })
            #expect(book.batches.reduce(0, +) == 40)
        }

        @Test("a request leaves by the lane of its slot, and so does its repetition")
        func lanes() throws {
            let book = ImitatedCarrier.Book { number, _ in number % 3 == 0 ? [] : [200] }
            let tally = try run(book) { $0.retransmitMilliseconds = 4 }
            #expect(tally.classes[2] == 40)
            #expect(tally.retransmitted > 0)
            for sent in book.sent { #expect(Int(sent.request.ticket.slot) % 4 == sent.lane) }
        }

        @Test("a repetition is the same request: binding, CSeq and branch")
        func repetition() throws {
            var first: [Int: RequestTemplate.Request] = [:]
            var isSame = true
            let book = ImitatedCarrier.Book { _, _ in [] }
            book.answer = { _, sent in
                if let known = first[sent.request.binding] {
                    isSame = isSame && known == sent.request
                    return [200]
                }
                first[sent.request.binding] = sent.request
                return []
            }
            let tally = try run(book) { $0.retransmitMilliseconds = 4 }
            #expect(isSame)
            #expect(tally.retransmitted == 40 && tally.classes[2] == 40 && tally.sent == 40)
        }

        @Test("provisional replies are counted and end nothing")
        func provisional() throws {
            let tally = try run(ImitatedCarrier.Book { _, _ in [100, 180, 200] })
            #expect(tally.provisional == 80)
            #expect(tally.classes[2] == 40 && tally.stray == 0)
        }

        @Test("a second final reply is a stray, whatever it says")
        func twice() throws {
            let tally = try run(ImitatedCarrier.Book { _, _ in [200, 500] })
            #expect(tally.classes[2] == 40)
            #expect(tally.classes[5] == 0)
            #expect(tally.stray == 40)
        }

        @Test("replies to tickets that were never given out are strays")
        func foreign() throws {
            let book = ImitatedCarrier.Book { _, _ in [200] }
            for slot in [0, 11, 12, UInt32.max] {
                book.deliver(
                    .init(status: 200, ticket: Ticket(slot: slot, generation: 4_000)), lane: 0)
            }
            let tally = try run(book)
            #expect(tally.stray == 4)
            #expect(tally.classes[2] == 40)
        }

        @Test("final replies are counted by class", arguments: [2, 3, 4, 5, 6])
        func classes(_ hundreds: Int) throws {
            let tally = try run(ImitatedCarrier.Book { _, _ in [hundreds * 100 + 3] })
            #expect((2...6).map { tally.classes[$0] } == (2...6).map { $0 == hundreds ? 40 : 0 })
            #expect(tally.settled == 40)
        }

        @Test("the CSeq of a binding grows by one a round, starting from the first number")
        func sequence() throws {
            let book = ImitatedCarrier.Book { _, _ in [200] }
            _ = try run(book, users: 15) { $0.count = 60 }
            for binding in 0..<15 {
                let numbers = book.sent.filter { $0.request.binding == binding }.map(
                    \.request.sequence)
                #expect(numbers == (0..<4).map { 0x4000_0005 + UInt32($0) })
            }
        }

        @Test("two requests of one binding are never on their way together (RFC 3261 10.2)")
        func oneAtATime() throws {
            // Every fifth request is answered only when it is repeated, so bindings wait for a
            // while.
            var waiting: Set<Int> = []
            var isAlone = true
            var known: Set<String> = []
            let book = ImitatedCarrier.Book { _, _ in [] }
            book.answer = { number, sent in
                let request = sent.request
                let isNew = known.insert("\(request.binding)-\(request.sequence)").inserted
                if isNew { isAlone = isAlone && waiting.insert(request.binding).inserted }
                guard number % 5 != 0 else { return [] }
                waiting.remove(request.binding)
                return [200]
            }
            let tally = try run(book, users: 10) {
                $0.count = 100
                $0.retransmitMilliseconds = 4
            }
            #expect(isAlone)
            #expect(tally.classes[2] == 100)
        }

        @Test("nothing is repeated over a reliable carrier, and silence ends the load")
        func reliable() throws {
            let book = ImitatedCarrier.Book { number, _ in number <= 10 ? [200] : [] }
            let tally = try run(book, isReliable: true) {
                $0.retransmitMilliseconds = 4
                $0.giveUpSeconds = 1
            }
            #expect(tally.classes[2] == 10)
            #expect(tally.retransmitted == 0)
            // The window that waited, and what took its place before the silence was long enough.
            #expect(tally.timedOut >= 12 && tally.timedOut <= 24)
            #expect(tally.sent == 10 + tally.timedOut, "each request has come to an end")
        }

        @Test("a lane that closes loses its requests, and the others go on")
        func oneLane() throws {
            let book = ImitatedCarrier.Book { _, _ in [] }
            book.answer = { number, sent in
                if number == 9 { book.closed.insert(2) }
                return book.closed.contains(sent.lane) ? [] : [200]
            }
            let tally = try run(book, isReliable: true)
            #expect(tally.disconnected > 0 && tally.disconnected <= 3)
            #expect(tally.classes[2] + tally.disconnected == 40)
            #expect(book.sent.suffix(20).allSatisfy { $0.lane != 2 })
        }

        @Test("when every lane is closed the load is over")
        func allLanes() throws {
            let book = ImitatedCarrier.Book { _, _ in [] }
            book.answer = { number, _ in
                if number == 12 { book.closed = [0, 1, 2, 3] }
                return []
            }
            let tally = try run(book, isReliable: true)
            #expect(tally.disconnected == 12)
            #expect(tally.sent == 12 && tally.answered == 0)
        }

        @Test("refusals are an error while nothing was answered, and nothing afterwards")
        func refusals() throws {
            let never = ImitatedCarrier.Book { _, _ in [] }
            never.refusals = 1
            let error = #expect(throws: LoadError.self) { try run(never) }
            #expect(error?.kind == .refused)
            #expect(error?.description == "nobody listens at 127.0.0.1:9 (UDP): refused")
            let later = ImitatedCarrier.Book { _, _ in [] }
            later.answer = { number, _ in
                if number > 12 { later.refusals += 1 }
                return [200]
            }
            #expect(try run(later).classes[2] == 40)
        }

        @Test("a pace lets no request leave before its time")
        func pace() throws {
            let book = ImitatedCarrier.Book { _, _ in [200] }
            let plan = makePlan {
                $0.users = 30
                $0.rate = 200
            }
            let carrier = ImitatedCarrier(lanes: 2, isReliable: false, book: book)
            var load = LoadRun(plan: plan, carrier: carrier, run: 1, firstSequence: 0)
            let outcome = try load.run { _ in }
            #expect(outcome.tally.classes[2] == 30)
            // The last of thirty is due 29/200 of a second after the start.
            #expect(outcome.nanoseconds >= 145_000_000)
            #expect(book.batches.count > 5, "they do not leave in one go")
        }

        @Test("CSeq numbers have ten digits and stay below 2^31 whatever the clock says")
        func sequenceRange() throws {
            for first in [0, 1, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, .max] as [UInt32] {
                let book = ImitatedCarrier.Book { _, _ in [200] }
                let carrier = ImitatedCarrier(lanes: 1, isReliable: true, book: book)
                let plan = makePlan {
                    $0.users = 2
                    $0.count = 6
                }
                var load = LoadRun(plan: plan, carrier: carrier, run: 1, firstSequence: first)
                _ = try load.run { _ in }
                for sent in book.sent {
                    #expect((1_000_000_000..<2_147_483_648).contains(UInt64(sent.request.sequence)))
                }
            }
        }
    }

    @Suite("A window against a plain model")
    struct OutstandingModelTests {
        /// What a model knows of a request.
        private struct Waiting {
            var lane: Int
            var binding: Int
            var sent: UInt64
        }

        @Test(
            "random openings, replies, losses and times leave both with the same", arguments: 1...25
        )
        func model(_ seed: UInt64) {
            var numbers = SeededNumbers(seed: seed)
            let lanes = Int.random(in: 1...4, using: &numbers)
            let slots = Int.random(in: lanes...16, using: &numbers)
            var window = Outstanding(
                slots: slots, lanes: lanes, bindings: 64, firstInterval: 100, giveUp: 1_000)
            var model: [UInt64: Waiting] = [:]
            var now: UInt64 = 0
            for _ in 0..<400 {
                now += UInt64.random(in: 0...60, using: &numbers)
                switch Int.random(in: 0...9, using: &numbers) {
                case 0...4:
                    let lane = Int.random(in: 0..<lanes, using: &numbers)
                    let binding = Int.random(in: 0..<64, using: &numbers)
                    let isFree = !model.values.contains { $0.binding == binding }
                    #expect(window.isWaiting(binding: binding) == !isFree)
                    guard isFree else { continue }
                    let room = (slots - lane + lanes - 1) / lanes
                    let used = model.values.filter { $0.lane == lane }.count
                    #expect(window.hasRoom(lane: lane) == (used < room))
                    let ticket = window.open(lane: lane, binding: binding, sequence: 1, now: now)
                    #expect((ticket != nil) == (used < room))
                    if let ticket {
                        model[key(ticket)] = .init(lane: lane, binding: binding, sent: now)
                    }
                case 5...7:
                    guard let known = model.keys.sorted().randomElement(using: &numbers) else {
                        continue
                    }
                    let took = window.close(ticket(known), now: now)
                    #expect(took == model[known].map { now - $0.sent })
                    #expect(window.close(ticket(known), now: now) == nil)
                    model[known] = nil
                case 8:
                    let sweep = window.sweep(now: now)
                    let failed = model.filter { now >= $0.value.sent + 1_000 }
                    #expect(sweep.failed == failed.count)
                    for key in failed.keys { model[key] = nil }
                    let known = Set(model.keys.map { UInt32($0 >> 32) })
                    #expect(known.isSuperset(of: sweep.resend))
                default:
                    let lane = Int.random(in: 0..<lanes, using: &numbers)
                    let lost = model.filter { $0.value.lane == lane }
                    #expect(window.abandon(lane: lane) == lost.count)
                    for key in lost.keys { model[key] = nil }
                }
                #expect(window.count == model.count)
            }
        }

        private func key(_ ticket: Ticket) -> UInt64 {
            UInt64(ticket.slot) << 32 | UInt64(ticket.generation)
        }

        private func ticket(_ key: UInt64) -> Ticket {
            Ticket(slot: UInt32(key >> 32), generation: UInt32(truncatingIfNeeded: key))
        }
    }

#endif
