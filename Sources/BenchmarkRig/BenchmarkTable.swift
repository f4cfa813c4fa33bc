internal import Basics
internal import JSONValue

/// The table of a run: figures with ratios and verdicts, as text, Markdown and JSON.
public struct BenchmarkTable: Sendable, Equatable {
    /// How a ratio stands against what was asked for.
    public enum Verdict: String, Sendable {
        /// What is aimed for is reached.
        case aim
        /// What must be reached is reached.
        case must
        /// It is not reached.
        case missed
        /// One of the two numbers is absent.
        case open = "-"
    }

    /// One row.
    public struct Row: Sendable, Equatable {
        /// What was measured.
        public var figure: Figure
        /// Stock Kamailio's numbers.
        public var kamailio: Series
        /// Our numbers.
        public var roost: Series
        /// Our own reference or the echo.
        public var reference: Series

        /// Our median divided by Kamailio's, or by the reference where that is what counts.
        public var ratio: Double? {
            guard let ours = roost.median, let other = kamailio.median ?? reference.median,
                other != 0
            else { return nil }
            return ours / other
        }

        /// How the ratio stands.
        public var verdict: Verdict {
            guard let ratio else { return .open }
            switch figure.bound {
            case .atMost(let must, let aim):
                if ratio <= aim { return .aim }
                guard let must else { return .open }
                return ratio <= must ? .must : .missed
            case .atLeast(let must, let aim):
                return ratio >= aim ? .aim : (ratio >= must ? .must : .missed)
            }
        }
    }

    /// The rows in the order of `Figure`.
    public var rows: [Row]
    /// What was measured where and how: lines above the table.
    public var heading: [String]
    /// Remarks below the table.
    public var notes: [String]

    /// The table of `measurements`, of those of `figures` that have a number.
    public init(_ measurements: Measurements, figures: [Figure], heading: [String]) {
        self.heading = heading
        notes = measurements.notes
        rows = figures.map { figure in
            Row(
                figure: figure, kamailio: measurements[figure, .kamailio],
                roost: measurements[figure, .roost], reference: measurements[figure, .reference])
        }
        rows.removeAll { row in
            row.kamailio.values.isEmpty && row.roost.values.isEmpty && row.reference.values.isEmpty
        }
    }

    /// Whether no row misses what it must reach.
    public var isReached: Bool { !rows.contains { $0.verdict == .missed } }

    /// The heads of the columns.
    private static let titles = [
        "figure", "unit", "Kamailio", "Roost", "reference", "ratio", "must", "aim", "verdict",
    ]

    /// The table for a terminal, columns aligned.
    public var text: String {
        let cells = [Self.titles] + rows.map(Self.cells)
        let widths = Self.titles.indices.map { column in
            cells.map { $0[column].count }.max() ?? 0
        }
        let lines = cells.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                .joined(separator: "  ")
        }
        return (heading + [""] + lines + [""] + notes).joined(separator: "\n")
    }

    /// The table as Markdown.
    public var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let rule = line(Self.titles.map { _ in "---" })
        let body = rows.map { line(Self.cells($0)) }
        // The lines of a log within a remark stay within its item.
        let remarks = notes.map { "* " + $0.replacing("\n", with: "\n  ") }
        return (heading + ["", line(Self.titles), rule] + body + [""] + remarks)
            .joined(separator: "\n") + "\n"
    }

    /// Writes the table to a file as Markdown.
    public func writeMarkdown(to path: String) throws(RigError) {
        try TextFile.write(markdown, to: path)
    }

    /// The table as the text of a JSON document.
    public var jsonText: String {
        var writer = JSONWriter(isPretty: true)
        writer.value(json)
        return writer.bytes.text
    }

    /// The table as a JSON document; numbers that are absent are null.
    var json: JSONValue {
        .object([
            .init("heading", .array(heading.map { .string($0) })),
            .init("rows", .array(rows.map(Self.json))),
            .init("notes", .array(notes.map { .string($0) })),
            .init("reached", .bool(isReached)),
        ])
    }

    /// A row as a JSON object.
    private static func json(_ row: Row) -> JSONValue {
        func series(_ series: Series) -> JSONValue {
            .object([
                .init("median", series.median.map { .double($0) } ?? .null),
                .init("spread", .double(series.spread)),
                .init("values", .array(series.values.map { .double($0) })),
            ])
        }
        return .object([
            .init("figure", .string(row.figure.rawValue)), .init("unit", .string(row.figure.unit)),
            .init("kamailio", series(row.kamailio)), .init("roost", series(row.roost)),
            .init("reference", series(row.reference)),
            .init("ratio", row.ratio.map { .double($0) } ?? .null),
            .init("verdict", .string(row.verdict.rawValue)),
        ])
    }

    /// The texts of a row's cells.
    private static func cells(_ row: Row) -> [String] {
        let bounds: (String, String) =
            switch row.figure.bound {
            case .atMost(let must, let aim): (must.map(number) ?? "-", number(aim))
            case .atLeast(let must, let aim): (">= " + number(must), ">= " + number(aim))
            }
        return [
            row.figure.title, row.figure.unit, cell(row.kamailio), cell(row.roost),
            cell(row.reference), row.ratio.map(number) ?? "-", bounds.0, bounds.1,
            row.verdict.rawValue,
        ]
    }

    /// Median and, of several values, their spread in percent of it.
    private static func cell(_ series: Series) -> String {
        guard let median = series.median else { return "-" }
        guard series.values.count > 1 else { return number(median) }
        // Values around zero have a median near it, and then a spread beyond any percentage.
        let percent = (series.spread * 50).rounded()
        return "\(number(median)) ±\(percent < 1e6 ? "\(Int(percent))" : "-") %"
    }

    /// Three significant digits or, of large numbers, all digits before the point.
    static func number(_ value: Double) -> String {
        // A number of more digits than these is no measurement, and no Int either.
        guard value.magnitude < 1e15 else { return "-" }
        var scale = 1
        while value != 0, scale < 1_000_000, value.magnitude * Double(scale) < 100 { scale *= 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 ? "-" : ""
        guard scale > 1 else { return "\(sign)\(scaled)" }
        let fraction = String(String(scaled % scale + scale).dropFirst())
        return "\(sign)\(scaled / scale).\(fraction)"
    }
}
