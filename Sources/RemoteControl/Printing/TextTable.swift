/// A table for a terminal: a line of names, a line a row, and no line longer than the window.
struct TextTable {
    /// The names of the columns.
    var names: [String]
    /// The cells; every row has as many as there are names.
    var rows: [[String]]
    /// Columns below this width are not cut any further.
    private static let narrowest = 8
    /// Blanks between two columns.
    private static let gap = 2

    /// The lines of the table, none of them wider than `width`; nil knows no bounds.
    ///
    /// The widest columns are cut first. When that is not enough the last columns are left out, and
    /// a line says which.
    func lines(width: Int?) -> [String] {
        var widths = names.indices.map { column in
            max(
                TextWidth.columns(names[column]),
                rows.reduce(0) { max($0, TextWidth.columns($1[column])) })
        }
        if let width { Self.narrow(&widths, to: width) }
        let shown = width.map { Self.fitting(widths, $0) } ?? names.count
        let numbers = names.indices.map { column in
            !rows.isEmpty && rows.allSatisfy { Self.isNumber($0[column]) }
        }
        var lines = ([names] + rows).map { row in
            let cells = (0..<shown).map { column in
                let cell = TextWidth.cut(row[column], to: widths[column])
                return TextWidth.padded(cell, to: widths[column], atStart: numbers[column])
            }
            return Self.trimmed(cells.joined(separator: String(repeating: " ", count: Self.gap)))
        }
        if shown < names.count {
            let rest = names[shown...].joined(separator: ", ")
            let note = "(no room for: \(rest); --format json has all)"
            lines.append(width.map { TextWidth.cut(note, to: $0) } ?? note)
        }
        return lines
    }

    /// Takes columns from the widest until all fit, or nothing is left to take.
    private static func narrow(_ widths: inout [Int], to width: Int) {
        while total(widths) > width {
            guard let most = widths.max(), most > narrowest else { return }
            let widest = widths.indices.filter { widths[$0] == most }
            let next = widths.filter { $0 < most }.max() ?? narrowest
            let share = (total(widths) - width + widest.count - 1) / widest.count
            let step = min(share, most - max(next, narrowest))
            for place in widest { widths[place] -= max(step, 1) }
        }
    }

    /// How many of the first columns fit a line; one does always.
    private static func fitting(_ widths: [Int], _ width: Int) -> Int {
        var count = widths.count
        while count > 1, total(widths[..<count]) > width { count -= 1 }
        return count
    }

    /// The width of all columns with the gaps between them.
    private static func total(_ widths: some Collection<Int>) -> Int {
        widths.reduce(0, +) + gap * max(widths.count - 1, 0)
    }

    /// Numbers stand at the right of their column, so that their digits stand below each other.
    private static func isNumber(_ text: String) -> Bool {
        text == "-" || Double(text) != nil
    }

    /// The line without blanks at its end: they would wrap in a narrow window.
    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
