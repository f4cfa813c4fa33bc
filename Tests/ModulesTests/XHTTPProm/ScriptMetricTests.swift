import Basics
import ModuleKit
import Testing

@testable import XHTTPProm

@Suite("Metrics of the script")
struct ScriptMetricTests {
    private func metric(
        _ kind: MetricDefinition.Kind, _ text: String, total: SeriesCount = SeriesCount()
    ) throws -> ScriptMetric {
        ScriptMetric(try MetricDefinition(kind, text), total: total)
    }

    private func text(_ metric: ScriptMetric, _ style: PageStyle = PageStyle(beginning: "k_"))
        -> String
    {
        var page = MetricPage()
        metric.write(to: &page, style)
        return page.text
    }

    @Test("a counter adds for each combination of label values, in their order on the page")
    func counter() throws {
        let metric = try metric(.counter, "name=c;label=m:ip")
        for (values, amount) in [(["b", "2"], 3), (["a", "1"], 1), (["b", "2"], 4)] {
            let isDone = metric.apply(.add(amount), to: values, at: 0)
            #expect(isDone)
        }
        #expect(text(metric) == "k_c{m=\"a\",ip=\"1\"} 1\nk_c{m=\"b\",ip=\"2\"} 7\n")
    }

    @Test("a gauge is set, moved and set back")
    func gauge() throws {
        let metric = try metric(.gauge, "name=g")
        for (change, value) in [
            (ScriptMetric.Change.set(-12.5), "-12.5"), (.move(2.25), "-10.25"), (.reset, "0"),
            (.move(1), "1"),
        ] {
            let isDone = metric.apply(change, to: [], at: 0)
            #expect(isDone && text(metric) == "k_g \(value)\n")
        }
    }

    @Test("a histogram has its ranges, a sum and a count")
    func histogram() throws {
        let metric = try metric(.histogram, "name=h;label=m;buckets=1:2.5")
        for value in [0.5, 2.5, 2.6] {
            let isDone = metric.apply(.observe(value), to: ["q"], at: 0)
            #expect(isDone)
        }
        let expected = """
            k_h_bucket{m="q",le="1"} 1
            k_h_bucket{m="q",le="2.5"} 2
            k_h_bucket{m="q",le="+Inf"} 3
            k_h_sum{m="q"} 5.6
            k_h_count{m="q"} 3

            """
        #expect(text(metric) == expected)
    }

    @Test("changes of another kind, negative amounts and another number of labels are refused")
    func refused() throws {
        let counter = try metric(.counter, "name=c;label=m")
        for change in [
            ScriptMetric.Change.add(-1), .set(1), .move(1), .observe(1),
        ] {
            let isDone = counter.apply(change, to: ["x"], at: 0)
            #expect(!isDone)
        }
        for values in [[], ["a", "b"]] {
            let isDone = counter.apply(.add(1), to: values, at: 0)
            #expect(!isDone)
        }
        let histogram = try metric(.histogram, "name=h")
        for change in [ScriptMetric.Change.reset, .observe(.nan), .add(1)] {
            let isDone = histogram.apply(change, to: [], at: 0)
            #expect(!isDone)
        }
        #expect(text(counter).isEmpty && text(histogram).isEmpty)
    }

    @Test("combinations are bounded for all metrics together; those that are there go on")
    func bounded() throws {
        let total = SeriesCount(limit: 3)
        let one = try metric(.counter, "name=a;label=x", total: total)
        let two = try metric(.counter, "name=b;label=x", total: total)
        let outcomes = [
            one.apply(.add(1), to: ["1"], at: 0), one.apply(.add(1), to: ["2"], at: 0),
            two.apply(.add(1), to: ["1"], at: 0), two.apply(.add(1), to: ["2"], at: 0),
            one.apply(.add(1), to: ["1"], at: 0),
        ]
        #expect(outcomes == [true, true, true, false, true])
        #expect(total.value == 3 && total.refused.value == 1)
    }

    @Test("what is not used for a while is forgotten and makes room")
    func idle() throws {
        let total = SeriesCount(limit: 2)
        let metric = try metric(.counter, "name=a;label=x", total: total)
        let first = metric.apply(.add(1), to: ["old"], at: 100)
        let second = metric.apply(.add(1), to: ["new"], at: 200)
        #expect(first && second)
        metric.forget(before: 150)
        #expect(text(metric) == "k_a{x=\"new\"} 1\n")
        #expect(total.value == 1)
        let third = metric.apply(.add(1), to: ["next"], at: 201)
        #expect(third)
    }

    @Test("a counter that has reached its end begins anew")
    func overflow() throws {
        let metric = try metric(.counter, "name=a")
        let first = metric.apply(.add(Int.max), to: [], at: 0)
        let second = metric.apply(.add(1), to: [], at: 0)
        #expect(first && second && text(metric) == "k_a 0\n")
    }

    @Test("label values of strangers are escaped")
    func escaped() throws {
        let metric = try metric(.counter, "name=a;label=ua")
        let isDone = metric.apply(.add(1), to: ["x\"} 1\nforged 2"], at: 0)
        #expect(isDone && text(metric) == "k_a{ua=\"x\\\"} 1\\nforged 2\"} 1\n")
    }

    @Test("tags, comments and the time stand where they belong")
    func style() throws {
        var style = PageStyle(beginning: "k_", hasHelp: true, hasType: true, milliseconds: 5)
        style.tags = try PageStyle.tags("site=\"ber lin\", rack=7,m=\"lost\"")
        let metric = try metric(.counter, "name=a;label=m")
        let isDone = metric.apply(.add(1), to: ["x"], at: 0)
        let expected = """
            # HELP k_a A counter of the script.
            # TYPE k_a counter
            k_a{m="x",site="ber lin",rack="7"} 1 5

            """
        #expect(isDone && text(metric, style) == expected)
    }

    @Test(
        "tags that are none are refused",
        arguments: ["a", "1=x", "a=\"x\"y\"", "a=1,a=2", "le=\"1\""])
    func tags(text: String) {
        #expect(throws: ArgumentError.self) { try PageStyle.tags(text) }
    }

    @Test("a page that has no room gets no further numbers, and no half histogram")
    func room() throws {
        let metric = try metric(.histogram, "name=h;label=x;buckets=1")
        for value in ["a", "b", "c"] {
            let isDone = metric.apply(.observe(1), to: [value], at: 0)
            #expect(isDone)
        }
        let page = text(metric, PageStyle(beginning: "k_", byteCountMax: 60))
        #expect(page.contains("k_h_count{x=\"a\"} 1\n") && !page.contains("x=\"b\""))
    }
}
