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
    /// Only a variable whose row accepts `.dynamicInner` gets such a reference.
    public var dynamicInner: (@Sendable (ScriptContext) -> ScriptValue)?
    /// Compiles a part of what stands in parentheses, for variables that take it apart:
    /// `$sht(table=>$si)` has a constant table and a key that is known only when the script runs.
    ///
    /// Nil as a result means that the part holds no pseudo-variable. A part that is one variable
    /// alone keeps its type, and is null when the variable is.
    public var compilePart: VariablePartCompiler?
    /// The index in brackets.
    public var index: Index?

    /// A reference.
    public init(
        name: String, inner: String? = nil, index: Index? = nil,
        dynamicInner: (@Sendable (ScriptContext) -> ScriptValue)? = nil,
        compilePart: VariablePartCompiler? = nil
    ) {
        self.name = name
        self.inner = inner
        self.index = index
        self.dynamicInner = dynamicInner
        self.compilePart = compilePart
    }
}

/// Compiles a part of a variable's name; RouteScript provides it.
public typealias VariablePartCompiler =
    @Sendable (String) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)?

/// The forms of a reference that a variable takes beyond a constant name and a constant number.
///
/// A row that says nothing takes none of them, and the checker refuses them by name: a module that
/// was written for constant names must not be handed one that is known only when the script runs.
public struct VariableForms: OptionSet, Sendable, Hashable {
    /// One bit a form.
    public let rawValue: UInt8
    /// A set of bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `$(name[*])`: all values.
    public static let all = VariableForms(rawValue: 1)
    /// `$(name[$var(i)])`: an index that is known when the script runs.
    public static let dynamicIndex = VariableForms(rawValue: 2)
    /// `$name($var(x))`: pseudo-variables within the parentheses.
    public static let dynamicInner = VariableForms(rawValue: 4)
    /// All of them.
    public static let every: VariableForms = [.all, .dynamicIndex, .dynamicInner]
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
    /// The forms of index and name that it takes beyond constant ones.
    public let accepts: VariableForms
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
        _ name: String, inner: Inner = .none, isWritable: Bool = false,
        accepts: VariableForms = [], _ summary: String,
        check: @escaping @Sendable (VariableReference) throws(ArgumentError) -> Void = { _ in },
        compile: @escaping @Sendable (M, VariableReference) throws(ArgumentError) -> VariableAccess
    ) {
        self.name = name
        self.inner = inner
        self.isWritable = isWritable
        self.accepts = accepts
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
