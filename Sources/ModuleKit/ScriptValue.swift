public import Basics

/// A value of the routing script: undefined, an integer or a string.
public enum ScriptValue: Sendable {
    /// `$null`: a header field that is absent, a variable that was never set.
    case null
    /// An integer.
    case integer(Int)
    /// A string.
    case text(ScriptText)

    /// A string value that owns its bytes.
    public static func string(_ text: String) -> ScriptValue { .text(.owned(Array(text.utf8))) }
}

/// A string of the routing script, without a copy where it is a part of the message.
public enum ScriptText: Sendable {
    /// A part of the message that the script works on.
    case message(ByteRange)
    /// Bytes in the context's scratch buffer; they live until the message is done.
    case scratch(ByteRange)
    /// A constant of the script, or bytes that outlive the message.
    case owned([UInt8])
}

/// Where in the configuration something stands.
public struct SourceLocation: Sendable, Hashable {
    /// File as it was named.
    public var file: String
    /// Line, from 1.
    public var line: Int
    /// Column in bytes, from 1.
    public var column: Int
    /// A location.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
    /// A place that no file has, for what the command line defines.
    public static var commandLine: SourceLocation {
        SourceLocation(file: "command line", line: 1, column: 1)
    }
}

/// A further target of a request: what `append_branch` and `lookup` add.
public struct ScriptBranch: Sendable, Hashable {
    /// Its request URI.
    public var uri: [UInt8]
    /// Where it is sent instead of to its URI.
    public var destination: [UInt8]?
    /// Its priority in thousandths, -1 when unset.
    public var q: Int
    /// Its branch flags.
    public var flags: UInt32
    /// What a binding says about the way to it.
    public var target: BranchTarget
    /// A target.
    public init(
        uri: [UInt8], destination: [UInt8]?, q: Int, flags: UInt32,
        target: BranchTarget = BranchTarget()
    ) {
        self.uri = uri
        self.destination = destination
        self.q = q
        self.flags = flags
        self.target = target
    }
}
