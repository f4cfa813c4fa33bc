internal import Basics
public import ModuleKit

/// What is wrong with a configuration, where, and what to write instead.
///
/// It is the only error of this target. Operators read `rendered`; programs and tests compare
/// `kind` and `location`, which do not change when a sentence is worded better.
public struct ScriptError: Error, Sendable, Hashable {
    /// What is wrong; programs tell errors apart by it.
    public enum Kind: Sendable, Hashable {
        /// A file that cannot be read.
        case file
        /// Bytes that are no token, or a directive that is none.
        case lexical
        /// Tokens in an order that the grammar does not have.
        case syntax
        /// A bound of `Limits` is exceeded.
        case limit
        /// `loadmodule` names no module that is known.
        case unknownModule
        /// `modparam` names no parameter of the module.
        case unknownParameter
        /// A global parameter that is not known.
        case unknownGlobal
        /// A function that no loaded module has.
        case unknownFunction
        /// A pseudo-variable that no loaded module has.
        case unknownVariable
        /// `route()` names a block that is not there.
        case unknownRoute
        /// An event that no loaded module raises.
        case unknownEvent
        /// A value, argument or operand of the wrong type, or out of its bounds.
        case value
        /// Something in a block that may not have it there, or a second block of one name.
        case placement
        /// Part of Kamailio's language that this server does not have.
        case unsupported
    }
    /// Where it is.
    public var location: SourceLocation
    /// What kind of error it is.
    public var kind: Kind
    /// The whole sentence, without a place.
    public var message: String
    /// The line it stands on.
    ///
    /// It is kept with the error because the source may be gone when the error is shown, for
    /// instance after a reload over RPC. Empty where no line belongs to the error.
    public var sourceLine: String
    /// What to do about it; nil without an idea.
    public var hint: String?

    /// An error at a place.
    public init(
        _ kind: Kind, at location: SourceLocation, _ message: String, sourceLine: String = "",
        hint: String? = nil
    ) {
        self.kind = kind
        self.location = location
        self.message = message
        self.sourceLine = sourceLine
        self.hint = hint
    }

    /// The error as the operator reads it: place and sentence, the line, a caret, the hint.
    public var rendered: String {
        let place = "\(location.file):\(location.line):\(location.column)"
        var text = "\(place): error: \(message)"
        guard !sourceLine.isEmpty else {
            return hint.map { "\(text)\n  hint: \($0)" } ?? text
        }
        // Tabs are kept in the margin, so that the caret stands right at any tab width.
        let before = sourceLine.utf8.prefix(location.column - 1)
        let margin = before.filter { $0 & 0xC0 != 0x80 }.map { $0 == Byte.tab ? "\t" : " " }
        text += "\n  \(sourceLine)\n  \(margin.joined())^"
        if let hint { text += " hint: \(hint)" }
        return text
    }
}

/// All errors that one reading of a configuration found; never empty when it is thrown.
///
/// Several errors are collected because an operator who mends a long configuration should not have
/// to start the server once for each of them.
public struct ScriptErrors: Error, Sendable, Hashable {
    /// The errors in the order they were found, at most `Limits.scriptErrorsMax`.
    public var errors: [ScriptError]

    /// Errors of one reading.
    public init(_ errors: [ScriptError]) {
        assert(!errors.isEmpty, "a failure has an error")
        self.errors = errors
    }

    /// All of them as the operator reads them, one behind the other.
    public var rendered: String { errors.map(\.rendered).joined(separator: "\n") }
}

/// Collects errors until there are enough.
///
/// The bound keeps a broken file, or one that is no configuration at all, from flooding the log;
/// Kamailio stops at its first syntax error instead.
struct Diagnostics {
    /// What was found so far.
    private(set) var errors: [ScriptError] = []
    /// How many errors are wanted.
    let limit: Int

    /// Collects up to a number of errors; as many as a start shows without one.
    init(limit: Int = Limits.scriptErrorsMax) { self.limit = limit }

    /// Whether no more errors are wanted.
    var isFull: Bool { errors.count >= limit }

    /// Notes an error; one that repeats an earlier one at the same place is left out.
    mutating func report(_ error: ScriptError) {
        guard !isFull, !errors.contains(error) else { return }
        errors.append(error)
    }
}
