extension Tidy {
    /// The figures of every target and of the whole, as a table.
    public func report() -> String {
        var rows = [Self.row("target", "files", "lines", "median", "comments", "asserts")]
        for (name, _, figures) in figuresByTarget() { rows.append(Self.row(name, figures)) }
        let delivered = Figures(sources.filter { $0.path.hasPrefix("Sources/") })
        rows.append(Self.row("all of Sources", delivered))
        rows.append(Self.row("all of Tests", Figures(sources.filter(\.isTest))))
        rows.append(
            "\(testLinesPerSourceLine.rounded2) lines of tests for a line of source; the median "
                + "function has \(delivered.medianFunctionLines) lines, the aim is "
                + "\(HouseNumbers.functionLinesAim)")
        return rows.joined(separator: "\n")
    }

    private static func row(_ name: String, _ figures: Figures) -> String {
        row(
            name, String(figures.files), String(figures.lines),
            String(figures.medianFunctionLines), figures.commentDensity.percent,
            figures.preconditionsPerFunction.rounded2)
    }

    private static func row(_ name: String, _ columns: String...) -> String {
        name.padded(to: 20) + columns.map { $0.padded(to: 9, atEnd: false) }.joined()
    }
}

extension String {
    /// The text with spaces up to a width, after it or before it.
    func padded(to width: Int, atEnd: Bool = true) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return atEnd ? self + spaces : spaces + self
    }
}

extension Double {
    /// The share in percent with one decimal, such as `23.4 %`.
    var percent: String {
        let tenths = Int((self * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// The number with two decimals.
    var rounded2: String {
        let hundredths = Int((self * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
