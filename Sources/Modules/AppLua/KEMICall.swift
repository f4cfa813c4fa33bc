internal import Basics
internal import CLuaBridge
internal import ModuleKit

/// What a function of the server gives back to Lua.
enum KEMIResult: Sendable {
    /// `nil`.
    case null
    /// A Boolean.
    case boolean(Bool)
    /// A number.
    case integer(Int)
    /// A string.
    case text(ScriptText)
    /// An error in Lua, with these words.
    case error(String)
    /// The end of the script.
    case exit

    /// The result that a value of a pseudo-variable is; nothing for null.
    init(_ value: ScriptValue) {
        switch value {
        case .null: self = .null
        case .integer(let number): self = .integer(number)
        case .text(let text): self = .text(text)
        }
    }

    /// A code of the script: 1 for yes, -1 for no.
    static func code(_ isTrue: Bool) -> KEMIResult { .integer(isTrue ? 1 : -1) }
    /// An empty string.
    static var empty: KEMIResult { .text(.owned([])) }
}

/// One call of a function of the server by a script in Lua.
///
/// The texts of its arguments are Lua's: they are borrowed until the call is over.
@safe
struct KEMICall {
    /// The state that calls.
    let state: LuaState
    /// The message and what belongs to it.
    let context: ScriptContext
    private let arguments: UnsafeBufferPointer<CLuaValue>

    /// A call.
    init(state: LuaState, context: ScriptContext, arguments: UnsafeBufferPointer<CLuaValue>) {
        self.state = state
        self.context = context
        unsafe self.arguments = unsafe arguments
    }

    /// Most arguments of a call.
    static let countMax = Int(CLUA_ARGUMENTS_MAX)
    /// How many arguments it has.
    var count: Int { unsafe arguments.count }

    /// The same call without its first argument.
    func dropFirst() -> KEMICall {
        unsafe KEMICall(
            state: state, context: context,
            arguments: UnsafeBufferPointer(rebasing: arguments.dropFirst()))
    }

    /// The words for what a place holds, nil for a string or a whole number.
    func fault(at place: Int) -> String? {
        switch unsafe Int(arguments[place].kind) {
        case Int(CLUA_TEXT), Int(CLUA_INTEGER): nil
        case Int(CLUA_NIL): "argument \(place + 1) is nil"
        case Int(CLUA_BOOLEAN): "argument \(place + 1) is a Boolean"
        default: "argument \(place + 1) is neither a string nor a number"
        }
    }

    /// What is wrong with the arguments for a function that takes `parameters`; nil if nothing is.
    ///
    /// Numbers pass for strings, and strings that hold a number for numbers, as everywhere in Lua.
    func fault(_ parameters: StaticString) -> String? {
        let needed = parameters.utf8CodeUnitCount
        guard count == needed else { return "takes \(needed) arguments, found \(count)" }
        for place in 0..<needed {
            if let fault = fault(at: place) { return fault }
            let isInteger = unsafe parameters.utf8Start[place] == UInt8(ascii: "i")
            if isInteger, integer(place) == nil {
                return "argument \(place + 1) must be a whole number"
            }
        }
        return nil
    }

    /// Whether an argument is a number.
    func isInteger(_ place: Int) -> Bool { unsafe Int(arguments[place].kind) == Int(CLUA_INTEGER) }

    /// A number, nil for what is none.
    func integer(_ place: Int) -> Int? {
        if isInteger(place) { return unsafe Int(arguments[place].integer) }
        return withText(place) { ScriptNumber.convert($0) }
    }

    /// A number of an argument that was checked.
    func number(_ place: Int) -> Int { integer(place) ?? 0 }

    /// Lends the bytes of a text; those of a number are its decimal digits.
    func withText<R>(_ place: Int, _ body: (Span<UInt8>) -> R) -> R {
        if isInteger(place) {
            let digits = Array(String(unsafe arguments[place].integer).utf8)
            return body(digits.span)
        }
        guard let start = unsafe arguments[place].text else { return body(Span()) }
        return body(unsafe Span(_unsafeStart: start, count: arguments[place].length))
    }

    /// The bytes of a text.
    func bytes(_ place: Int) -> [UInt8] { withText(place, Self.copy) }

    /// A text as a Swift string, for names.
    func string(_ place: Int) -> String { withText(place) { String(copying: $0) } }

    /// A text that lives as long as the message: in the scratch buffer while there is room, else in
    /// an array of its own.
    func text(_ place: Int) -> ScriptText {
        let context = context
        return withText(place) { bytes in
            guard context.scratch.count + bytes.count <= Limits.scratchBytesMax else {
                return .owned(Self.copy(bytes))
            }
            let start = context.scratch.count
            context.scratch.append(bytes)
            return .scratch(ByteRange(offset: start, count: bytes.count))
        }
    }

    /// An argument as a value: a number or a text.
    func value(_ place: Int) -> ScriptValue {
        isInteger(place) ? .integer(number(place)) : .text(text(place))
    }

    private static func copy(_ span: Span<UInt8>) -> [UInt8] {
        Array(capacity: span.count) { output in
            for place in span.indices { output.append(span[place]) }
        }
    }
}
