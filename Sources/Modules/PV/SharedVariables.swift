internal import Basics
internal import JSONValue
internal import ModuleKit
internal import Synchronization

/// `$shv(name)`: variables that all workers share.
///
/// Each has a place that is found when the script is loaded; one lock guards them all, because
/// scripts use few of them and rarely.
final class SharedVariables: Sendable {
    /// What the lock guards.
    private struct State {
        /// Places by name.
        var places: [String: Int] = [:]
        /// Names by place.
        var names: [String] = []
        /// Values by place; texts own their bytes.
        var values: [ScriptValue] = []
    }
    private let state = Guarded(State())

    /// The place of a variable, which is 0 until it is set.
    func place(_ name: String) -> Int {
        state.withLock { state in
            if let place = state.places[name] { return place }
            state.places[name] = state.names.count
            state.names.append(name)
            state.values.append(.integer(0))
            return state.names.count - 1
        }
    }

    /// The value at a place.
    func value(_ place: Int) -> ScriptValue {
        state.withLock { $0.values[place] }
    }

    /// Sets the value at a place; the text must own its bytes.
    func set(_ place: Int, _ value: ScriptValue) {
        state.withLock { $0.values[place] = value }
    }

    /// The value of a name, nil when no script and no setting names it.
    func value(named name: String) -> ScriptValue? {
        state.withLock { state in state.places[name].map { state.values[$0] } }
    }

    /// Sets the value of a name; false when no script and no setting names it.
    func set(named name: String, _ value: ScriptValue) -> Bool {
        state.withLock { state in
            guard let place = state.places[name] else { return false }
            state.values[place] = value
            return true
        }
    }

    /// All of them in the order they were named.
    var all: [(name: String, value: ScriptValue)] {
        state.withLock { state in
            state.names.indices.map { (state.names[$0], state.values[$0]) }
        }
    }

    /// Reading and writing one variable; null sets it back to 0.
    func access(_ name: String) -> VariableAccess {
        let place = place(name)
        return VariableAccess(
            read: { _ in self.value(place) },
            write: { context, value in
                switch value {
                case .null: self.set(place, .integer(0))
                case .integer: self.set(place, value)
                case .text(let text):
                    self.set(place, .text(.owned(context.bytes(of: text))))
                }
                return true
            })
    }
}

/// The management commands of shared variables.
extension PVModule {
    /// `pv.shvGet`: one variable, or all of them.
    func showShared(_ call: RPCCall) throws(RPCError) -> JSONValue {
        guard let name = call.string(0) else {
            let items = shared.all.map { Self.describe($0.name, $0.value) }
            return ["items": .array(items)]
        }
        guard let value = shared.value(named: name) else {
            throw RPCError(404, "Variable not found")
        }
        return Self.describe(name, value)
    }

    /// `pv.shvSet`.
    func setShared(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let name = call.string(0) ?? ""
        let value: ScriptValue
        switch call.string(1) ?? "" {
        case "int":
            guard let number = call.integer(2) else {
                throw RPCError(500, "Wrong parameter value (an integer is expected)")
            }
            value = .integer(number)
        case "str":
            let text = call.string(2) ?? ""
            guard text.utf8.count <= Limits.scriptTextBytesMax else {
                throw RPCError(500, "Wrong parameter value (too long)")
            }
            value = .string(text)
        default: throw RPCError(500, "Unknown parameter type (Types: int or str)")
        }
        let old = shared.value(named: name)
        guard shared.set(named: name, value) else { throw RPCError(404, "Variable not found") }
        call.note(
            "$shv(\(name))", old: old.flatMap { Self.describe(name, $0)["value"] } ?? .null,
            new: Self.describe(name, value)["value"] ?? .null)
        return "Ok. Variable set to new value."
    }

    private static func describe(_ name: String, _ value: ScriptValue) -> JSONValue {
        switch value {
        case .integer(let number):
            ["name": .string(name), "type": "int", "value": .integer(Int64(number))]
        case .text(.owned(let bytes)):
            [
                "name": .string(name), "type": "string",
                "value": .string(String(decoding: bytes, as: UTF8.self)),
            ]
        default: ["name": .string(name), "type": "null", "value": .null]
        }
    }
}
