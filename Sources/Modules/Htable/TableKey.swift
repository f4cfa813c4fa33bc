internal import Basics
internal import ModuleKit

/// What `$sht(table=>key)` names: a constant table, and a key that may hold pseudo-variables.
struct TableKey: Sendable {
    /// The table's name.
    let table: String
    private let constant: [UInt8]
    private let dynamic: (@Sendable (ScriptContext) -> ScriptValue)?
    /// Where a worker puts its keys together; nil while a reference is only checked.
    var workspace: (@Sendable (ScriptContext) -> HtableWorkspace)?

    /// Takes a reference apart.
    init(_ reference: VariableReference) throws(ArgumentError) {
        try reference.refuseIndex()
        let text = reference.inner ?? ""
        let (table, key) = try Self.split(text, "$\(reference.name)(table=>key)")
        self.table = table
        constant = Array(key.utf8)
        dynamic = key.contains("$") ? try reference.compilePart?(key) : nil
    }

    /// A text of the form `table=>rest`.
    static func split(
        _ text: String, _ form: String
    ) throws(ArgumentError) -> (table: String, rest: String) {
        guard let arrow = text.firstRange(of: "=>"), arrow.lowerBound > text.startIndex,
            arrow.upperBound < text.endIndex
        else { throw ArgumentError("expected \(form), found \"\(text)\"") }
        let table = text[..<arrow.lowerBound].filter { $0 != " " }
        if table.contains("$") {
            throw ArgumentError("the name of a table is constant: \(form)")
        }
        return (table, String(text[arrow.upperBound...]))
    }

    /// The key for this message; nil when it is null or empty.
    func key(_ context: ScriptContext) -> [UInt8]? {
        guard let dynamic else { return constant }
        guard let text = context.text(dynamic(context)) else { return nil }
        guard let space = workspace?(context) else { return nil }
        // One buffer for all keys of a worker: a look at a table allocates nothing, and a key that
        // a table keeps takes the buffer along.
        space.key.removeAll(keepingCapacity: true)
        context.withBytes(of: text) { bytes in
            for place in bytes.indices { space.key.append(bytes[place]) }
        }
        return space.key.isEmpty ? nil : space.key
    }
}

/// A test of keys or values, as `$shtcn`, `sht_rm_name` and their like have it.
struct TableMatch {
    /// How texts are compared.
    enum Kind {
        case all
        case expression(RegularExpression)
        case prefix([UInt8]), suffix([UInt8]), equal([UInt8]), other([UInt8])
        case number(Int)
    }
    private let kind: Kind

    /// A test by the name of its operator: `eq`, `ne`, `re`, `sw`; nil for another one, or for a
    /// pattern that is none.
    init?(_ operator: String, _ text: [UInt8]) {
        switch `operator` {
        case "eq": kind = .equal(text)
        case "ne": kind = .other(text)
        case "sw": kind = .prefix(text)
        case "re":
            guard let expression = Self.expression(text[...]) else { return nil }
            kind = .expression(expression)
        default: return nil
        }
    }

    /// A test as `$shtcn(table=>test)` spells it; nil for a pattern that is none.
    init?(counting text: [UInt8]) {
        let rest = Array(text.dropFirst(2))
        switch String(decoding: text.prefix(2), as: UTF8.self) {
        case "**" where rest.isEmpty: kind = .all
        case "~%": kind = .suffix(rest)
        case "%~": kind = .prefix(rest)
        case "==": kind = .equal(rest)
        case "eq" where ScriptNumber.convert(rest.span) != nil:
            kind = .number(ScriptNumber.convert(rest.span) ?? 0)
        case "~~":
            guard let expression = Self.expression(rest[...]) else { return nil }
            kind = .expression(expression)
        default:
            guard let expression = Self.expression(text[...]) else { return nil }
            kind = .expression(expression)
        }
    }

    private static func expression(_ text: ArraySlice<UInt8>) -> RegularExpression? {
        try? RegularExpression(String(decoding: text, as: UTF8.self), ignoresCase: false)
    }

    /// Whether a key or a text passes.
    func holds(_ text: [UInt8]) -> Bool {
        switch kind {
        case .all: true
        case .expression(let expression): expression.matches(text.span)
        case .prefix(let wanted): text.starts(with: wanted)
        case .suffix(let wanted): text.reversed().starts(with: wanted.reversed())
        case .equal(let wanted): text == wanted
        case .other(let wanted): text != wanted
        case .number: false
        }
    }

    /// Whether a value passes; numbers are compared with numbers only.
    func holds(_ value: ScriptValue) -> Bool {
        switch (kind, value) {
        case (.all, _): true
        case (.number(let wanted), .integer(let number)): wanted == number
        case (_, .text(.owned(let bytes))): holds(bytes)
        default: false
        }
    }
}
