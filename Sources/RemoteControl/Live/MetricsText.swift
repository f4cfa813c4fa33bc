/// What `roostctl top` needs of a page of metrics in Prometheus' text format: single values, and
/// the histograms of how long requests of a method take.
///
/// Names of histograms are not known here: the one whose name ends in `_seconds` and whose series
/// have the label `method` is taken.
struct MetricsText: Equatable {
    /// Values of series without labels, by name.
    private(set) var values: [String: Double] = [:]
    /// For each method the buckets: upper bound in seconds, and how many requests took no longer.
    private(set) var latencies: [String: [Double: Double]] = [:]

    /// Reads a page; lines that are no series are passed over.
    init(_ page: String) {
        for line in page.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: blank)...])
            else { continue }
            let series = line[..<blank]
            guard let brace = series.firstIndex(of: "{") else {
                values[String(series)] = value
                continue
            }
            guard series[..<brace].hasSuffix("_seconds_bucket") else { continue }
            let labels = Self.labels(series[brace...])
            guard let method = labels["method"], let bound = labels["le"] else { continue }
            let limit = bound == "+Inf" ? Double.infinity : Double(bound) ?? -1
            guard limit >= 0 else { continue }
            latencies[method.uppercased(), default: [:]][limit, default: 0] += value
        }
    }

    /// The labels within braces; quotes protect commas, backslashes quotes.
    private static func labels(_ text: Substring) -> [String: String] {
        var labels: [String: String] = [:]
        var name = ""
        var value: String?
        var isEscaped = false
        for character in text.dropFirst() {
            if value != nil {
                if isEscaped || character != "\\" && character != "\"" {
                    value?.append(character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else {
                    labels[name] = value
                    value = nil
                    name = ""
                }
            } else if character == "\"" {
                value = ""
            } else if character.isLetter || character == "_" || character.isNumber {
                name.append(character)
            }
        }
        return labels
    }

    /// Seconds that a part of the requests of a method since another page took at most; nil when
    /// there were none.
    ///
    /// Within a bucket the time is taken to grow evenly, as Prometheus does.
    func quantile(_ part: Double, of method: String, since before: MetricsText?) -> Double? {
        guard let now = latencies[method] else { return nil }
        let old = before?.latencies[method] ?? [:]
        let bounds = now.keys.sorted()
        let counts = bounds.map { (now[$0] ?? 0) - (old[$0] ?? 0) }
        guard let total = counts.last, total > 0 else { return nil }
        let wanted = total * part
        guard let place = counts.firstIndex(where: { $0 >= wanted }) else { return nil }
        let low = place > 0 ? bounds[place - 1] : 0
        guard bounds[place].isFinite else { return low }
        let under = place > 0 ? counts[place - 1] : 0
        guard counts[place] > under else { return bounds[place] }
        return low + (bounds[place] - low) * (wanted - under) / (counts[place] - under)
    }
}
