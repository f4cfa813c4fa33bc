import Testing

@testable import LoadGenerator

@Suite("Report of a presence load")
struct PresenceReportTests {
    /// A report in which every number is another one.
    private func report(_ change: (inout PresenceTally) -> Void = { _ in }) -> PresenceReport {
        var tally = PresenceTally()
        tally.requests.sent = 100
        tally.requests.retransmitted = 2
        for _ in 0..<95 { tally.requests.settle(status: 200, nanoseconds: 5_000) }
        tally.completed = 90
        tally.incomplete = 5
        tally.notifies = 800
        for _ in 0..<800 { tally.notified(nanoseconds: 7_000) }
        change(&tally)
        let outcome = PresenceRun.Outcome(
            tally: tally, completed: 80, notifies: 700, nanoseconds: 2_000_000_000)
        return PresenceReport(.publish, outcome, asideFailures: 3, generatorSeconds: 0.25)
    }

    @Test("rates are of the time that was measured, not of what came after")
    func rates() {
        let report = report()
        #expect(report.rate == 40 && report.notifyRate == 350 && report.seconds == 2)
        #expect(report.failures == 10)
        #expect((4.9...5.1).contains(report.replyLatency.p50))
        #expect((6.9...7.1).contains(report.notifyLatency.max))
    }

    @Test("a load that took no time has no rate")
    func empty() {
        let outcome = PresenceRun.Outcome(tally: PresenceTally())
        let report = PresenceReport(
            .initial, outcome, asideFailures: 0, generatorSeconds: 0)
        #expect(report.rate == 0 && report.notifyRate == 0 && report.notifyLatency.p99 == 0)
    }

    @Test("faults are what must not be; what is only curious is none of them")
    func faults() {
        let faulty = report {
            $0.lost = 1
            $0.duplicated = 2
            $0.outOfOrder = 4
            $0.wrongBodies = 8
            $0.malformed = 16
            $0.unknown = 32
            $0.repeated = 64
            $0.late = 128
            $0.skipped = 256
        }
        #expect(faulty.faults == 63)
        for word in [
            "lost 1,", "duplicated 2,", "out of order 4,", "wrong bodies 8,", "malformed 16,",
            "unknown 32,", "repeated 64,", "late 128,", "skipped 256",
        ] {
            #expect(faulty.text.contains(word), "\(word)")
        }
    }

    @Test("the text shows what is not 0")
    func text() {
        let text = report().text
        #expect(text.contains("publish: 90 of 100 complete, retransmitted 2"))
        #expect(text.contains("2xx 95, incomplete 5\n"))
        #expect(text.contains("notifies    800\n"))
        #expect(text.contains("failures    10, before and after 3"))
        #expect(text.contains("40 operations and 350 NOTIFY a second"))
        #expect(!text.contains("lost"))
    }

    @Test("JSON is one object on one line, with every number once")
    func json() {
        let json = report().json
        #expect(json.hasPrefix("{\"scenario\":\"publish\",\"operations\":100,"))
        #expect(json.hasSuffix("}") && !json.contains("\n"))
        for member in [
            "\"completed\":90", "\"rate\":40.0", "\"notify_rate\":350.0", "\"seconds\":2.000000",
            "\"aside_failures\":3", "\"generator_seconds\":0.250", "\"reply_p50_us\":",
            "\"notify_p99_us\":", "\"notify_p99_9_us\":", "\"wrong_bodies\":0",
        ] {
            #expect(json.contains(member), "\(member)")
        }
        let names = json.split(separator: ",").map { $0.split(separator: ":")[0] }
        #expect(Set(names).count == names.count)
    }
}
