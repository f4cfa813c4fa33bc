import Basics
import ModuleKit
import Testing

@Suite("Pages of metrics")
struct MetricPageTests {
    @Test("a family has one description, and its samples stand together whoever adds them")
    func families() {
        var page = MetricPage()
        page.gauge("a", "First.", 1, labels: [("x", "1")])
        page.counter("b_total", "Second.", 7)
        page.gauge("a", "First.", 2, labels: [("x", "2")])
        let expected = """
            # HELP a First.
            # TYPE a gauge
            a{x="1"} 1
            a{x="2"} 2
            # HELP b_total Second.
            # TYPE b_total counter
            b_total 7

            """
        #expect(page.text == expected)
        #expect(page.has("a") && page.has("b_total") && !page.has("c"))
    }

    @Test("what would end a line or a value is escaped")
    func escapes() {
        var page = MetricPage()
        page.gauge("a", "Back\\slash,\nnew \"line\".", 1, labels: [("x", "a\"b\\c\nd")])
        let lines = page.text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == #"# HELP a Back\\slash,\nnew "line"."#)
        #expect(lines[2] == #"a{x="a\"b\\c\nd"} 1"#)
    }

    @Test("a histogram counts all that is shorter in each of its ranges")
    func histogram() {
        let durations = LatencyHistogram()
        for duration: UInt64 in [5_000, 20_000, 20_000, 60_000_000_000] {
            durations.note(nanoseconds: duration)
        }
        var page = MetricPage()
        page.histogram("d_seconds", "Durations.", durations, labels: [("m", "x")])
        let lines = page.text.split(separator: "\n")
        #expect(lines.contains(#"d_seconds_bucket{m="x",le="1e-05"} 1"#))
        #expect(lines.contains(#"d_seconds_bucket{m="x",le="2.5e-05"} 3"#))
        #expect(lines.contains(#"d_seconds_bucket{m="x",le="10"} 3"#))
        #expect(lines.contains(#"d_seconds_bucket{m="x",le="+Inf"} 4"#))
        #expect(lines.contains(#"d_seconds_count{m="x"} 4"#))
        #expect(lines.contains { $0.hasPrefix(#"d_seconds_sum{m="x"} 60.00004"#) })
        #expect(lines.filter { $0.hasPrefix("# ") }.count == 2)
    }

    @Test(
        "numbers are written as the format has them",
        arguments: [
            (0, "0"), (3, "3"), (-2, "-2"), (0.25, "0.25"), (1e18, "1e+18"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(MetricPage.text(value) == text)
    }

    @Test("a sample without kind and help has a line and nothing else, with its time")
    func plain() {
        var page = MetricPage()
        page.add("k", nil, nil, text: "3", milliseconds: 1_700_000_000_000)
        #expect(page.text == "k 3 1700000000000\n")
        #expect(page.byteCount == page.text.utf8.count)
    }

    @Test(
        "names are of letters, digits and _, and begin with no digit",
        arguments: [
            ("a", true, true), ("_a1", true, true), ("a:b", true, false), ("1a", false, false),
            ("", false, false), ("a-b", false, false), ("ä", false, false), ("a b", false, false),
        ])
    func names(text: String, isName: Bool, isLabel: Bool) {
        #expect(MetricPage.isName(text) == isName)
        #expect(MetricPage.isLabelName(text) == isLabel)
    }
}
