public import JSONValue

/// Results laid out for people: `name: value` lines, indented; lists of like objects as tables.
///
/// The form is that of YAML as far as eyes go, without promising that a parser reads it: programs
/// use `--json`.
public enum ReadableText {
    /// The lines of a result; none for the empty object, which means "done".
    public static func lines(_ value: JSONValue) -> [String] {
        switch value {
        case .object(let members): return lines(members)
        case .array(let items) where items.isEmpty: return ["(none)"]
        case .array(let items):
            if let table = table(items) { return table }
            if items.allSatisfy({ scalar($0) != nil }) { return items.compactMap(scalar) }
            return items.flatMap(element)
        default: return [scalar(value) ?? ""]
        }
    }

    /// A value that fits on a line; nil for arrays and objects with content.
    static func scalar(_ value: JSONValue) -> String? {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .double: value.encoded()
        case .string(let text): SafeText.printable(text)
        case .array(let items): items.isEmpty ? "(none)" : nil
        case .object(let members): members.isEmpty ? "(empty)" : nil
        }
    }

    /// An object: a line a member, or a heading with what it holds below.
    private static func lines(_ members: [JSONValue.Member]) -> [String] {
        members.flatMap { member in
            let name = SafeText.printable(member.name)
            if let text = scalar(member.value) { return ["\(name): \(text)"] }
            return ["\(name):"] + nested(member.value).map { "  \($0)" }
        }
    }

    /// What stands below a heading.
    private static func nested(_ value: JSONValue) -> [String] {
        guard case .array(let items) = value else { return lines(value) }
        return table(items) ?? items.flatMap(element)
    }

    /// An element of a list: its first line after a dash, the others below it.
    ///
    /// The dash takes the two columns by which the lines below it are indented.
    private static func element(_ value: JSONValue) -> [String] {
        let inner = scalar(value).map { [$0] } ?? nested(value)
        return inner.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }
    }

    /// A table, when there are several objects of the same members with values that fit a line.
    ///
    /// Widths count characters as people see them. Blanks at the end of a line are cut: they would
    /// be copied along with the text and wrap in a narrow window.
    private static func table(_ items: [JSONValue]) -> [String]? {
        guard items.count > 1, let columns = items.first?.members?.map(\.name), !columns.isEmpty
        else { return nil }
        var rows = [columns.map(SafeText.printable)]
        for item in items {
            guard let members = item.members, members.map(\.name) == columns else { return nil }
            let cells = members.compactMap { scalar($0.value) }
            guard cells.count == columns.count else { return nil }
            rows.append(cells)
        }
        let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
