import Testing

@testable import LoadGenerator

@Suite("Report of a load")
struct LoadReportTests {
    private func tally() -> LoadTally {
        var tally = LoadTally()
        tally.sent = 1_000
        tally.retransmitted = 3
        for number in 1...990 { tally.settle(status: 200, nanoseconds: UInt64(number) * 1_000) }
        for _ in 0..<4 { tally.settle(status: 403, nanoseconds: 2_000_000) }
        tally.settle(status: 503, nanoseconds: 5_000_000)
        tally.timedOut = 5
        return tally
    }

    private func report() -> LoadReport {
        LoadReport(tally(), requests: 1_002, seconds: 0.5, bytesEach: 480)
    }

    @Test("replies are counted by their class")
    func classes() {
        let report = report()
        #expect(report.succeeded == 990)
        #expect(report.refused == [0, 4, 1, 0])
        #expect(tally().answered == 995)
        #expect(tally().settled == 1_000)
    }

    @Test("whatever did not end in 2xx is a failure, also what was never sent")
    func failures() { #expect(report().failures == 12) }

    @Test("the rate counts final replies")
    func rate() {
        #expect(report().rate == 1_990)
        let empty = LoadReport(LoadTally(), requests: 1, seconds: 0, bytesEach: 1)
        #expect(empty.rate == 0)
    }

    @Test("percentiles are right to three digits")
    func percentiles() {
        let latency = report().latency
        #expect(abs(latency.p50 - 498) < 2)
        #expect(abs(latency.p90 - 896) < 3)
        #expect(abs(latency.p99 - 986) < 3)
        #expect(abs(latency.max - 5_000) < 10)
        #expect(latency.p50 <= latency.p90 && latency.p90 <= latency.p99)
        #expect(latency.p99 <= latency.p999 && latency.p999 <= latency.max)
    }

    @Test("without a reply every percentile is 0")
    func empty() {
        #expect(LoadTally().microseconds(percent: 99) == 0)
    }

    @Test("a latency beyond the histogram's range does not stop the program")
    func endless() {
        var tally = LoadTally()
        tally.settle(status: 200, nanoseconds: .max)
        tally.settle(status: 200, nanoseconds: 0)
        #expect(tally.answered == 2)
    }

    @Test("the text names what went wrong and leaves out what did not")
    func text() {
        let text = report().text
        #expect(text.contains("2xx 990, 4xx 4, 5xx 1, timed out 5"))
        #expect(!text.contains("3xx"))
        #expect(!text.contains("disconnected"))
        #expect(text.contains("failures    12"))
        #expect(text.contains("1002 of 480 bytes, sent 1000, retransmitted 3"))
        #expect(text.contains("0.500 s, 1990 a second"))
    }

    @Test("the JSON is one line with every number")
    func json() {
        let json = report().json
        #expect(json.hasPrefix("{\"requests\":1002,\"sent\":1000,") && json.hasSuffix("}"))
        #expect(!json.contains("\n"))
        for part in [
            "\"succeeded\":990", "\"client_errors\":4", "\"server_errors\":1", "\"failures\":12",
            "\"timed_out\":5", "\"seconds\":0.500000", "\"rate\":1990.0", "\"p99_9_us\":",
        ] {
            #expect(json.contains(part), "\(part)")
        }
    }

    @Test(
        "numbers are rounded to fixed places",
        arguments: [
            (0, 1, "0.0"), (1.25, 1, "1.3"), (0.05, 3, "0.050"), (2.9996, 3, "3.000"),
            (-1.5, 1, "-1.5"), (12_345.678, 2, "12345.68"),
        ] as [(Double, Int, String)])
    func rounding(_ value: Double, _ places: Int, _ text: String) {
        #expect(LoadReport.rounded(value, places) == text)
    }

    @Test("the progress line tells how far it is")
    func progress() {
        let progress = LoadProgress(
            seconds: 3.7, settled: 250, requests: 1_000, rate: 83.4, retransmitted: 2, failures: 1)
        #expect(progress.line == "25 %  250 of 1000  83/s  again 2  failed 1  3 s")
    }
}
