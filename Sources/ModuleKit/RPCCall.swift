public import JSONValue

/// Why a management command was refused.
public struct RPCError: Error, Sendable, Equatable {
    /// JSON-RPC code: a reserved negative one, or a command's own (400, 404, 500).
    public var code: Int
    /// One sentence.
    public var message: String
    /// Details for programs: the parameter, what was expected, bounds.
    public var data: JSONValue?
    /// An error.
    public init(_ code: Int, _ message: String, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// The body is no JSON (JSON-RPC 2.0 section 5.1).
    public static let parseError = -32700
    /// The JSON is no request.
    public static let invalidRequest = -32600
    /// There is no such command.
    public static let methodNotFound = -32601
    /// A parameter is missing, unknown or of another type.
    public static let invalidParameters = -32602
    /// The server failed.
    public static let internalError = -32603
}

/// Who calls a management command, for the log of changes.
public struct RPCCaller: Sendable, Hashable {
    /// "http", "ctl", "fifo".
    public var channel: String
    /// Address or socket.
    public var address: String
    /// User or token name, when there is one.
    public var user: String?
    /// A caller.
    public init(channel: String, address: String, user: String? = nil) {
        self.channel = channel
        self.address = address
        self.user = user
    }
}

/// The shape of a value in rpc-schema: enough of JSON Schema for our commands.
public indirect enum Schema: Sendable, Equatable {
    /// Anything.
    case any
    /// `null`.
    case null
    /// `true` or `false`.
    case bool
    /// An integer.
    case integer
    /// Any number.
    case number
    /// A string.
    case string
    /// An array of one shape.
    case array(Schema)
    /// An object; members that are not listed are refused unless `others` gives their shape.
    case object([Property], others: Schema?)
    /// One of several shapes.
    case oneOf([Schema])

    /// One member of an object.
    public struct Property: Sendable, Equatable {
        /// Name.
        public var name: String
        /// Shape.
        public var schema: Schema
        /// Whether it is always there.
        public var isRequired: Bool
        /// A member.
        public init(_ name: String, _ schema: Schema, isRequired: Bool = true) {
            self.name = name
            self.schema = schema
            self.isRequired = isRequired
        }
    }

    /// The empty object: what a command without a result answers.
    public static var nothing: Schema { .object([], others: nil) }
}

/// One parameter of a management command.
public struct RPCParameter: Sendable {
    /// What it accepts; strings that hold a number pass for numbers, as remote controls send them.
    public enum Kind: Sendable, Hashable {
        /// A string; numbers are accepted and printed.
        case string
        /// An integer.
        case integer
        /// Any number.
        case number
        /// A string or an integer, as it comes.
        case value
    }
    /// Name for calls with named parameters.
    public var name: String
    /// What it accepts.
    public var kind: Kind
    /// Whether it may be left out.
    public var isOptional: Bool
    /// Whether all remaining positional values belong to it.
    public var isRest: Bool
    /// One sentence.
    public var summary: String
    /// A parameter.
    public init(
        _ name: String, _ kind: Kind, isOptional: Bool = false, isRest: Bool = false,
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
        self.isRest = isRest
        self.summary = summary
    }
}

/// One call of a management command, its parameters checked and in the declared order.
public struct RPCCall: Sendable {
    /// The command.
    public var method: String
    /// One value a declared parameter, nil where it was left out; a rest parameter is an array.
    public var values: [JSONValue?]
    /// Who calls.
    public var caller: RPCCaller
    /// Where the command notes what it has changed (`note`); nil where nobody keeps a record.
    public var changes: ChangeNotes?

    /// A call.
    public init(
        method: String, values: [JSONValue?], caller: RPCCaller, changes: ChangeNotes? = nil
    ) {
        self.method = method
        self.values = values
        self.caller = caller
        self.changes = changes
    }

    /// The string at a place; nil when it was left out.
    public func string(_ place: Int) -> String? {
        guard place < values.count, let value = values[place] else { return nil }
        return switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number): "\(number)"
        default: nil
        }
    }

    /// The integer at a place; nil when it was left out.
    public func integer(_ place: Int) -> Int? {
        guard place < values.count, let value = values[place] else { return nil }
        return switch value {
        case .integer(let number): Int(number)
        case .double(let number): Int(exactly: number)
        case .string(let text): ScriptNumber.parse(text)
        default: nil
        }
    }

    /// The number at a place; nil when it was left out.
    public func double(_ place: Int) -> Double? {
        guard place < values.count, let value = values[place] else { return nil }
        return switch value {
        case .integer(let number): Double(number)
        case .double(let number): number
        case .string(let text): Double(text)
        default: nil
        }
    }

    /// The values of a rest parameter as strings.
    public func rest(_ place: Int) -> [String] {
        guard place < values.count, case .array(let items)? = values[place] else { return [] }
        return items.compactMap { item in
            RPCCall(method: method, values: [item], caller: caller).string(0)
        }
    }
}

/// A result that is too large to be built: it is asked for piece by piece.
public protocol ResultStream: AnyObject, Sendable {
    /// Writes the next piece of the result, some tens of kilobytes; false when it was the last.
    func produce(into writer: inout JSONWriter) -> Bool
}

/// What a management command answers.
public enum RPCOutcome: Sendable {
    /// Nothing to say: `{}`.
    case done
    /// A value.
    case value(JSONValue)
    /// A large value, piece by piece.
    case stream(any ResultStream)
}
