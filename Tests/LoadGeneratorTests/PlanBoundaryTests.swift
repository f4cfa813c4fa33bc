import Basics
import Testing

@testable import LoadGenerator

/// One field of a plan with the range that it must keep.
struct PlanField: Sendable, CustomStringConvertible {
    let description: String
    let range: ClosedRange<Int>
    let set: @Sendable (inout RegisterPlan, Int) -> Void
}

/// The numbers of a plan, by the names that the options of the program carry.
private let fields = [
    PlanField(description: "users", range: 1...Limits.loadUsersMax) { $0.users = $1 },
    PlanField(description: "contacts-each", range: 1...99) { $0.contactsEach = $1 },
    PlanField(description: "count", range: 1...Limits.loadRequestsMax) { $0.count = $1 },
    PlanField(description: "window", range: 1...Limits.loadWindowMax) { $0.window = $1 },
    PlanField(description: "sockets", range: 1...Limits.loadSocketsMax) { $0.sockets = $1 },
    PlanField(description: "rate", range: 1...10_000_000) { $0.rate = $1 },
    PlanField(description: "expires", range: 0...0x7fff_ffff) { $0.expires = $1 },
    PlanField(description: "retransmit time", range: 1...60_000) { $0.retransmitMilliseconds = $1 },
    PlanField(description: "give-up time", range: 1...3_600) { $0.giveUpSeconds = $1 },
]

@Suite("Bounds of a plan")
struct PlanBoundaryTests {
    /// A plan of few requests, so that only the field that is set can be out of range.
    private func plan(_ field: PlanField, _ value: Int) -> RegisterPlan {
        makePlan {
            $0.users = 10
            $0.count = 10
            field.set(&$0, value)
        }
    }

    @Test("each number is taken at both ends of its range", arguments: fields)
    func takesEnds(_ field: PlanField) throws {
        try plan(field, field.range.lowerBound).validate()
        try plan(field, field.range.upperBound).validate()
    }

    @Test(
        "one beyond either end is refused, and the message names field and range", arguments: fields
    )
    func refusesBeyond(_ field: PlanField) {
        let range = field.range
        for value in [range.lowerBound - 1, range.upperBound + 1, .min, .max] {
            let error = #expect(throws: LoadError.self) { try plan(field, value).validate() }
            #expect(error?.kind == .badPlan)
            let words = "must be \(range.lowerBound) to \(range.upperBound)"
            #expect(error?.description == "\(field) is \(value), \(words)")
        }
    }

    @Test("without a count the number of bindings is what must be in range")
    func boundsBindings() {
        let plan = makePlan {
            $0.users = Limits.loadUsersMax
            $0.contactsEach = 99
        }
        let isTooMany = Limits.loadUsersMax * 99 > Limits.loadRequestsMax
        #expect(isTooMany == ((try? plan.validate()) == nil))
    }

    @Test(
        "texts that need an escape in a SIP URI are refused (RFC 3261 25.1)",
        arguments: [
            "", " ", "a b", "a@b", "a;b", "a?b", "a>b", "a\"b", "a\r\nb", "a%41", "ä", "a/b",
        ])
    func refusesTexts(_ text: String) {
        for plan in [makePlan { $0.domain = text }, makePlan { $0.userPrefix = text }] {
            let error = #expect(throws: LoadError.self) { try plan.validate() }
            #expect(error?.kind == .badPlan)
            #expect(error?.description.contains("'\(text)'") == true)
        }
    }

    @Test(
        "a text may have 128 bytes and no more", arguments: [(1, true), (128, true), (129, false)])
    func boundsTexts(_ count: Int, _ isTaken: Bool) {
        let text = String(repeating: "a", count: count)
        let isDomainTaken = (try? makePlan { $0.domain = text }.validate()) != nil
        let isPrefixTaken = (try? makePlan { $0.userPrefix = text }.validate()) != nil
        #expect(isDomainTaken == isTaken)
        #expect(isPrefixTaken == isTaken)
    }

    @Test(
        "window and sockets shrink to what can be used",
        arguments: [
            (1, 100, 16, 1, 1), (10, 100, 16, 10, 10), (100, 100, 16, 100, 16),
            (1_000, 4, 16, 4, 4), (1_000, 100, 1, 100, 1),
        ])
    func shrinks(_ users: Int, _ window: Int, _ sockets: Int, _ usedWindow: Int, _ used: Int) {
        let plan = makePlan {
            $0.users = users
            $0.window = window
            $0.sockets = sockets
        }
        #expect(plan.usedWindow == usedWindow)
        #expect(plan.usedSockets == used)
    }
}

@Suite("Order of the bindings")
struct BindingOrderBoundaryTests {
    @Test(
        "every binding has its turn once in a round, whatever count and seed are",
        arguments: [1, 2, 3, 4, 30, 97, 210, 1_024], [0, 1, 2, 97, .max] as [UInt64])
    func isPermutation(_ count: Int, _ seed: UInt64) {
        let order = BindingOrder(count: count, seed: seed)
        let round = (0..<count).map { order.binding(at: $0) }
        #expect(round.sorted() == Array(0..<count))
        #expect((count..<(2 * count)).map { order.binding(at: $0) } == round)
    }

    @Test("seed 0 keeps the order of the names")
    func keepsOrder() {
        let order = BindingOrder(count: 50, seed: 0)
        #expect((0..<50).map { order.binding(at: $0) } == Array(0..<50))
    }
}
