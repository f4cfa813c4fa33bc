internal import Basics
internal import ModuleKit

/// `switch`: labels are integers, or strings and regular expressions; bodies fall through.
extension Compiler {
    /// Finds the label that a value belongs to; the number of labels when there is none.
    private typealias Finder = @Sendable (ScriptContext) -> Int

    /// A switch.
    ///
    /// Each label gets the closure of all that runs from there on, so falling through costs a call
    /// and no test. `break` is taken off here, all other ends go on outwards.
    ///
    /// A value that cannot be had, such as a division by zero, fits no label: `default` runs, as in
    /// Kamailio 5.6.3, and not the label that 0 has.
    mutating func choice(
        _ subject: Expression, _ labels: [Statement.Label], at position: Position
    ) throws(ScriptError) -> Step {
        let value = try expression(subject)
        guard labels.count <= Self.labelsMax else {
            throw failure(
                .limit, at: position, "a switch has more than \(Self.labelsMax) labels")
        }
        let other = labels.firstIndex { $0.match == nil } ?? labels.count
        let find = try finder(value, labels, other: other)
        // Each label starts a chain that goes on through the bodies behind it.
        var entries: [Step] = [.nothing]
        for label in labels.reversed() {
            let body = sequence(label.body)
            let behind = entries[entries.count - 1]
            let ends = Self.leaves(label.body)
            if ends {
                entries.append(body)
            } else {
                entries.append(
                    Step { context in
                        let flow = body(context)
                        return flow == .next ? behind(context) : flow
                    })
            }
        }
        let starts = Array(entries.reversed())
        return Step { context in
            var place = find(context)
            // The value of a switch without a label for it is that of an `if` without `else`.
            context.actionValue = context.hasFailed ? -1 : 1
            if context.hasFailed { place = other }
            context.hasFailed = false
            if context.isStopped { return .stop }
            let flow = starts[place](context)
            return flow == .leave ? .next : flow
        }
    }

    /// The bodies of a switch are chained, so that the stack grows with the number of labels; this
    /// keeps it small.
    private static let labelsMax = 1_024

    /// What an undefined value is compared as.
    private static let empty = ScriptText.owned([])

    /// Whether a body never falls through.
    private static func leaves(_ body: [Statement]) -> Bool {
        switch body.last?.kind {
        case .leave, .end: true
        default: false
        }
    }

    /// Integer labels compare integers; all others compare strings.
    ///
    /// The labels decide and not the value, whose type may differ from message to message: it is
    /// converted to theirs.
    private func finder(
        _ value: Compiled, _ labels: [Statement.Label], other: Int
    ) throws(ScriptError) -> Finder {
        let hasIntegers = labels.contains { label in
            if case .integer = label.match { return true }
            return false
        }
        return hasIntegers
            ? try integers(value, labels, other: other) : try texts(value, labels, other: other)
    }

    /// Finds a label by its number.
    private func integers(
        _ value: Compiled, _ labels: [Statement.Label], other: Int
    ) throws(ScriptError) -> Finder {
        var numbers: [(Int, Int)] = []
        for (place, label) in labels.enumerated() {
            switch label.match {
            case .integer(let number): numbers.append((number, place))
            case nil: break
            default:
                throw failure(
                    .value, at: label.position,
                    "a switch has labels of one type: integers or strings")
            }
        }
        let read = value.integer
        let table = numbers
        return { context in
            let number = read(context)
            for place in table.indices where table[place].0 == number { return table[place].1 }
            return other
        }
    }

    /// Finds a label by its bytes or its pattern.
    ///
    /// Labels are tried in their order, so a pattern in front of a string can win over it. A value
    /// that is undefined counts as the empty string, as in every comparison with strings.
    ///
    /// Patterns regard case here, unlike those of `=~`: Kamailio 5.6.3 does it so.
    private func texts(
        _ value: Compiled, _ labels: [Statement.Label], other: Int
    ) throws(ScriptError) -> Finder {
        enum Test: Sendable {
            case same([UInt8])
            case matches(RegularExpression)
        }
        var tests: [(Test, Int)] = []
        for (place, label) in labels.enumerated() {
            switch label.match {
            case .string(let text): tests.append((.same(Array(text.utf8)), place))
            case .pattern(let pattern):
                do {
                    let expression = try RegularExpression(pattern, ignoresCase: false)
                    tests.append((.matches(expression), place))
                } catch {
                    throw failure(
                        .value, at: label.position,
                        "\"\(pattern)\" is no regular expression: \(error.message)")
                }
            case .integer, nil: break
            }
        }
        let read = value.value
        let strings = LabelTable(labels)
        if labels.allSatisfy({ $0.match?.isPattern != true }) {
            return { context in
                let text = context.text(read(context)) ?? Self.empty
                return context.withBytes(of: text) { strings.place(of: $0) ?? other }
            }
        }
        let table = tests
        return { context in
            let text = context.text(read(context)) ?? Self.empty
            return context.withBytes(of: text) { bytes in
                for place in table.indices {
                    let isFound =
                        switch table[place].0 {
                        case .same(let label): bytes.equals(label.span)
                        case .matches(let expression): expression.matches(bytes)
                        }
                    if isFound { return table[place].1 }
                }
                return other
            }
        }
    }
}

extension Statement.Match {
    /// Whether it is a regular expression.
    fileprivate var isPattern: Bool {
        if case .pattern = self { return true }
        return false
    }
}

/// The strings of a switch's labels, one behind the other in one buffer.
///
/// A label whose length differs is passed over without a look at its bytes, and no array is
/// retained on the way: a switch over fifty commands costs little more than one over five.
private struct LabelTable: Sendable {
    private var bytes: [UInt8] = []
    private var entries: [(offset: Int32, count: Int32, place: Int32)] = []

    /// The labels that are strings.
    init(_ labels: [Statement.Label]) {
        for (place, label) in labels.enumerated() {
            guard case .string(let text)? = label.match else { continue }
            let count = text.utf8.count
            entries.append((Int32(bytes.count), Int32(count), Int32(place)))
            bytes += text.utf8
        }
    }

    /// The place of the label that a text is, nil when it is none.
    func place(of text: Span<UInt8>) -> Int? {
        for index in entries.indices where Int(entries[index].count) == text.count {
            let start = Int(entries[index].offset)
            let label = bytes.span.extracting(start..<(start + text.count))
            if text.equals(label) { return Int(entries[index].place) }
        }
        return nil
    }
}
