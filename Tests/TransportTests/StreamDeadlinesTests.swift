import Basics
import Testing

@testable import Transport

@Suite struct StreamDeadlinesTests {
    private var settings: TransportSettings {
        var settings = TransportSettings()
        settings.connectionLifetime = .seconds(120)
        settings.messageReadTimeout = .seconds(20)
        settings.sendTimeout = .seconds(10)
        return settings
    }

    private func at(_ seconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }

    @Test("a connection without a message is idle after its lifetime and not before")
    func idle() {
        var deadlines = StreamDeadlines(now: at(0))
        #expect(deadlines.expiry(at: at(119), settings) == nil)
        #expect(deadlines.expiry(at: at(120), settings) == .idle)
        deadlines.received(at: at(100), completed: true, isWithinMessage: false)
        #expect(deadlines.expiry(at: at(219), settings) == nil)
        #expect(deadlines.expiry(at: at(220), settings) == .idle)
    }

    @Test("bytes that trickle do not stretch the time of a message")
    func trickle() {
        var deadlines = StreamDeadlines(now: at(0))
        for second in 0..<20 {
            deadlines.received(at: at(UInt64(second)), completed: false, isWithinMessage: true)
        }
        #expect(deadlines.expiry(at: at(19), settings) == nil)
        #expect(deadlines.expiry(at: at(20), settings) == .unfinished)
    }

    @Test("a message that follows a complete one has the whole time")
    func following() {
        var deadlines = StreamDeadlines(now: at(0))
        deadlines.received(at: at(0), completed: false, isWithinMessage: true)
        deadlines.received(at: at(15), completed: true, isWithinMessage: true)
        #expect(deadlines.expiry(at: at(34), settings) == nil)
        #expect(deadlines.expiry(at: at(35), settings) == .unfinished)
        deadlines.received(at: at(34), completed: true, isWithinMessage: false)
        #expect(deadlines.expiry(at: at(35), settings) == nil)
    }

    @Test("a peer that leaves answers unread has the send time-out to take some")
    func unread() {
        var deadlines = StreamDeadlines(now: at(0))
        deadlines.wrote(at: at(5), isBlocked: true)
        deadlines.wrote(at: at(9), isBlocked: true)
        #expect(deadlines.expiry(at: at(14), settings) == nil)
        #expect(deadlines.expiry(at: at(15), settings) == .unread)
        deadlines.wrote(at: at(14), isBlocked: false)
        #expect(deadlines.expiry(at: at(15), settings) == nil)
    }

    @Test("while its answers wait, a peer's own message is not waited for")
    func blockedMessage() {
        var deadlines = StreamDeadlines(now: at(0))
        deadlines.received(at: at(0), completed: false, isWithinMessage: true)
        deadlines.wrote(at: at(15), isBlocked: true)
        #expect(deadlines.expiry(at: at(21), settings) == nil)
        #expect(deadlines.expiry(at: at(25), settings) == .unread)
    }

    @Test(
        "durations become nanoseconds without overflow",
        arguments: [
            (Duration.seconds(2), UInt64(2_000_000_000)), (.milliseconds(1), 1_000_000),
            (.zero, 0), (.seconds(-1), 0), (.seconds(Int64.max), .max),
        ])
    func nanoseconds(duration: Duration, expected: UInt64) {
        #expect(duration.nanoseconds == expected)
    }
}

@Suite("how long an idle connection has left")
struct IdleTimeTests {
    @Test(
        "the time since the last traffic is taken off the lifetime, down to nothing",
        arguments: [(0, 120), (1, 119), (119, 1), (120, 0), (500, 0)])
    func left(passed: UInt64, seconds: Int) {
        let start = MonotonicTime(nanoseconds: 5_000_000_000)
        let deadlines = StreamDeadlines(now: start)
        let now = MonotonicTime(nanoseconds: start.nanoseconds + passed * 1_000_000_000)
        #expect(deadlines.secondsIdle(at: now, TransportSettings()) == seconds)
    }
}
