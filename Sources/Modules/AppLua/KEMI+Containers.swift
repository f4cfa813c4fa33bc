internal import Basics
internal import ModuleKit

/// The functions of `KSR.pvx` and `KSR.htable` that read and write variables whose name is an
/// argument: `KSR.pvx.var_get("x")` is `$var(x)`.
///
/// The name is a value and never taken apart as `$var(...)` would be, so what stands in it, which
/// may come from a message, can do no harm.
enum ContainerFunctions {
    /// All of them.
    static let all =
        ["var", "shv", "avp", "xavp", "xavi", "xavu"].flatMap { functions($0, named: $0) }
        + ["xavp", "xavi", "xavu"].flatMap { functions($0, named: "\($0)_child", parts: 2) }
        + functions("sht", named: "sht", in: "htable", parts: 2)
        + table

    /// `get`, `gete`, `getw`, `is_null`, `rm`, `seti` and `sets` of one class of variables.
    private static func functions(
        _ variable: String, named prefix: String, in object: String = "pvx", parts: Int = 1
    ) -> [KEMIFunction] {
        let names: StaticString = parts == 1 ? "s" : "ss"
        let withText: StaticString = parts == 1 ? "ss" : "sss"
        let withNumber: StaticString = parts == 1 ? "si" : "ssi"
        return VariableFunctions.reads.map { name, missing in
            .native(object, "\(prefix)_\(name)", names, .xval) { call in
                guard let access = call.container(variable, parts) else { return missing }
                return call.read(access, or: missing)
            }
        } + [
            .native(object, "\(prefix)_is_null", names, .int) { call in
                guard let access = call.container(variable, parts) else { return .code(true) }
                if case .null = access.read(call.context) { return .code(true) }
                return .code(false)
            },
            .native(object, "\(prefix)_rm", names, .int) { call in
                .code(call.write(call.container(variable, parts), .null))
            },
            .native(object, "\(prefix)_sets", withText, .int) { call in
                .code(call.write(call.container(variable, parts), .text(call.text(parts))))
            },
            .native(object, "\(prefix)_seti", withNumber, .int) { call in
                .code(call.write(call.container(variable, parts), .integer(call.number(parts))))
            },
        ]
    }

    /// The functions of hash tables that stand for a variable of their own.
    private static let table: [KEMIFunction] = [
        .native("htable", "sht_inc", "ss", .int) { count($0, "shtinc") },
        .native("htable", "sht_dec", "ss", .int) { count($0, "shtdec") },
        .native("htable", "sht_setex", "ssi", .int) { call in
            .code(call.write(call.container("shtex", 2), .integer(call.number(2))))
        },
        .native("htable", "sht_setxs", "sssi", .int) { set($0, .text($0.text(2))) },
        .native("htable", "sht_setxi", "ssii", .int) { set($0, .integer($0.number(2))) },
    ]

    private static func count(_ call: KEMICall, _ variable: String) -> KEMIResult {
        guard let access = call.container(variable, 2) else { return .integer(-255) }
        return .integer(call.context.number(access.read(call.context)))
    }

    /// Sets a value and then its lifetime, which is the fourth argument.
    private static func set(_ call: KEMICall, _ value: ScriptValue) -> KEMIResult {
        guard call.write(call.container("sht", 2), value) else { return .code(false) }
        return .code(call.write(call.container("shtex", 2), .integer(call.number(3))))
    }
}

extension KEMICall {
    /// The variable of a class whose name is the first argument, or the first two: `root=>name`.
    ///
    /// Keys of hash tables come from messages, so they are not kept.
    func container(_ variable: String, _ parts: Int) -> VariableAccess? {
        let name = parts == 1 ? string(0) : "\(string(0))=>\(string(1))"
        let key = Array("\(variable)(\(name)".utf8)
        if let known = state.names.find(key.span) { return known }
        do throws(ArgumentError) {
            if state.names.isFull, variable == "var" {
                throw ArgumentError("too many names of variables")
            }
            let access = try access(variable, name)
            if !variable.hasPrefix("sht") { state.names.add(key, access) }
            return access
        } catch {
            context.log(.error, "Lua: $\(variable)(\(name)): \(error.message)")
            return nil
        }
    }

    private func access(
        _ variable: String, _ name: String
    ) throws(ArgumentError) -> VariableAccess {
        let reference = VariableReference(name: variable, inner: name)
        for module in state.catalogue.modules {
            if let access = try module.variable(reference) { return access }
        }
        throw ArgumentError("no loaded module has such a variable")
    }
}
