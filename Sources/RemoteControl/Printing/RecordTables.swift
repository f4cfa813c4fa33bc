internal import Basics
public import JSONValue

/// Answers as tables (`--format table`): every list of records becomes rows and columns.
///
/// Kamailio wraps records in objects of one member (`{"Contact": {...}}`) and nests lists within
/// them. The wrapping is taken off, what is nested gets names with dots, and a list within a record
/// makes a row for each of its elements, beside the values of the record: `ul.dump` becomes one
/// table of contacts with the user's name in each row.
public enum RecordTables {
    /// The lines of a result, none wider than `width` where that is known.
    public static func lines(_ value: JSONValue, width: Int?) -> [String] {
        switch unwrapped(value) {
        case .object(let members) where members.isEmpty: return []
        case .object(let members): return lines(members, width)
        case .array(let items) where items.isEmpty: return ["(none)"]
        case .array(let items): return lines(items, width)
        case let single: return [ReadableText.scalar(single) ?? ""]
        }
    }

    /// A record: its values as names and values, then a table for each of its lists.
    private static func lines(_ members: [JSONValue.Member], _ width: Int?) -> [String] {
        var values: [(String, String)] = []
        var lists: [(String, [JSONValue])] = []
        collect(members, "", &values, &lists)
        let column = values.reduce(0) { max($0, TextWidth.columns($1.0)) }
        var lines = values.map { name, value in
            let line = TextWidth.padded(name, to: column) + "  " + value
            return width.map { TextWidth.cut(line, to: $0) } ?? line
        }
        for (name, items) in lists {
            if !lines.isEmpty { lines.append("") }
            if lists.count > 1 || !values.isEmpty { lines.append("\(name):") }
            lines += self.lines(items, width)
        }
        return lines
    }

    /// A list: a table when its elements are records, a line each otherwise.
    private static func lines(_ items: [JSONValue], _ width: Int?) -> [String] {
        let records = items.map(unwrapped)
        guard records.allSatisfy({ $0.members != nil }) else {
            return records.flatMap { lines($0, width: width) }
        }
        // One record that holds lists reads better as a record than as a row.
        if records.count == 1, let members = records[0].members {
            var lists: [(String, [JSONValue])] = []
            var values: [(String, String)] = []
            collect(members, "", &values, &lists)
            if lists.count > 0 { return lines(members, width) }
        }
        let rows = records.flatMap { self.rows($0.members ?? []) }
        var names: [String] = []
        var places: [String: Int] = [:]
        for (name, _) in rows.joined() where places[name] == nil {
            guard names.count < Limits.tableColumnsMax else { break }
            places[name] = names.count
            names.append(name)
        }
        let cells = rows.map { row in
            var cells = [String](repeating: "-", count: names.count)
            for (name, value) in row {
                if let place = places[name] { cells[place] = value }
            }
            return cells
        }
        return TextTable(names: names, rows: cells).lines(width: width)
    }

    /// The rows of a record: one, or one for each element of the first list of records in it.
    ///
    /// Further lists are counted only: two that are independent of each other make no table.
    private static func rows(_ members: [JSONValue.Member]) -> [[(String, String)]] {
        var values: [(String, String)] = []
        var lists: [(String, [JSONValue])] = []
        collect(members, "", &values, &lists)
        let inner = lists.firstIndex { _, items in
            items.allSatisfy { unwrapped($0).members != nil }
        }
        for (place, list) in lists.enumerated() where place != inner {
            let scalars = list.1.compactMap(ReadableText.scalar)
            let isPlain = scalars.count == list.1.count
            values.append(
                (list.0, isPlain ? scalars.joined(separator: ", ") : "\(list.1.count) entries"))
        }
        guard let inner else { return [values] }
        return lists[inner].1.flatMap { rows(unwrapped($0).members ?? []) }.map { values + $0 }
    }

    /// Sorts the members of a record into values and lists; records within it are opened.
    private static func collect(
        _ members: [JSONValue.Member], _ prefix: String, _ values: inout [(String, String)],
        _ lists: inout [(String, [JSONValue])]
    ) {
        for member in members {
            let name = prefix + SafeText.printable(member.name)
            switch unwrapped(member.value) {
            case .object(let inner) where !inner.isEmpty:
                collect(inner, name + ".", &values, &lists)
            case .array(let items) where !items.isEmpty: lists.append((name, items))
            case let value: values.append((name, ReadableText.scalar(value) ?? ""))
            }
        }
    }

    /// The value without objects around it that hold nothing else.
    private static func unwrapped(_ value: JSONValue) -> JSONValue {
        var value = value
        while case .object(let members) = value, members.count == 1,
            case .object(let inner) = members[0].value, !inner.isEmpty
        {
            value = members[0].value
        }
        return value
    }
}
