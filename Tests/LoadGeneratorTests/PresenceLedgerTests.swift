import TestSupport
import Testing

@testable import LoadGenerator

/// A ledger with the other side played by the test.
///
/// A class, because the macros of the tests do not take calls that change a value.
private final class Game {
    var ledger: PresenceLedger
    var now: UInt64 = 1_000
    private var sequences: [Int: UInt32] = [:]
    private var branches: UInt64 = 0

    init(_ change: (inout PresencePlan) -> Void = { _ in }) {
        ledger = PresenceLedger(plan: makePresencePlan(change), run: 0xabc)
    }

    /// Begins the operation of a turn, which must be possible.
    func open(_ turn: Int) throws -> (values: MessageTemplate.Values, subject: Int) {
        guard case .request(let values, let subject) = ledger.open(turn: turn, now: now) else {
            throw LoadError(.badPlan, "nothing was opened")
        }
        return (values, subject)
    }

    /// Tries to begin the operation of a turn.
    func attempt(_ turn: Int, now: UInt64) -> PresenceLedger.Opening {
        ledger.open(turn: turn, now: now)
    }

    /// Answers a request.
    @discardableResult
    func reply(
        _ values: MessageTemplate.Values, _ status: Int = 200, hasTag: Bool = true
    ) -> PresenceLedger.Settlement {
        now += 10
        return ledger.take(
            ReplyReader.Reply(status: status, ticket: values.ticket), hasTag: hasTag, now: now)
    }

    /// Sends the next NOTIFY of a dialog.
    @discardableResult
    func notify(
        _ dialog: Int, _ document: Notify.Document = .absent, isTerminated: Bool = false,
        step: Int = 1, isRepeated: Bool = false, run: UInt32 = 0xabc
    ) -> Bool {
        now += 10
        let sequence = UInt32(Int(sequences[dialog] ?? 1) + step)
        sequences[dialog] = sequence
        if !isRepeated { branches += 1 }
        var notify = Notify(run: run, dialog: dialog)
        notify.sequence = sequence
        notify.branch = branches
        notify.hasState = true
        notify.isTerminated = isTerminated
        notify.document = document
        return ledger.take(notify, now: now)
    }

    /// Publishes and subscribes everything.
    func prepare() throws {
        ledger.begin(.publish)
        for turn in 0..<ledger.presentities.count { reply(try open(turn).values) }
        ledger.begin(.subscribe)
        for turn in 0..<ledger.dialogs.count {
            let (values, dialog) = try open(turn)
            reply(values)
            notify(dialog, state(dialog))
        }
    }

    /// The newest state of the presentity of a dialog.
    func state(_ dialog: Int, back: UInt32 = 0) -> Notify.Document {
        let presentity = ledger.presentity(dialog: dialog)
        return .state(
            presentity: UInt32(presentity),
            version: ledger.presentities[presentity].version - back)
    }

    /// The watchers of a presentity.
    func watchers(_ presentity: Int) -> [Int] {
        ledger.dialogs.indices.filter { ledger.presentity(dialog: $0) == presentity }
    }
}

@Suite("Ledger of a presence load")
struct PresenceLedgerTests {
    @Test("every presentity has its watchers, in any order", arguments: [0, 1, 99])
    func spread(_ seed: UInt64) {
        let game = Game { $0.seed = seed }
        for presentity in 0..<10 { #expect(game.watchers(presentity).count == 3) }
    }

    @Test("a subscription is complete with 200 and its first NOTIFY")
    func subscribe() throws {
        let game = Game()
        game.ledger.begin(.subscribe)
        let (values, dialog) = try game.open(4)
        #expect(dialog == 4 && values.dialog == 4 && values.sequence == 1_000_000_001)
        #expect(game.reply(values) == .keepTag(subject: 4))
        #expect(game.ledger.tally.completed == 0)
        #expect(game.notify(4))
        #expect(game.ledger.tally.completed == 1 && game.ledger.tally.faults == 0)
        #expect(game.ledger.tally.notifyMicroseconds(percent: 100) > 0)
    }

    @Test("a change is complete with 200 and a NOTIFY to each watcher, once")
    func change() throws {
        let game = Game()
        try game.prepare()
        game.ledger.begin(.change)
        let (values, presentity) = try game.open(0)
        #expect(values.version == 2)
        game.reply(values)
        let watchers = game.watchers(presentity)
        for dialog in watchers.dropLast() { game.notify(dialog, game.state(dialog)) }
        // The same state to one of them again does not stand for the one that is missing.
        game.notify(watchers[0], game.state(watchers[0]))
        #expect(game.ledger.tally.completed == 0 && game.ledger.tally.duplicated == 1)
        game.notify(watchers[2], game.state(watchers[2]))
        #expect(game.ledger.tally.completed == 1)
    }

    @Test("two publications of one presentity are never on their way together")
    func oneAtATime() throws {
        let game = Game()
        try game.prepare()
        game.ledger.begin(.change)
        let (values, _) = try game.open(0)
        #expect(game.attempt(10, now: 0) == .blocked)
        _ = try game.open(1)
        game.reply(values, 500)
        #expect(try game.open(10).subject == 0)
    }

    @Test("the window is kept")
    func window() throws {
        let game = Game { $0.window = 2 }
        game.ledger.begin(.subscribe)
        _ = try game.open(0)
        _ = try game.open(1)
        #expect(game.attempt(2, now: 0) == .blocked)
    }

    @Test("an old state is late, one that never was is wrong, and neither completes anything")
    func versions() throws {
        let game = Game()
        try game.prepare()
        game.ledger.begin(.change)
        let (values, presentity) = try game.open(0)
        game.reply(values)
        let dialog = game.watchers(presentity)[0]
        game.notify(dialog, game.state(dialog, back: 1))
        #expect(game.ledger.tally.late == 1)
        let wrong: [Notify.Document] = [
            .state(presentity: UInt32(presentity), version: 3),
            .state(presentity: UInt32(presentity), version: 0),
            .state(presentity: UInt32(presentity + 1), version: 2), .unknown, .absent,
        ]
        for document in wrong { game.notify(dialog, document) }
        #expect(game.ledger.tally.wrongBodies == wrong.count)
        #expect(game.ledger.tally.faults == wrong.count)
        #expect(game.ledger.operations[0].awaited == 3)
    }

    @Test("before anything is published a server may say so in its own words (RFC 3856 6.6.1)")
    func unpublished() throws {
        let game = Game()
        game.ledger.begin(.subscribe)
        for (turn, document) in [Notify.Document.absent, .unknown].enumerated() {
            let (values, dialog) = try game.open(turn)
            game.reply(values)
            game.notify(dialog, document)
        }
        #expect(game.ledger.tally.completed == 2 && game.ledger.tally.faults == 0)
    }

    @Test("CSeq may pass numbers over, but not stand still or go back (RFC 3261 12.2.2)")
    func sequences() throws {
        let game = Game()
        try game.prepare()
        game.ledger.begin(.refresh)
        game.notify(0, game.state(0), step: 3)
        #expect(game.ledger.tally.skipped == 2 && game.ledger.tally.notifies == 1)
        game.notify(0, game.state(0), step: 0, isRepeated: true)
        #expect(game.ledger.tally.repeated == 1)
        game.notify(0, game.state(0), step: 0)
        #expect(game.ledger.tally.duplicated == 1)
        game.notify(0, game.state(0), step: -1)
        #expect(game.ledger.tally.outOfOrder == 1)
        #expect(game.ledger.tally.notifies == 1)
    }

    @Test("NOTIFYs of other runs and dialogs are not ours")
    func foreign() {
        let game = Game()
        game.ledger.begin(.subscribe)
        #expect(!game.notify(0, run: 1))
        #expect(!game.notify(30))
        #expect(game.ledger.tally.unknown == 2)
    }

    @Test("an end is complete only with a NOTIFY that says so, and is not repeated")
    func unsubscribe() throws {
        let game = Game()
        try game.prepare()
        game.ledger.begin(.unsubscribe)
        let (values, _) = try game.open(3)
        #expect(values.sequence == 1_000_000_002)
        #expect(game.reply(values) == .none)
        game.notify(3, game.state(3))
        #expect(game.ledger.tally.completed == 0 && game.ledger.tally.late == 1)
        game.notify(3, game.state(3), isTerminated: true)
        #expect(game.ledger.tally.completed == 1)
        #expect(game.attempt(3, now: 0) == .needless)
    }

    @Test("a subscription that the server has ended needs no refresh")
    func ended() throws {
        let game = Game()
        try game.prepare()
        game.ledger.begin(.refresh)
        game.notify(5, isTerminated: true)
        #expect(game.attempt(5, now: 0) == .needless)
        let (values, _) = try game.open(6)
        game.reply(values, 481)
        #expect(game.attempt(6, now: 0) == .needless)
    }

    @Test(
        "a refusal ends the operation; 412 costs the entity tag (RFC 3903 4.1)",
        arguments: [302, 403, 412, 500, 603])
    func refusals(_ status: Int) throws {
        let game = Game()
        try game.prepare()
        game.ledger.begin(.change)
        let (values, presentity) = try game.open(0)
        let settlement = game.reply(values, status)
        #expect(settlement == (status == 412 ? .dropTag(subject: presentity) : .none))
        #expect(game.ledger.presentities[presentity].isPublished == (status != 412))
        #expect(game.ledger.tally.refused == 1 && game.ledger.tally.settled == 1)
        #expect(game.ledger.operations.count == 0)
    }

    @Test("provisional replies end nothing, second ones are strays")
    func replies() throws {
        let game = Game()
        game.ledger.begin(.publish)
        let (values, _) = try game.open(0)
        game.reply(values, 100)
        #expect(game.ledger.operations.count == 1)
        game.reply(values)
        game.reply(values)
        #expect(game.ledger.tally.requests.provisional == 1)
        #expect(game.ledger.tally.requests.stray == 1 && game.ledger.tally.completed == 1)
    }

    @Test("a good reply without the tag that it must have is malformed")
    func untagged() throws {
        let game = Game()
        game.ledger.begin(.publish)
        #expect(game.reply(try game.open(0).values, hasTag: false) == .none)
        #expect(game.ledger.tally.malformed == 1 && game.ledger.tally.completed == 1)
        game.ledger.begin(.remove)
        game.reply(try game.open(0).values, hasTag: false)
        #expect(game.ledger.tally.malformed == 0)
    }

    @Test("what is sent again is the same request")
    func repetition() throws {
        let game = Game { $0.retransmitMilliseconds = 1 }
        try game.prepare()
        game.ledger.begin(.change)
        let (values, presentity) = try game.open(2)
        let sweep = game.ledger.sweep(now: game.now + 2_000_000)
        #expect(sweep.resend.count == 1)
        let again = game.ledger.request(slot: sweep.resend[0])
        #expect(again.values == values && again.subject == presentity)
        #expect(game.ledger.tally.requests.retransmitted == 1)
        #expect(game.ledger.tally.requests.sent == 1)
    }

    @Test("every operation is counted in exactly one place", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func accounts(_ seed: UInt64) throws {
        let game = Game {
            $0.window = 64
            $0.giveUpSeconds = 1
        }
        try game.prepare()
        game.ledger.begin(.change)
        var random = SeededNumbers(seed: seed)
        for turn in 0..<40 {
            guard
                case .request(let values, let presentity) = game.ledger.open(
                    turn: turn, now: game.now)
            else { continue }
            if random.next() % 4 > 0 { game.reply(values, random.next() % 5 == 0 ? 503 : 200) }
            for dialog in game.watchers(presentity) where random.next() % 8 > 0 {
                game.notify(dialog, game.state(dialog))
            }
        }
        _ = game.ledger.sweep(now: .max)
        let tally = game.ledger.tally
        #expect(tally.settled == tally.requests.sent)
        #expect(tally.completed + tally.refused > 0 && game.ledger.operations.count == 0)
    }
}
