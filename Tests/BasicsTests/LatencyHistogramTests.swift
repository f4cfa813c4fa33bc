import Basics
import Testing

@Suite("Histograms of durations")
struct LatencyHistogramTests {
    @Test(
        "a duration falls into the range whose bound it does not exceed",
        arguments: [
            (0, 0), (1, 0), (10_000, 0), (10_001, 1), (25_000, 1), (999_999, 6), (1_000_000, 6),
            (1_000_001, 7), (10_000_000_000, 18), (10_000_000_001, 19), (UInt64.max, 19),
        ] as [(UInt64, Int)])
    func ranges(nanoseconds: UInt64, range: Int) {
        let histogram = LatencyHistogram()
        histogram.note(nanoseconds: nanoseconds)
        let counts = histogram.reading.counts
        #expect(counts.firstIndex(of: 1) == range)
        #expect(histogram.reading.count == 1)
    }

    @Test("the bounds rise, and their texts are the same in seconds")
    func bounds() {
        #expect(LatencyHistogram.bounds == LatencyHistogram.bounds.sorted())
        #expect(Set(LatencyHistogram.bounds).count == LatencyHistogram.bounds.count)
        let seconds = LatencyHistogram.boundTexts.map { Double($0) ?? 0 }
        for (bound, text) in zip(LatencyHistogram.bounds, seconds) {
            #expect(abs(Double(bound) / 1e9 - text) < 1e-12)
        }
    }

    @Test("the sum is that of all durations, on whichever thread they were noted")
    func sum() async {
        let histogram = LatencyHistogram()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<100 { histogram.note(nanoseconds: 20_000) }
                }
            }
        }
        #expect(histogram.reading.count == 1_600)
        #expect(histogram.reading.counts[1] == 1_600)
        #expect(histogram.reading.nanoseconds == 1_600 * 20_000)
    }

    @Test("one that nobody noted anything in is all zero")
    func empty() {
        let reading = LatencyHistogram().reading
        #expect(reading.count == 0 && reading.nanoseconds == 0)
        #expect(reading.counts.count == LatencyHistogram.bounds.count + 1)
    }
}
