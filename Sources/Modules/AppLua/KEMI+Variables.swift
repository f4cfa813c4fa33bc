internal import Basics
internal import ModuleKit

/// The functions of `KSR.pv`: pseudo-variables by the names that scripts write.
enum VariableFunctions {
    /// All of them.
    static let all =
        reads.map { name, missing in
            pv(name, "s", .xval) { call in
                guard let access = call.variable(0) else { return missing }
                return call.read(access, or: missing)
            }
        } + [
            pv("geti", "s", .int) { call in
                guard let access = call.variable(0) else { return .integer(0) }
                return .integer(call.context.number(access.read(call.context)))
            },
            pv("getvn", "si", .xval) { $0.readOrSecond() },
            pv("getvs", "ss", .xval) { $0.readOrSecond() },
            pv("is_null", "s", .bool) { call in
                guard let access = call.variable(0) else { return .boolean(true) }
                if case .null = access.read(call.context) { return .boolean(true) }
                return .boolean(false)
            },
            pv("sets", "ss", .bool) { call in
                .boolean(call.write(call.variable(0), .text(call.text(1))))
            },
            pv("seti", "si", .bool) { call in
                .boolean(call.write(call.variable(0), .integer(call.number(1))))
            },
            pv("unset", "s", .bool) { .boolean($0.write($0.variable(0), .null)) },
        ]

    private static func pv(
        _ name: String, _ parameters: StaticString, _ result: KEMIFunction.Result,
        _ body: @escaping @Sendable (KEMICall) -> KEMIResult
    ) -> KEMIFunction { .native("pv", name, parameters, result, body) }

    /// The ways to read, and what each gives for null.
    static let reads: [(String, KEMIResult)] = [
        ("get", .null), ("gete", .empty), ("getw", .text(.owned(Array("<null>".utf8)))),
    ]
}

extension KEMICall {
    /// Reads a variable.
    func read(_ access: VariableAccess, or missing: KEMIResult) -> KEMIResult {
        defer { context.hasFailed = false }
        let value = access.read(context)
        if case .null = value { return missing }
        return KEMIResult(value)
    }

    /// Reads the variable that the first argument names, or gives the second one.
    func readOrSecond() -> KEMIResult {
        let other = KEMIResult(value(1))
        guard let access = variable(0) else { return other }
        return read(access, or: other)
    }

    /// Writes a variable; a failure has been logged.
    func write(_ access: VariableAccess?, _ value: ScriptValue) -> Bool {
        guard let access else { return false }
        guard let write = access.write else {
            context.log(.error, "Lua: \(string(0)) is read-only")
            return false
        }
        defer { context.hasFailed = false }
        return write(context, value)
    }

    /// The variable that an argument names: compiled once, then found by its name.
    func variable(_ place: Int) -> VariableAccess? {
        if let known = withText(place, { state.names.find($0) }) { return known }
        let name = string(place)
        return compile(bytes(place)) { () throws(ArgumentError) in
            // Each name of a variable takes room in every context, for ever.
            if state.names.isFull, Self.takesRoom(name) {
                throw ArgumentError("too many names of variables")
            }
            return try state.script.variable(name)
        }
    }

    /// Compiles a name and keeps it; an error is logged.
    func compile(
        _ key: [UInt8], _ make: () throws(ArgumentError) -> VariableAccess
    ) -> VariableAccess? {
        do throws(ArgumentError) {
            let access = try make()
            state.names.add(key, access)
            return access
        } catch {
            context.log(.error, "Lua: \(error.message)")
            return nil
        }
    }

    private static func takesRoom(_ name: String) -> Bool {
        ["$var(", "$vn(", "$(var(", "$(vn("].contains { name.hasPrefix($0) }
    }
}
