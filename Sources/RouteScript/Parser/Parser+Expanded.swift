internal import Basics
internal import ModuleKit

/// Strings of `loadmodulex` and `modparamx`, whose variables are replaced while they are read.
extension Parser {
    /// The string that is looked at, with its variables replaced.
    ///
    /// There is no message yet, so only what never changes has a value: `$def`, `$defn`, `$defv`,
    /// `$env`, `$envn` and `$version`.
    func expanded(_ text: String) throws(ScriptError) -> String {
        guard text.utf8.contains(Byte.dollar) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard bytes[place] == Byte.dollar else {
                result.append(bytes[place])
                place += 1
                continue
            }
            guard let end = VariableSyntax.end(in: bytes, from: place) else {
                throw failure(
                    .value, at: current.position, "a \"$\" stands alone in \"\(text)\"")
            }
            let name = String(decoding: bytes[place..<end], as: UTF8.self)
            result += Array(try fixed(name).utf8)
            place = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A value of `modparamx`: a string with its variables, a variable alone, or an integer.
    mutating func expandedConstant() throws(ScriptError) -> SettingValue {
        switch current.kind {
        case .variable:
            let text = try fixed(current.text)
            let isNumber = current.text.hasPrefix("$defn") || current.text.hasPrefix("$envn")
            try advance()
            if isNumber, let number = ScriptNumber.parse(text) { return .integer(number) }
            return .string(text)
        case .string:
            let text = try expanded(current.text)
            try advance()
            return .string(text)
        default: return try constant()
        }
    }

    /// The text of a variable that has a value before the start.
    private func fixed(_ name: String) throws(ScriptError) -> String {
        let syntax: VariableSyntax
        do {
            syntax = try VariableSyntax.parse(name)
        } catch {
            throw failure(.value, at: current.position, error.message)
        }
        let inner = syntax.inner ?? ""
        switch syntax.name {
        case "def", "defn", "defv":
            guard let bytes = lexer.definitions[inner] else { break }
            let value = String(decoding: bytes, as: UTF8.self)
            return syntax.name == "defv" ? Scope.unquoted(value) : value
        case "env", "envn":
            if let value = lexer.files.environment(inner) { return value }
        case "version" where inner == "num": return Scope.languageVersion
        default: break
        }
        throw failure(
            .unsupported, at: current.position, "\"\(name)\" has no value before the start",
            hint: "$def(NAME) and $env(NAME) of what is set have one")
    }
}
