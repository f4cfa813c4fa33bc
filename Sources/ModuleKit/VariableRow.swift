/// How a script names a pseudo-variable: `$(name(inner)[index])`.
public struct VariableReference: Sendable {
    /// Which of several values is meant.
    public enum Index: Sendable {
        /// One of them, from 0; negative ones count from the end.
        case number(Int)
        /// `[*]`: all of them.
        case all
        /// Known only when the script runs: `[$var(i)]`; nil when the value is no number.
        case dynamic(@Sendable (ScriptContext) -> Int?)

        /// The number for this message; nil for `[*]` and for what is no number.
        public func number(_ context: ScriptContext) -> Int? {
            switch self {
            case .number(let number): number
            case .all: nil
            case .dynamic(let read): read(context)
            }
        }

        /// The number that the script has written, nil for the other forms.
        public var constant: Int? {
            if case .number(let number) = self { return number }
            return nil
        }
    }

    /// The name without `$`.
    public var name: String
    /// What stands in parentheses as it is written, nil without any.
    public var inner: String?
    /// What stands in parentheses, where it holds pseudo-variables: `$hdr($var(name))`.
    ///
    /// A module that takes names apart when the script is loaded must refuse it.
    public var dynamicInner: (@Sendable (ScriptContext) -> ScriptValue)?
    /// The index in brackets.
    public var index: Index?

    /// A reference.
    public init(
        name: String, inner: String? = nil, index: Index? = nil,
        dynamicInner: (@Sendable (ScriptContext) -> ScriptValue)? = nil
    ) {
        self.name = name
        self.inner = inner
        self.index = index
        self.dynamicInner = dynamicInner
    }
}

/// What a reference compiles to.
public struct VariableAccess: Sendable {
    /// Reads the value.
    public var read: @Sendable (ScriptContext) -> ScriptValue
    /// Writes the value; false when it is not acceptable.
    ///
    /// nil when the variable is read-only.
    public var write: (@Sendable (ScriptContext, ScriptValue) -> Bool)?
    /// An access.
    public init(
        read: @escaping @Sendable (ScriptContext) -> ScriptValue,
        write: (@Sendable (ScriptContext, ScriptValue) -> Bool)? = nil
    ) {
        self.read = read
        self.write = write
    }
}

/// The declaration of one pseudo-variable class.
public struct VariableRow<M: AnyObject & Sendable>: Sendable {
    /// What may stand in parentheses.
    public enum Inner: Sendable, Hashable {
        /// Nothing.
        case none
        /// Something must.
        case required
        /// Something may.
        case optional
    }
    /// The name without `$`.
    public let name: String
    /// What may stand in parentheses.
    public let inner: Inner
    /// Whether the script may assign to it.
    public let isWritable: Bool
    /// One sentence for the reference page.
    public let summary: String
    /// Checks a reference without a module.
    let check: @Sendable (VariableReference) throws(ArgumentError) -> Void
    /// Compiles a reference for an instance of the module.
    let compile: @Sendable (M, VariableReference) throws(ArgumentError) -> VariableAccess

    /// A variable class with a compiler of its own.
    ///
    /// `check` refuses what the compiler would refuse, but needs no module: the configuration is
    /// checked before any is made.
    public init(
        _ name: String, inner: Inner = .none, isWritable: Bool = false, _ summary: String,
        check: @escaping @Sendable (VariableReference) throws(ArgumentError) -> Void = { _ in },
        compile: @escaping @Sendable (M, VariableReference) throws(ArgumentError) -> VariableAccess
    ) {
        self.name = name
        self.inner = inner
        self.isWritable = isWritable
        self.summary = summary
        self.check = check
        self.compile = compile
    }

    /// A read-only variable without parts.
    public init(
        _ name: String, _ summary: String,
        read: @escaping @Sendable (ScriptContext) -> ScriptValue
    ) {
        self.init(name, summary) { (_, _) in VariableAccess(read: read) }
    }
}
