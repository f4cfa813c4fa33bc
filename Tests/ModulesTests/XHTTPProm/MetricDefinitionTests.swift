import ModuleKit
import Testing

@testable import XHTTPProm

@Suite("Declarations of the script's metrics")
struct MetricDefinitionTests {
    @Test("attributes stand in any order, with blanks and a last semicolon")
    func forms() throws {
        let plain = try MetricDefinition(.counter, "name=calls;")
        #expect(plain.name == "calls" && plain.labels.isEmpty && plain.bounds.isEmpty)
        let full = try MetricDefinition(.histogram, " buckets = 0.1:1:2.5 ; label=a:b_c; name=d ")
        #expect(full.name == "d")
        #expect(full.labels == ["a", "b_c"])
        #expect(full.bounds == [0.1, 1, 2.5])
        #expect(
            try MetricDefinition(.histogram, "name=h").bounds == MetricDefinition.usualBounds)
    }

    @Test(
        "what cannot be is refused with the attribute that is wrong",
        arguments: [
            ("", "name="), ("label=a", "name="), ("name=", "name="), ("name=1a", "name="),
            ("name=a-b", "name="), ("name=a;name=b", "twice"), ("name=a;colour=red", "colour"),
            ("name=a;label", "label"), ("name=a;label=a:b:c:d", "three"),
            ("name=a;label=a:a", "twice"), ("name=a;label=a::b", "no name of a label"),
            ("name=a;label=__x", "no name of a label"), ("name=a;label=1", "no name of a label"),
            ("name=a;buckets=1:2", "no buckets"),
        ])
    func refused(text: String, words: String) {
        let error = #expect(throws: ArgumentError.self) {
            try MetricDefinition(.counter, text)
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(
        "ranges of a histogram rise and are numbers",
        arguments: [
            ("name=h;buckets=1:1", "rise"), ("name=h;buckets=2:1", "rise"),
            ("name=h;buckets=1:x", "no number"), ("name=h;buckets=", "no number"),
            ("name=h;buckets=1:inf", "no number"), ("name=h;label=le", "le"),
            ("name=h;buckets=" + (1...65).map(String.init).joined(separator: ":"), "more than"),
        ])
    func histogram(text: String, words: String) {
        let error = #expect(throws: ArgumentError.self) {
            try MetricDefinition(.histogram, text)
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}
