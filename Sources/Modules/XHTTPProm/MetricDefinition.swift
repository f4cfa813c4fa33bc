internal import Basics
internal import ModuleKit

/// What `prom_counter`, `prom_gauge` and `prom_histogram` declare:
/// `name=calls; label=method:source; buckets=0.1:1:10`.
struct MetricDefinition: Sendable, Equatable {
    /// What kind of number it is.
    enum Kind: String, Sendable {
        /// It only rises.
        case counter
        /// It rises and falls.
        case gauge
        /// Counts of ranges.
        case histogram

        /// The same for the page.
        var page: MetricPage.Kind {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        }
    }

    /// Bounds where a histogram declares none, those of Kamailio.
    static let usualBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// What kind of number it is.
    let kind: Kind
    /// Its name, without what all names begin with.
    let name: String
    /// Names of its labels, at most three.
    private(set) var labels: [String] = []
    /// Upper bounds of a histogram's ranges, rising; empty for other kinds.
    private(set) var bounds: [Double] = []

    /// A declaration; errors name the attribute that is wrong.
    init(_ kind: Kind, _ text: String) throws(ArgumentError) {
        self.kind = kind
        var attributes: [String: String] = [:]
        for part in text.split(separator: ";") where !Self.trimmed(part).isEmpty {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = Self.trimmed(sides[0])
            guard sides.count == 2, ["name", "label", "buckets"].contains(key) else {
                throw ArgumentError(
                    "\"\(Self.trimmed(part))\" is no attribute: name=, label= and buckets= are")
            }
            guard attributes[key] == nil else { throw ArgumentError("\(key)= stands there twice") }
            attributes[key] = Self.trimmed(sides[1])
        }
        guard let name = attributes["name"], MetricPage.isName(name),
            name.utf8.count <= Limits.metricNameBytesMax
        else {
            throw ArgumentError("name= is missing, or is no name of letters, digits and _")
        }
        self.name = name
        labels = try Self.labels(attributes["label"], kind)
        if kind == .histogram {
            bounds = try Self.bounds(attributes["buckets"])
        } else if attributes["buckets"] != nil {
            throw ArgumentError("a \(kind.rawValue) has no buckets=")
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    private static func labels(
        _ text: String?, _ kind: Kind
    ) throws(ArgumentError) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        let labels = text.split(separator: ":", omittingEmptySubsequences: false)
            .map { trimmed($0) }
        guard labels.count <= 3 else { throw ArgumentError("label= has more than three names") }
        for label in labels {
            guard MetricPage.isLabelName(label), label.utf8.count <= Limits.metricNameBytesMax,
                !label.hasPrefix("__")
            else { throw ArgumentError("\"\(label)\" is no name of a label") }
            guard kind != .histogram || label != "le" else {
                throw ArgumentError("the label le is that of the ranges")
            }
        }
        guard Set(labels).count == labels.count else {
            throw ArgumentError("label= has a name twice")
        }
        return labels
    }

    private static func bounds(_ text: String?) throws(ArgumentError) -> [Double] {
        guard let text else { return usualBounds }
        var bounds: [Double] = []
        for word in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard let bound = Double(trimmed(word)), bound.isFinite else {
                throw ArgumentError("buckets= has \"\(trimmed(word))\", which is no number")
            }
            guard bound > bounds.last ?? -.infinity else {
                throw ArgumentError("buckets= have to rise")
            }
            bounds.append(bound)
        }
        guard bounds.count <= Limits.metricBucketsMax else {
            throw ArgumentError("buckets= has more than \(Limits.metricBucketsMax) numbers")
        }
        return bounds
    }
}
