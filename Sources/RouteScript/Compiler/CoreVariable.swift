internal import Basics
internal import ModuleKit

/// The pseudo-variables of the language itself: what the server knows of its own script.
enum CoreVariable: String, CaseIterable {
    /// The value of the last function or route.
    case rc, retcode
    /// The same.
    case mark = "?"
    /// No value.
    case null
    /// `$def(ID)`: what the preprocessor has defined; `$defn` as a number, `$defv` without the
    /// quotes around it.
    case def, defn, defv
    /// `$env(NAME)`: a variable of the environment; `$envn` as a number.
    case env, envn
    /// `$version(num)`, `$version(full)`, `$version(hash)`.
    case version
    /// `$cfg(line)`, `$cfg(file)`, `$cfg(route)`: where the variable itself stands.
    case cfg
    /// `$sel(select)`: the same as `@select`.
    case sel
    /// `$_s(text)`: a text with pseudo-variables in it.
    case format = "_s"

    /// Whether something must stand in parentheses.
    var takesName: Bool {
        switch self {
        case .rc, .retcode, .mark, .null: false
        default: true
        }
    }
}

/// Where in the script something stands, for variables that tell it.
struct ScriptPlace: Sendable {
    /// File, line and column.
    var location = SourceLocation(file: "", line: 0, column: 0)
    /// The block around it.
    var block = RouteBlockKind.request
}

extension Scope {
    /// Compiles a variable of the language itself; all but `$rc`, `$sel` and `$_s` are constants.
    func core(
        _ variable: CoreVariable, _ syntax: VariableSyntax
    ) throws(VariableFailure) -> VariableAccess {
        guard syntax.index == nil, syntax.transformations.isEmpty,
            variable.takesName || syntax.inner == nil
        else { throw VariableFailure(.value, "$\(syntax.name) has no parts", nil) }
        switch variable {
        case .rc, .retcode, .mark: return VariableAccess(read: { .integer($0.returnCode) })
        case .null: return VariableAccess(read: { _ in .null })
        default: break
        }
        guard let name = syntax.inner, !name.isEmpty else {
            throw VariableFailure(
                .value, "$\(syntax.name) needs a name in parentheses",
                "write $\(syntax.name)(name)")
        }
        switch variable {
        case .sel: return VariableAccess(read: try select(name))
        case .format: return VariableAccess(read: try format(name))
        default: break
        }
        let value = try constant(variable, name)
        return VariableAccess(read: { _ in value })
    }

    /// The value of a variable that never changes while the server runs.
    private func constant(
        _ variable: CoreVariable, _ name: String
    ) throws(VariableFailure) -> ScriptValue {
        switch variable {
        case .version: return try version(name)
        case .cfg: return try ownPlace(name)
        case .env, .envn:
            guard let text = DiskFiles().environment(name) else { return .null }
            return variable == .env ? .string(text) : Self.number(text)
        default:
            guard let text = definitions.first(where: { $0.name == name })?.value else {
                // In Kamailio 5.6.3 `$defn` of a name that is not defined is 0, `$def` is null.
                return variable == .defn ? .integer(0) : .null
            }
            switch variable {
            case .defn: return Self.number(text)
            case .defv: return .string(Self.unquoted(text))
            default: return .string(text)
            }
        }
    }

    /// A number, and what is none as it is.
    private static func number(_ text: String) -> ScriptValue {
        ScriptNumber.parse(text).map { .integer($0) } ?? .string(text)
    }

    /// A text without the double quotes around it.
    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast())
    }

    /// `$version`: the number is that of the Kamailio whose language this is, as configurations
    /// choose by it what they may use; the full text names this server.
    private func version(_ name: String) throws(VariableFailure) -> ScriptValue {
        switch name {
        case "num": return .string("5.6.3")
        case "full": return .string(ProductVersion.banner)
        case "hash": return .string("unknown")
        default:
            throw VariableFailure(
                .value, "$version has no part \"\(name)\"", "it has num, full and hash")
        }
    }

    /// `$cfg`: where the variable stands, which is known now.
    private func ownPlace(_ name: String) throws(VariableFailure) -> ScriptValue {
        switch name {
        case "line": return .integer(place.location.line)
        case "file", "name": return .string(place.location.file)
        case "route":
            switch place.block {
            case .request: return .string("DEFAULT_ROUTE")
            case .reply: return .string("DEFAULT_ONREPLY")
            case .send: return .string("DEFAULT_ONSEND")
            default: return .string(place.block.name ?? "")
            }
        default:
            throw VariableFailure(
                .value, "$cfg has no part \"\(name)\"", "it has line, file and route")
        }
    }

    /// `$_s(text)`: variables in the text are expanded.
    private func format(
        _ text: String
    ) throws(VariableFailure) -> @Sendable (ScriptContext) -> ScriptValue {
        do {
            if let read = try template(text) { return read }
            let value = ScriptValue.string(text)
            return { _ in value }
        } catch {
            throw VariableFailure(.value, error.message, nil)
        }
    }
}
