internal import Basics

/// What a transformation does with a value: `{s.len}` turns a text into its length.
///
/// Null as a result means that there is no value: the input was null, or the text was not of the
/// kind that the transformation reads.
public typealias Transformation = @Sendable (ScriptContext, ScriptValue) -> ScriptValue

/// One parameter of a transformation, behind a comma: `{s.substr,offset,length}`.
public struct TransformationParameter: Sendable, Hashable {
    /// How it is read.
    public enum Kind: Sendable, Hashable {
        /// Text up to the next comma.
        case text
        /// An integer.
        case integer
        /// One character, which may be a comma; `\n \r \t \s \w \\` name those hard to write.
        case character
        /// All that is left, commas included, with its variables uncompiled.
        case rest
    }
    /// The name in documentation and errors.
    public var name: String
    /// How it is read.
    public var kind: Kind
    /// Whether it may be left out; then those behind it are left out too.
    public var isOptional: Bool

    /// A parameter.
    public init(_ name: String, _ kind: Kind, isOptional: Bool = false) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }
}

/// The value of a parameter: converted once when it is a literal, asked for at each call when it is
/// a pseudo-variable.
public enum TransformationArgument: Sendable {
    /// An integer, or a character by its code.
    case number(Int)
    /// A text.
    case text([UInt8])
    /// A pseudo-variable.
    case dynamic(@Sendable (ScriptContext) -> ScriptValue)

    /// Its value as a number; nil for null and for what is no number.
    public func number(_ context: ScriptContext) -> Int? {
        switch self {
        case .number(let number): number
        case .text: nil
        case .dynamic(let read): context.integer(read(context))
        }
    }

    /// Its value as a text; nil for null.
    public func text(_ context: ScriptContext) -> ScriptText? {
        switch self {
        case .number(let number): context.text(.integer(number))
        case .text(let bytes): .owned(bytes)
        case .dynamic(let read): context.text(read(context))
        }
    }
}

/// The declaration of one transformation, `{class.name,parameter,…}`.
///
/// It needs no instance of its module: all that it works on is the value and the context.
public struct TransformationRow: Sendable {
    /// Class and name: `s.substr`; scripts may write it in either case.
    public let name: String
    /// Its parameters in order.
    public let parameters: [TransformationParameter]
    /// One sentence for the reference page.
    public let summary: String
    /// Compiles a use; errors say what is wrong with the parameters.
    private let compile:
        @Sendable ([TransformationArgument], any TemplateCompiler) throws(ArgumentError)
            -> Transformation

    /// A transformation with a compiler of its own.
    public init(
        _ name: String, _ parameters: [TransformationParameter] = [], _ summary: String,
        compile:
            @escaping @Sendable ([TransformationArgument], any TemplateCompiler)
            throws(ArgumentError) -> Transformation
    ) {
        precondition(
            parameters.dropLast().allSatisfy { $0.kind != .rest },
            "what takes the rest stands last")
        self.name = name
        self.parameters = parameters
        self.summary = summary
        self.compile = compile
    }

    /// A transformation without parameters.
    public init(_ name: String, _ summary: String, apply: @escaping Transformation) {
        self.init(name, [], summary) { (_, _) in apply }
    }

    /// How it is written: `{s.substr,offset,length}`.
    public var signature: String {
        let parts = parameters.map { $0.isOptional ? "[,\($0.name)]" : ",\($0.name)" }
        return "{" + name + parts.joined() + "}"
    }

    /// Compiles a use with the parameters that stand in the script.
    public func bind(
        _ sources: [ArgumentSource], _ templates: any TemplateCompiler
    ) throws(ArgumentError) -> Transformation {
        let required = parameters.filter { !$0.isOptional }.count
        guard sources.count >= required, sources.count <= parameters.count else {
            throw ArgumentError(
                "\(signature) takes \(Self.count(required, parameters.count)), "
                    + "found \(sources.count)")
        }
        var arguments: [TransformationArgument] = []
        for (place, source) in sources.enumerated() {
            arguments.append(try Self.argument(source, parameters[place]))
        }
        return try compile(arguments, templates)
    }

    private static func count(_ least: Int, _ most: Int) -> String {
        if least == most { return most == 1 ? "1 parameter" : "\(most) parameters" }
        return "\(least) to \(most) parameters"
    }

    /// Converts one parameter.
    private static func argument(
        _ source: ArgumentSource, _ parameter: TransformationParameter
    ) throws(ArgumentError) -> TransformationArgument {
        switch (source, parameter.kind) {
        case (.integer(let number), _): return .number(number)
        case (.expression(let read), .character):
            return .dynamic { context in Self.character(read(context), context) }
        case (.expression(let read), _): return .dynamic(read)
        case (.string(let text), .text), (.string(let text), .rest):
            return .text(Array(text.utf8))
        case (.string(let text), .integer):
            let digits = text.filter { $0 != " " && $0 != "\t" }
            guard let number = Int(digits) else {
                throw ArgumentError("\(parameter.name) is an integer, found \"\(text)\"")
            }
            return .number(number)
        case (.string(let text), .character):
            guard let byte = character(text) else {
                throw ArgumentError("\(parameter.name) is one character, found \"\(text)\"")
            }
            return .number(Int(byte))
        }
    }

    /// The first byte of a value as a number; null when there is none.
    private static func character(_ value: ScriptValue, _ context: ScriptContext) -> ScriptValue {
        guard let text = context.text(value) else { return .null }
        let byte = context.withBytes(of: text) { $0.isEmpty ? nil : $0[0] }
        return byte.map { .integer(Int($0)) } ?? .null
    }

    /// A character as it is written.
    private static func character(_ text: String) -> UInt8? {
        let bytes = Array(text.utf8)
        if bytes.count == 1, bytes[0] != UInt8(ascii: "\\") { return bytes[0] }
        guard bytes.count == 2, bytes[0] == UInt8(ascii: "\\") else { return nil }
        switch bytes[1] {
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "s"), UInt8(ascii: "w"): return 32
        case UInt8(ascii: "\\"): return bytes[1]
        default: return nil
        }
    }
}
