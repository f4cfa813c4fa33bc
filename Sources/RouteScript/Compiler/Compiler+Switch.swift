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
    mutating func choice(
        _ subject: Expression, _ labels: [Statement.Label], at position: Position
    ) throws(ScriptError) -> Step {
        let value = try expression(subject)
        guard labels.count <= Self.labelsMax else {
            throw failure(
                .limit, at: position, "a switch has more than \(Self.labelsMax) labels")
        }
        let find = try finder(value, labels)
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
            let place = find(context)
            context.hasFailed = false
            if context.isStopped { return .stop }
            let flow = starts[place](context)
            return flow == .leave ? .next : flow
        }
    }

    /// The bodies of a switch are chained, so that the stack grows with the number of labels; this
    /// keeps it small.
    private static let labelsMax = 1_024

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
        _ value: Compiled, _ labels: [Statement.Label]
    ) throws(ScriptError) -> Finder {
        let other = labels.firstIndex { $0.match == nil } ?? labels.count
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
    /// that is undefined fits no label, not even the empty one.
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
        let table = tests
        return { context in
            guard let text = context.text(read(context)) else { return other }
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
