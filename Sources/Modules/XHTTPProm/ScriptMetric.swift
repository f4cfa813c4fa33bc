internal import Basics
internal import ModuleKit
internal import Synchronization

/// One metric of the script with a number for each combination of label values.
///
/// Whoever uses it holds its lock for a look-up and an addition. A combination that is not used for
/// a while is forgotten, so that labels with values of strangers fill no memory for ever; beside
/// that their number is bounded for all metrics together.
final class ScriptMetric: Sendable {
    /// The values of the labels, in the order of the declaration.
    typealias Values = [String]

    /// The numbers of one combination.
    private struct Series {
        /// A counter's number, or how many values a histogram has seen.
        var count = 0
        /// A gauge's number, or the sum of a histogram's values.
        var value = 0.0
        /// How many values fell into each range, the last one without bound.
        var ranges: [Int] = []
        /// The second at which it was last used.
        var usedAt: Int
    }

    /// What is done to a number.
    enum Change: Sendable, Equatable {
        /// Adds to a counter; the amount is not negative.
        case add(Int)
        /// Sets a gauge.
        case set(Double)
        /// Adds to a gauge.
        case move(Double)
        /// Puts a value into a histogram.
        case observe(Double)
        /// Begins at zero again.
        case reset
    }

    /// Its declaration.
    let definition: MetricDefinition
    /// How many combinations there are, of all metrics.
    private let total: SeriesCount
    private let series = Guarded<[Values: Series]>([:])

    /// A metric without numbers: a combination comes into being when it is first used.
    init(_ definition: MetricDefinition, total: SeriesCount) {
        self.definition = definition
        self.total = total
    }

    /// Whether a change is one of its kind.
    func takes(_ change: Change) -> Bool {
        switch (change, definition.kind) {
        case (.add(let amount), .counter): amount >= 0
        case (.set(let value), .gauge), (.move(let value), .gauge): !value.isNaN
        case (.observe(let value), .histogram): !value.isNaN
        case (.reset, .counter), (.reset, .gauge): true
        default: false
        }
    }

    /// Changes the number of a combination; false when it cannot be: another kind, another number
    /// of labels, no room for a further combination.
    func apply(_ change: Change, to values: Values, at now: Int) -> Bool {
        guard takes(change), values.count == definition.labels.count else { return false }
        return series.withLock { series in
            if series[values] == nil {
                guard total.take() else { return false }
                series[values] = Series(
                    ranges: Array(repeating: 0, count: definition.bounds.count + 1), usedAt: now)
            }
            guard var known = series.removeValue(forKey: values) else { return false }
            known.usedAt = now
            change.carryOut(&known.count, &known.value, &known.ranges, definition.bounds)
            series[values] = known
            return true
        }
    }

    /// Forgets the combinations that were last used before a second.
    func forget(before second: Int) {
        series.withLock { series in
            let count = series.count
            series = series.filter { $0.value.usedAt >= second }
            total.give(count - series.count)
        }
    }

    // MARK: Page

    /// Adds its samples to a page, in the order of the label values.
    func write(to page: inout MetricPage, _ style: PageStyle) {
        let known = series.withLock { $0 }
        for (values, one) in known.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            // A histogram is written whole or not at all.
            guard style.hasRoom(page) else { return }
            let labels = zip(definition.labels, values).map { (name: $0, value: $1) }
            switch definition.kind {
            case .counter: add(String(one.count), labels, to: &page, style)
            case .gauge: add(MetricPage.text(one.value), labels, to: &page, style)
            case .histogram: write(one, labels, to: &page, style)
            }
        }
    }

    private func write(
        _ one: Series, _ labels: [MetricPage.Label], to page: inout MetricPage,
        _ style: PageStyle
    ) {
        var sum = 0
        for (place, count) in one.ranges.enumerated() {
            sum += count
            let bounds = definition.bounds
            let bound = place < bounds.count ? MetricPage.text(bounds[place]) : "+Inf"
            add(String(sum), labels + [("le", bound)], suffix: "_bucket", to: &page, style)
        }
        add(MetricPage.text(one.value), labels, suffix: "_sum", to: &page, style)
        add(String(one.count), labels, suffix: "_count", to: &page, style)
    }

    private func add(
        _ text: String, _ labels: [MetricPage.Label], suffix: String = "",
        to page: inout MetricPage, _ style: PageStyle
    ) {
        style.add(
            definition.name, definition.kind.page, "A \(definition.kind.rawValue) of the script.",
            text, labels, suffix: suffix, to: &page)
    }
}

extension ScriptMetric.Change {
    /// Carries it out on the numbers of one combination.
    fileprivate func carryOut(
        _ count: inout Int, _ value: inout Double, _ ranges: inout [Int], _ bounds: [Double]
    ) {
        switch self {
        // A counter that has reached the end begins anew rather than taking the server with it.
        case .add(let amount):
            let (sum, isOver) = count.addingReportingOverflow(amount)
            count = isOver ? 0 : sum
        case .set(let number): value = number
        case .move(let number): value += number
        case .observe(let number):
            ranges[bounds.firstIndex { number <= $0 } ?? bounds.count] += 1
            count += 1
            value += number
        case .reset:
            count = 0
            value = 0
        }
    }
}

/// How many combinations of label values there are, of all metrics, and how many were refused.
final class SeriesCount: Sendable {
    private let limit: Int
    private let number = Atomic<Int>(0)
    /// Combinations that there was no room for.
    let refused = Counter()

    /// None so far, and room for `limit`.
    init(limit: Int = Limits.metricSeriesMax) { self.limit = limit }

    /// How many there are.
    var value: Int { number.load(ordering: .relaxed) }

    /// Takes room for one; false when there is none.
    func take() -> Bool {
        if number.add(1, ordering: .relaxed).newValue <= limit { return true }
        number.subtract(1, ordering: .relaxed)
        refused.add()
        return false
    }

    /// Gives room back.
    func give(_ count: Int) { number.subtract(count, ordering: .relaxed) }
}
