import Basics
import ModuleKit
import RouteScript

/// Prints a tree in the script's own language, one statement a line, so that trees can be compared
/// and read again.
enum TreePrinter {
    static func print(_ tree: Tree) -> String {
        let settings = tree.settings.map(text)
        let blocks = tree.blocks.map { block in
            block.kind.text + " {\n" + body(block.body, 1) + "}"
        }
        return (settings + blocks).map { $0 + "\n" }.joined()
    }

    // MARK: Settings

    private static func text(_ setting: Setting) -> String {
        switch setting {
        case .global(let name, let value, _): "\(name) = \(text(value))"
        case .custom(let group, let name, let value, let summary, _):
            "\(group).\(name) = \(text(value))"
                + (summary.isEmpty ? "" : " desc \(quoted(summary))")
        case .listen(let listen, _):
            "listen = \(text(listen.address))"
                + (listen.advertised.map { " advertise \(text($0))" } ?? "")
                + (listen.name.map { " name \(quoted($0))" } ?? "")
        case .alias(let address, _): "alias = \(text(address))"
        case .port(let number, _): "port = \(number)"
        case .flag(let name, let number, _): "flags \(name)" + (number.map { ":\($0)" } ?? "")
        case .loadModule(let name, _): "loadmodule \(quoted(name))"
        case .parameter(let modules, let name, let value, _):
            "modparam(\(quoted(modules)), \(quoted(name)), \(text(value)))"
        case .ignored(let name, _): "\(name) \(quoted(""))"
        }
    }

    private static func text(_ value: SettingValue) -> String {
        switch value {
        case .integer(let number): "\(number)"
        case .string(let text): quoted(text)
        case .unset: "?"
        }
    }

    private static func text(_ address: HostAddress) -> String {
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        return (address.transport.map { "\($0.name):" } ?? "") + host
            + (address.port.map { ":\($0)" } ?? "")
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text {
            switch character {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\r\n": result += "\\r\\n"
            case "\t": result += "\\t"
            default: result.append(character)
            }
        }
        return result + "\""
    }

    // MARK: Statements

    private static func body(_ statements: [Statement], _ level: Int) -> String {
        statements.map { line($0, level) }.joined()
    }

    private static func line(_ statement: Statement, _ level: Int) -> String {
        let margin = String(repeating: "  ", count: level)
        let rest: String
        switch statement.kind {
        case .block(let list): rest = "{\n" + body(list, level + 1) + margin + "}"
        case .conditional(let arms, let otherwise):
            let parts = arms.map { "if \(text($0.condition))\n" + line($0.body, level + 1) }
            let last = otherwise.map { margin + "else\n" + line($0, level + 1) } ?? ""
            return margin + parts.joined(separator: margin + "else ") + last
        case .loop(let condition, let body):
            return margin + "while \(text(condition))\n" + line(body, level + 1)
        case .choice(let subject, let labels):
            let cases = labels.map { label in
                margin + label.match.map { "case \(text($0)):" }.or("default:") + "\n"
                    + body(label.body, level + 1)
            }
            rest = "switch \(text(subject)) {\n" + cases.joined() + margin + "}"
        case .expression(let expression): rest = effect(expression) + ";"
        case .end(let end, let value):
            rest = end.rawValue + (value.map { " \(text($0))" } ?? "") + ";"
        case .leave: rest = "break;"
        }
        return margin + rest + "\n"
    }

    private static func text(_ match: Statement.Match) -> String {
        switch match {
        case .integer(let number): "\(number)"
        case .string(let text): quoted(text)
        case .pattern(let text): "/\(quoted(text))"
        }
    }

    /// A statement's expression: an assignment stands without parentheses there.
    private static func effect(_ expression: Expression) -> String {
        if case .assignment(let variable, let value) = expression.kind {
            return "\(variable.text) = \(text(value))"
        }
        return text(expression)
    }

    /// An expression with all its parentheses.
    static func text(_ expression: Expression) -> String {
        switch expression.kind {
        case .integer(let number): "\(number)"
        case .string(let text): quoted(text)
        case .word(let word): word
        case .variable(let variable): variable.text
        case .select(let name): "@\(name)"
        case .block(let list): "{\n" + body(list, 1) + "}"
        case .attribute(let attribute): attribute.rawValue
        case .call(let call):
            "\(call.name)(\(call.arguments.map(text).joined(separator: ", ")))"
        case .route(let target): "route(\(text(target)))"
        case .unary(let operation, let operand):
            operation == .defined
                ? "(defined \(text(operand)))" : "(\(operation.rawValue)\(text(operand)))"
        case .binary(let operation, let left, let right):
            "(\(text(left)) \(operation.rawValue) \(text(right)))"
        case .assignment(let variable, let value): "(\(variable.text) = \(text(value)))"
        }
    }
}

extension Optional where Wrapped == String {
    fileprivate func or(_ other: String) -> String { self ?? other }
}
