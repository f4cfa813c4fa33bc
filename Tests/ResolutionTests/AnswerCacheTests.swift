import Basics
import Testing

@testable import Resolution

/// Time is an argument: no test waits.
@Suite("Answers that are kept")
struct AnswerCacheTests {
    private static func time(_ seconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(seconds) * 1_000_000_000)
    }

    private static func question(_ name: String = "h.test") throws -> Question {
        try #require(Question(name: name, type: .a))
    }

    private static func address(_ seconds: Int) -> Answer {
        Answer(
            records: [.address(PeerAddress(ipv4: 0xc000_0201, port: 0))], secondsToLive: seconds)
    }

    @Test(
        "records are kept for their time, within the bounds that are set",
        arguments: [
            // own time, least, most, what is kept
            (60, 0, 3_600, 60), (60, 120, 3_600, 120), (60, 0, 10, 10), (0, 0, 3_600, 0),
            (0, 5, 3_600, 5), (Int(Int32.max), 0, 86_400, 86_400),
        ])
    func life(_ own: Int, _ least: Int, _ most: Int, _ kept: Int) throws {
        var settings = AnswerCache.Settings()
        settings.secondsMin = least
        settings.secondsMax = most
        let cache = AnswerCache(settings)
        let question = try Self.question()
        cache.keep(Self.address(own), to: question, now: Self.time(100))
        if kept > 0 {
            #expect(cache.answer(to: question, now: Self.time(99 + kept)) == Self.address(own))
            #expect(cache.rows(now: Self.time(100)).map(\.secondsLeft) == [kept])
        }
        #expect(cache.answer(to: question, now: Self.time(100 + kept)) == nil)
        #expect(cache.rows(now: Self.time(100 + kept)).isEmpty)
    }

    @Test(
        "that there is nothing is kept for the lesser of its own time and the setting",
        arguments: [(30, 30), (600, 60), (nil, 60)] as [(Int?, Int)])
    func negative(_ own: Int?, _ kept: Int) throws {
        for outcome in [Answer.Outcome.noName, .noData] {
            let cache = AnswerCache()
            let question = try Self.question()
            cache.keep(Answer(outcome, secondsToLive: own), to: question, now: Self.time(0))
            #expect(cache.answer(to: question, now: Self.time(kept - 1))?.outcome == outcome)
            #expect(cache.answer(to: question, now: Self.time(kept)) == nil)
        }
    }

    @Test("failures are not kept")
    func failures() throws {
        let cache = AnswerCache()
        let question = try Self.question()
        cache.keep(Answer(.failed(.timeout), secondsToLive: 60), to: question, now: Self.time(0))
        #expect(cache.count == 0)
    }

    @Test("a newer answer takes the place of the older one")
    func newer() throws {
        let cache = AnswerCache()
        let question = try Self.question()
        cache.keep(Answer(.noName), to: question, now: Self.time(0))
        cache.keep(Self.address(5), to: question, now: Self.time(1))
        #expect(cache.answer(to: question, now: Self.time(2)) == Self.address(5))
        #expect(cache.count == 1)
    }

    @Test("a full cache forgets what is over, then what ends first")
    func full() throws {
        var settings = AnswerCache.Settings()
        settings.answersMax = 16
        let cache = AnswerCache(settings)
        for number in 0..<16 {
            let question = try Self.question("h\(number).test")
            cache.keep(Self.address(100 + number), to: question, now: Self.time(0))
        }
        cache.keep(Self.address(9), to: try Self.question("new.test"), now: Self.time(1))
        #expect(cache.count == 15)
        for (name, isThere) in [("h0", false), ("h1", false), ("h2", true), ("new", true)] {
            let question = try Self.question("\(name).test")
            #expect((cache.answer(to: question, now: Self.time(1)) != nil) == isThere)
        }
        cache.keep(Self.address(9), to: try Self.question("x.test"), now: Self.time(2))
        cache.keep(Self.address(9), to: try Self.question("y.test"), now: Self.time(200))
        #expect(cache.count == 1)
    }

    @Test("a flood of names never makes it larger than its limit")
    func flood() throws {
        var settings = AnswerCache.Settings()
        settings.answersMax = 100
        let cache = AnswerCache(settings)
        for number in 0..<5_000 {
            cache.keep(
                Self.address(60), to: try Self.question("n\(number).test"),
                now: Self.time(number / 1_000))
            #expect(cache.count <= 100)
        }
    }

    @Test("answers are forgotten one by one or all together")
    func forget() throws {
        let cache = AnswerCache()
        for name in ["a.test", "b.test", "c.test"] {
            cache.keep(Self.address(60), to: try Self.question(name), now: Self.time(0))
        }
        #expect(cache.forget(try Self.question("b.test")))
        #expect(!cache.forget(try Self.question("b.test")))
        #expect(cache.rows(now: Self.time(0)).map(\.question.name) == ["a.test", "c.test"])
        cache.forgetAll()
        #expect(cache.count == 0)
    }

    // MARK: What operators add

    private static let host = PeerAddress(ipv4: 0xc000_0205, port: 0)

    private func add(
        _ cache: AnswerCache, _ record: Record?, _ seconds: Int, stays: Bool = false,
        at now: Int = 0
    ) throws -> Bool {
        cache.add(
            record, to: try Self.question(), seconds: seconds, isPermanent: stays,
            now: Self.time(now))
    }

    @Test("records of an operator's stand beside those that are there, each once")
    func added() throws {
        let cache = AnswerCache()
        let question = try Self.question()
        cache.keep(Self.address(60), to: question, now: Self.time(0))
        #expect(try add(cache, .address(Self.host), 100, at: 10))
        #expect(try add(cache, .address(Self.host), 100, at: 10))
        let answer = cache.answer(to: question, now: Self.time(109))
        #expect(answer?.records.count == 2 && answer?.outcome == .found)
        #expect(cache.answer(to: question, now: Self.time(110)) == nil)
        // What is over is not mixed with what is new.
        #expect(try add(cache, .address(Self.host), 100, at: 500))
        #expect(cache.answer(to: question, now: Self.time(500))?.records == [.address(Self.host)])
    }

    @Test("that there is no record takes the place of what is there")
    func addedNegative() throws {
        let cache = AnswerCache()
        let question = try Self.question()
        cache.keep(Self.address(60), to: question, now: Self.time(0))
        #expect(try add(cache, nil, 30))
        #expect(cache.answer(to: question, now: Self.time(0))?.outcome == .noName)
        #expect(try add(cache, .address(Self.host), 30))
        #expect(cache.answer(to: question, now: Self.time(0))?.records.count == 1)
    }

    @Test("what is put there to stay outlives its time, other answers and a clearing")
    func permanent() throws {
        let cache = AnswerCache()
        let question = try Self.question()
        #expect(!cache.isPermanent(question))
        #expect(try add(cache, .address(Self.host), 5, stays: true))
        #expect(cache.isPermanent(question))
        cache.keep(Self.address(60), to: question, now: Self.time(100_000))
        #expect(
            cache.answer(to: question, now: Self.time(100_000))?.records == [.address(Self.host)])
        #expect(cache.rows(now: Self.time(100_000)).map(\.secondsLeft) == [5])
        cache.forgetAll(evenPermanent: false)
        #expect(cache.count == 1)
        cache.forgetAll()
        #expect(cache.count == 0)
    }

    @Test("an answer has room for so many records, and a cache that is off for none")
    func addedBounds() throws {
        let cache = AnswerCache()
        for number in 0..<UInt32(Limits.recordsPerAnswerMax) {
            #expect(try add(cache, .address(PeerAddress(ipv4: number, port: 0)), 60))
        }
        #expect(try !add(cache, .address(PeerAddress(ipv4: 1 << 20, port: 0)), 60))
        var settings = AnswerCache.Settings()
        settings.isEnabled = false
        #expect(try !add(AnswerCache(settings), .address(Self.host), 60))
    }

    @Test("a cache that is switched off keeps nothing and forgets what it had")
    func off() throws {
        let cache = AnswerCache()
        let question = try Self.question()
        cache.keep(Self.address(60), to: question, now: Self.time(0))
        var settings = AnswerCache.Settings()
        settings.isEnabled = false
        cache.change(settings)
        #expect(cache.answer(to: question, now: Self.time(0)) == nil)
        cache.keep(Self.address(60), to: question, now: Self.time(0))
        #expect(cache.count == 0)
    }
}
