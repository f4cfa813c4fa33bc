internal import Basics
internal import CLuaBridge
internal import ModuleKit

/// One Lua interpreter with the functions of the server.
///
/// Nothing of Lua's own interface is called here: its errors are long jumps, and they may not pass
/// a Swift frame. What can raise an error runs in `CLuaBridge`, and what Lua calls here returns a
/// value before anything is raised.
///
/// `@unchecked Sendable`: a state belongs to one seat, or waits in a pool, which hands it over
/// under its lock; so one thread at a time uses it. The module's probe is used under its lock.
@safe
final class LuaState: @unchecked Sendable {
    /// The version of the files it runs.
    let version: UInt64
    /// What the script can call.
    let catalogue: KEMICatalogue
    /// The names of the routing script.
    let script: any ScriptAccess
    /// The pseudo-variables that were used.
    let names = NameCache()
    /// The arguments of the calls that are under way.
    let frames = ArgumentFrames()
    /// Whether lines of the log show where in the script they were written (`log_mode`).
    let showsPlaces: Bool
    private let host: OpaquePointer
    /// The context of the run; it outlives the run, which it is an argument of.
    private var context: ScriptContext?
    /// How each function is carried out, apart from its names, which a call does not need.
    private let bodies: [KEMIFunction.Body]
    /// The calls that are bound, by the number of the function.
    private var bindings: [FunctionBindings?]
    /// The calls of `modf`, by the name of the function.
    private var modules: [String: FunctionBindings] = [:]
    /// Texts on their way to Lua that stand in no buffer of the context.
    private var spill = ByteWriter(capacity: 256)

    /// A state whose libraries are there and whose script is not loaded yet.
    init(
        _ catalogue: KEMICatalogue, _ script: any ScriptAccess, version: UInt64,
        showsPlaces: Bool = false
    ) throws(LuaFailure) {
        guard
            let host = unsafe clua_open(
                Limits.luaMemoryBytesMax, Int64(Limits.luaInstructionsMax),
                Int64(Limits.luaMillisecondsMax))
        else { throw LuaFailure("there is no memory for a Lua state") }
        unsafe self.host = host
        self.catalogue = catalogue
        self.script = script
        self.version = version
        self.showsPlaces = showsPlaces
        bodies = catalogue.functions.map(\.body)
        bindings = Array(repeating: nil, count: catalogue.functions.count)
        for (number, function) in catalogue.functions.enumerated() {
            guard unsafe clua_define(host, function.object, function.name, Int32(number)) else {
                throw LuaFailure("there is no memory for the functions of the server")
            }
        }
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe clua_set_owner(host, owner) { owner, number, arguments, count, result in
            guard let owner = unsafe owner, let result = unsafe result else { return }
            let state = unsafe Unmanaged<LuaState>.fromOpaque(owner).takeUnretainedValue()
            let answer = unsafe state.answer(Int(number), arguments, Int(count))
            unsafe state.lend(answer, to: result)
        }
    }

    deinit { unsafe clua_close(host) }

    /// Whether a script is under way, for instance one that has called a route.
    var isRunning: Bool { unsafe clua_is_running(host) }
    /// Bytes in use.
    var memory: Int { unsafe clua_memory(host) }
    /// Whether the script has a function.
    func hasFunction(_ name: String) -> Bool { unsafe clua_has(host, name) }

    // MARK: Runs

    /// Compiles a file and runs it.
    func load(_ file: LuaScript, in context: ScriptContext) throws(LuaFailure) {
        if case .failed(let words) = execute(file.bytes, "@\(file.path)", in: context) {
            throw LuaFailure(words)
        }
    }

    /// Compiles a text and runs it; Lua's messages call it by `name`.
    func execute(_ text: [UInt8], _ name: String, in context: ScriptContext) -> LuaOutcome {
        within(context) {
            unsafe text.withUnsafeBufferPointer { buffer in
                unsafe clua_load(host, buffer.baseAddress, buffer.count, name, true)
            }
        }
    }

    /// Calls a global function.
    func run(
        _ function: String, _ arguments: [ScriptText], in context: ScriptContext
    ) -> LuaOutcome {
        var result = unsafe CLuaValue()
        if arguments.isEmpty {
            let outcome = within(context) { unsafe clua_run(host, function, nil, 0, &result) }
            return unsafe Self.value(outcome, result)
        }
        let texts = arguments.map { context.bytes(of: $0) }
        let joined = texts.flatMap { $0 }
        let outcome = within(context) {
            unsafe joined.withUnsafeBufferPointer { bytes in
                var place = 0
                let values = unsafe texts.map { text in
                    defer { place += text.count }
                    return unsafe CLuaValue(
                        kind: Int32(CLUA_TEXT), integer: 0,
                        text: bytes.baseAddress.map { unsafe $0 + place }, length: text.count)
                }
                return unsafe clua_run(host, function, values, Int32(values.count), &result)
            }
        }
        return unsafe Self.value(outcome, result)
    }

    /// Runs with a context, and puts back the one of a run around it.
    private func within(_ context: ScriptContext, _ body: () -> Int32) -> LuaOutcome {
        let outer = self.context
        self.context = context
        defer { self.context = outer }
        switch Int(body()) {
        case Int(CLUA_DONE): return .done(nil)
        case Int(CLUA_STOPPED): return .stopped
        case Int(CLUA_MISSING): return .missing
        default: return .failed(lastError)
        }
    }

    private static func value(_ outcome: LuaOutcome, _ result: CLuaValue) -> LuaOutcome {
        guard outcome == .done(nil) else { return outcome }
        switch unsafe Int(result.kind) {
        case Int(CLUA_INTEGER): return .done(unsafe Int(result.integer))
        case Int(CLUA_BOOLEAN): return .done(unsafe result.integer != 0 ? 1 : -1)
        default: return outcome
        }
    }

    private var lastError: String {
        var length = 0
        guard let text = unsafe clua_error(host, &length) else { return "" }
        let words = unsafe UnsafeBufferPointer(start: text, count: length)
        return unsafe String(decoding: words, as: UTF8.self)
    }

    /// Where the script stands that calls the server: "roost.lua:12"; empty when nobody calls.
    var place: String {
        let text = unsafe [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            count = unsafe clua_place(host, buffer.baseAddress, buffer.count)
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Calls from Lua

    /// Carries a call out.
    private func answer(
        _ number: Int, _ arguments: UnsafePointer<CLuaValue>?, _ count: Int
    ) -> KEMIResult {
        guard let context else { return .error("the server is not there") }
        let call = unsafe KEMICall(
            state: self, context: context,
            arguments: UnsafeBufferPointer(start: arguments, count: count))
        switch bodies[number] {
        case .native(let parameters, let body):
            guard let fault = call.fault(parameters) else { return body(call) }
            return refuse(number, fault, context)
        case .byName: return callByName(call)
        case .script(let target):
            let bound = bindings[number] ?? FunctionBindings(target)
            bindings[number] = bound
            do throws(ArgumentError) { return .integer(try bound.run(call)) } catch {
                return refuse(number, error.message, context)
            }
        }
    }

    /// Logs what is wrong with a call, and answers it as its kind of function says no.
    private func refuse(
        _ number: Int, _ fault: String, _ context: ScriptContext
    ) -> KEMIResult {
        let function = catalogue.functions[number]
        context.log(.error, "Lua: \(function.fullName): \(fault)")
        return function.refusal
    }

    /// `KSR.x.modf(name, ...)`: any function of a module by its name in scripts.
    private func callByName(_ call: KEMICall) -> KEMIResult {
        guard call.count > 0, call.fault(at: 0) == nil else {
            call.context.log(.error, "Lua: KSR.x.modf: it takes the name of a function")
            return .integer(-1)
        }
        let name = call.string(0)
        guard let target = catalogue.scriptFunctions[name] else {
            call.context.log(.error, "Lua: KSR.x.modf: there is no function \"\(name)\"")
            return .integer(-1)
        }
        let bound = modules[name] ?? FunctionBindings(target.expanding)
        modules[name] = bound
        do throws(ArgumentError) { return .integer(try bound.run(call.dropFirst())) } catch {
            call.context.log(.error, "Lua: KSR.x.modf(\"\(name)\"): \(error.message)")
            return .integer(-1)
        }
    }

    /// Puts a result where Lua takes it from.
    ///
    /// A text is lent where it stands, in the message or in the context's scratch buffer: Lua
    /// copies it at once, before anything can change it.
    private func lend(_ answer: KEMIResult, to result: UnsafeMutablePointer<CLuaValue>) {
        switch answer {
        case .null: unsafe result.pointee.kind = Int32(CLUA_NIL)
        case .boolean(let isTrue):
            unsafe result.pointee.kind = Int32(CLUA_BOOLEAN)
            unsafe result.pointee.integer = isTrue ? 1 : 0
        case .integer(let number):
            unsafe result.pointee.kind = Int32(CLUA_INTEGER)
            unsafe result.pointee.integer = Int64(number)
        case .text(let text): unsafe lend(text, Int32(CLUA_TEXT), to: result)
        case .error(let words):
            unsafe lend(.owned(Array(words.utf8)), Int32(CLUA_ERROR), to: result)
        case .exit: unsafe result.pointee.kind = Int32(CLUA_EXIT)
        }
    }

    private func lend(
        _ text: ScriptText, _ kind: Int32, to result: UnsafeMutablePointer<CLuaValue>
    ) {
        unsafe result.pointee.kind = kind
        if case .owned(let bytes) = text {
            spill.removeAll()
            spill.append(bytes)
            unsafe Self.point(result, to: spill)
        } else {
            context?.withBytes(of: text) { bytes in unsafe Self.point(result, to: bytes) }
        }
    }

    private static func point(
        _ result: UnsafeMutablePointer<CLuaValue>, to writer: borrowing ByteWriter
    ) {
        unsafe point(result, to: writer.span)
    }

    /// The bytes stand in a buffer that only the next call or the next message changes.
    private static func point(
        _ result: UnsafeMutablePointer<CLuaValue>, to bytes: Span<UInt8>
    ) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe result.pointee.text = buffer.baseAddress
            unsafe result.pointee.length = buffer.count
        }
    }
}
