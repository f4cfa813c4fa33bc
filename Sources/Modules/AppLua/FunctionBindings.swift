internal import Basics
internal import ModuleKit

/// The arguments of the calls that are under way, innermost last.
///
/// `@unchecked Sendable`: it belongs to a Lua state, which one thread at a time uses; the closures
/// that read it are run by that state alone.
final class ArgumentFrames: @unchecked Sendable {
    private var values: [ScriptValue] = []
    private var base = 0

    /// No calls.
    init() { values.reserveCapacity(64) }

    /// The value at a place of the innermost call.
    func value(_ place: Int) -> ScriptValue {
        let index = base + place
        return index < values.count ? values[index] : .null
    }

    /// Runs `body` as a call with the arguments of `call`.
    ///
    /// Those of a call around it come back: a function may run a route that runs Lua again.
    func with(_ call: KEMICall, _ constants: UInt8, _ body: () -> Int) -> Int {
        let outer = (base, values.count)
        base = values.count
        for place in 0..<call.count {
            values.append(constants & (1 << UInt8(place)) == 0 ? call.value(place) : .null)
        }
        defer {
            values.removeLast(values.count - outer.1)
            base = outer.0
        }
        return body()
    }
}

/// How a function of a module is called from Lua.
struct ScriptFunction: Sendable {
    /// The module that has it.
    let module: LoadedModule
    /// Its name in scripts.
    let name: String
    /// Arguments that follow those of the call.
    var extra: [ArgumentSource] = []
    /// Whether pseudo-variables in the arguments are expanded, as in the native language.
    var expandsVariables = false

    /// The same with pseudo-variables expanded.
    var expanding: ScriptFunction {
        var copy = self
        copy.expandsVariables = true
        return copy
    }
}

/// The bound calls of one function in one Lua state.
///
/// A call is bound once for each number of arguments, with the arguments read when it is made. A
/// function that wants some of them when the script is loaded, such as a table's name or a regular
/// expression, refuses that; then those are bound as constants, once for each of their values.
final class FunctionBindings {
    /// What is known for one number of arguments.
    private struct Plan {
        /// The arguments that must be constants, one bit each.
        var constants: UInt8
        /// The calls that are bound, with the values of their constants.
        var calls: [(key: [UInt8], run: CompiledCall)] = []
        /// The call that gives way to the next one when there are too many.
        var next = 0
    }

    private let function: ScriptFunction
    private var plans: [Plan?] = Array(repeating: nil, count: KEMICall.countMax + 1)
    /// The calls whose texts hold pseudo-variables: what those expand to may differ each time, but
    /// the text that is compiled is a constant.
    private var templates: [Plan] = Array(
        repeating: Plan(constants: .max), count: KEMICall.countMax + 1)

    /// No bound calls.
    init(_ function: ScriptFunction) { self.function = function }

    /// Carries a call out; errors say what is wrong with its arguments.
    func run(_ call: KEMICall) throws(ArgumentError) -> Int {
        for place in 0..<call.count {
            if let fault = call.fault(at: place) { throw ArgumentError(fault) }
        }
        let (constants, compiled) = try bound(call)
        let context = call.context
        let code = call.state.frames.with(call, constants) { compiled(context) }
        context.returnCode = code
        context.hasFailed = false
        return code
    }

    /// The call that fits the arguments, from the store or bound now.
    private func bound(_ call: KEMICall) throws(ArgumentError) -> (UInt8, CompiledCall) {
        if needsVariables(call) {
            let plan = templates[call.count - 1]
            if let known = Self.find(call, in: plan) { return (.max, known) }
            let compiled = try bind(call, .max)
            Self.store(compiled, call, in: &templates[call.count - 1])
            return (.max, compiled)
        }
        guard var plan = plans[call.count] else { return try probe(call) }
        if let known = Self.find(call, in: plan) { return (plan.constants, known) }
        let compiled = try bind(call, plan.constants)
        plans[call.count] = nil
        Self.store(compiled, call, in: &plan)
        plans[call.count] = plan
        return (plan.constants, compiled)
    }

    private static func find(_ call: KEMICall, in plan: Plan) -> CompiledCall? {
        for known in plan.calls where matches(known.key, call, plan.constants) {
            return known.run
        }
        return nil
    }

    private static func store(
        _ compiled: @escaping CompiledCall, _ call: KEMICall, in plan: inout Plan
    ) {
        let entry = (key: key(call, plan.constants), run: compiled)
        if plan.calls.count < Limits.luaBindingsMax {
            plan.calls.append(entry)
        } else {
            plan.calls[plan.next] = entry
            plan.next = (plan.next + 1) % Limits.luaBindingsMax
        }
    }

    /// Finds the smallest set of constants with which the function can be bound.
    ///
    /// The error of the last attempt, with everything constant, is the one that speaks of values.
    private func probe(_ call: KEMICall) throws(ArgumentError) -> (UInt8, CompiledCall) {
        let sets = (0..<(1 << call.count)).map { UInt8(truncatingIfNeeded: $0) }
            .sorted { ($0.nonzeroBitCount, $0) < ($1.nonzeroBitCount, $1) }
        var last = ArgumentError("it cannot be called with \(call.count) arguments")
        for constants in sets {
            do {
                let compiled = try bind(call, constants)
                var plan = Plan(constants: constants)
                Self.store(compiled, call, in: &plan)
                plans[call.count] = plan
                return (constants, compiled)
            } catch {
                last = error
            }
        }
        throw last
    }

    /// Binds a call with the constants given and the other arguments read when it is made.
    private func bind(_ call: KEMICall, _ constants: UInt8) throws(ArgumentError) -> CompiledCall {
        let frames = call.state.frames
        var sources: [ArgumentSource] = []
        for place in 0..<call.count {
            if constants & (1 << UInt8(place)) == 0 {
                sources.append(.expression { _ in frames.value(place) })
            } else if call.isInteger(place) {
                sources.append(.integer(call.number(place)))
            } else {
                sources.append(.string(call.string(place)))
            }
        }
        let templates: any TemplateCompiler =
            function.expandsVariables
            ? call.state.script : LiteralTexts(state: call.state)
        guard
            let compiled = try function.module.function(
                function.name, sources + function.extra, templates)
        else { throw ArgumentError("module \"\(function.module.name)\" has it no more") }
        return compiled
    }

    /// Whether an argument holds pseudo-variables that are to be expanded.
    private func needsVariables(_ call: KEMICall) -> Bool {
        guard function.expandsVariables else { return false }
        for place in 0..<call.count where !call.isInteger(place) {
            let hasSign = call.withText(place) { text in
                text.indices.contains { text[$0] == UInt8(ascii: "$") }
            }
            if hasSign { return true }
        }
        return false
    }

    // MARK: The values of constants, one behind the other

    /// Each value is its length and its bytes, so that two lists never look alike.
    private static func key(_ call: KEMICall, _ constants: UInt8) -> [UInt8] {
        var key: [UInt8] = []
        for place in 0..<call.count where constants & (1 << UInt8(place)) != 0 {
            let bytes = call.bytes(place)
            key.append(call.isInteger(place) ? 1 : 0)
            for shift in [0, 8, 16, 24] {
                key.append(UInt8(truncatingIfNeeded: bytes.count >> shift))
            }
            key += bytes
        }
        return key
    }

    /// Whether a call has the values of a key; nothing is allocated for texts.
    private static func matches(_ key: [UInt8], _ call: KEMICall, _ constants: UInt8) -> Bool {
        var offset = 0
        for place in 0..<call.count where constants & (1 << UInt8(place)) != 0 {
            let isInteger = call.isInteger(place)
            let isSame = call.withText(place) { text in
                guard offset + 5 + text.count <= key.count,
                    key[offset] == (isInteger ? 1 : 0),
                    count(key, offset + 1) == text.count
                else { return false }
                let known = key.span.extracting((offset + 5)..<(offset + 5 + text.count))
                offset += 5 + text.count
                return known.equals(text)
            }
            guard isSame else { return false }
        }
        return offset == key.count
    }

    private static func count(_ key: [UInt8], _ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(key[offset + $1]) << ($1 * 8) }
    }
}

/// Texts of Lua are values: a `$` in them, which may come from a message, means nothing.
struct LiteralTexts: TemplateCompiler {
    /// The state that calls.
    let state: LuaState

    /// No text is a template.
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? { nil }

    /// What a script arms by a name is a function of that name.
    func has(_ route: NamedRoute, _ name: String) -> Bool { state.hasFunction(name) }

    /// Functions of Lua are not listed.
    func suggestion(_ route: NamedRoute, _ name: String) -> String? { nil }

    /// An argument that is the name of a variable, which the function writes, is one here too.
    func variable(_ text: String) throws(ArgumentError) -> VariableAccess {
        try state.script.variable(text)
    }
}
