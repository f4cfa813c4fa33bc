public import Basics

/// What a monitor reads: families of metrics in the text format of Prometheus (version 0.0.4).
///
/// All samples of a family stand together, whoever adds them: that is what the format asks for, and
/// what lets two modules have one family with a label between them.
public struct MetricPage {
    /// What kind of number a family holds.
    public enum Kind: String, Sendable {
        /// It only rises, or begins at zero again.
        case counter
        /// It rises and falls.
        case gauge
        /// Counts of ranges, with sum and count.
        case histogram
    }

    /// A name and its value, beside the name of the family.
    public typealias Label = (name: String, value: String)

    /// One family with its lines so far.
    private struct Family {
        let name: String
        let kind: Kind?
        let help: String?
        var lines = ""
    }

    private var families: [Family] = []
    private var places: [String: Int] = [:]

    /// An empty page.
    public init() {}

    /// Whether there is a family of a name.
    public func has(_ name: String) -> Bool { places[name] != nil }

    /// Bytes of the samples so far.
    public private(set) var byteCount = 0

    // MARK: Samples

    /// Adds a sample of a family, which the first one describes.
    ///
    /// `value` is the number as text. `suffix` goes behind the family's name, for the parts of a
    /// histogram. `milliseconds` is a time since 1970; without it the monitor takes its own.
    public mutating func add(
        _ name: String, _ kind: Kind?, _ help: String?, text value: String, labels: [Label] = [],
        suffix: String = "", milliseconds: Int? = nil
    ) {
        assert(Self.isName(name), "\(name) is no name of a metric")
        var line = name + suffix
        if !labels.isEmpty {
            let parts = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            line += "{\(parts.joined(separator: ","))}"
        }
        line += " \(value)"
        if let milliseconds { line += " \(milliseconds)" }
        line += "\n"
        byteCount += line.utf8.count
        let place = places[name] ?? open(Family(name: name, kind: kind, help: help))
        families[place].lines += line
    }

    private mutating func open(_ family: Family) -> Int {
        places[family.name] = families.count
        families.append(family)
        return families.count - 1
    }

    /// Adds a number that only rises.
    public mutating func counter(
        _ name: String, _ help: String, _ value: Int, labels: [Label] = []
    ) {
        add(name, .counter, help, text: String(value), labels: labels)
    }

    /// Adds a number that rises and falls.
    public mutating func gauge(
        _ name: String, _ help: String, _ value: Int, labels: [Label] = []
    ) {
        add(name, .gauge, help, text: String(value), labels: labels)
    }

    /// Adds a number that rises and falls and is no integer: seconds, for instance.
    public mutating func gauge(
        _ name: String, _ help: String, _ value: Double, labels: [Label] = []
    ) {
        add(name, .gauge, help, text: Self.text(value), labels: labels)
    }

    /// Adds durations, in seconds, with counts that include all shorter ones.
    public mutating func histogram(
        _ name: String, _ help: String, _ histogram: LatencyHistogram, labels: [Label] = []
    ) {
        let reading = histogram.reading
        var sum = 0
        for (place, count) in reading.counts.enumerated() {
            sum += count
            let bounds = LatencyHistogram.boundTexts
            let bound = place < bounds.count ? bounds[place] : "+Inf"
            add(
                name, .histogram, help, text: String(sum), labels: labels + [("le", bound)],
                suffix: "_bucket")
        }
        let seconds = Double(reading.nanoseconds) / 1e9
        add(name, .histogram, help, text: Self.text(seconds), labels: labels, suffix: "_sum")
        add(name, .histogram, help, text: String(sum), labels: labels, suffix: "_count")
    }

    // MARK: Text

    /// The whole page.
    public var text: String {
        families.map { family in
            var text = ""
            if let help = family.help {
                text += "# HELP \(family.name) \(Self.escaped(help, quotes: false))\n"
            }
            if let kind = family.kind { text += "# TYPE \(family.name) \(kind.rawValue)\n" }
            return text + family.lines
        }.joined()
    }

    /// A number as the format has it.
    public static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers without a point, for those who read the page themselves.
        guard value == value.rounded(), abs(value) < 1e15 else { return "\(value)" }
        return String(Int(value))
    }

    /// A text between quotes, or behind HELP: what would end it is escaped.
    static func escaped(_ text: String, quotes: Bool = true) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else {
            return text
        }
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Whether a text can be the name of a metric.
    public static func isName(_ text: String) -> Bool {
        isLabelName(text.replacing(":", with: "_"))
    }

    /// Whether a text can be the name of a label.
    public static func isLabelName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { byte in
            isDigit(byte) || byte == UInt8(ascii: "_")
                || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
