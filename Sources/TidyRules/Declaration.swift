/// A declaration outside of function bodies.
public struct Declaration: Hashable, Sendable {
    /// What is declared, by its keyword.
    public enum Kind: String, Sendable {
        /// A type that holds members.
        case structure = "struct"
        /// A class.
        case `class`
        /// An enumeration.
        case enumeration = "enum"
        /// An actor.
        case actor
        /// A protocol.
        case `protocol`
        /// An extension, which declares its members but nothing itself.
        case `extension`
        /// A function.
        case function = "func"
        /// An initialiser.
        case initialiser = "init"
        /// A deinitialiser.
        case deinitialiser = "deinit"
        /// A subscript.
        case `subscript`
        /// A variable, stored or computed.
        case variable = "var"
        /// A constant.
        case constant = "let"
        /// One line of cases of an enumeration.
        case enumerationCase = "case"
        /// Another name of a type.
        case alias = "typealias"
        /// A type that a protocol leaves open.
        case associatedType = "associatedtype"

        /// Whether it holds members.
        var holdsMembers: Bool {
            switch self {
            case .structure, .class, .enumeration, .actor, .protocol, .extension: true
            default: false
            }
        }

        /// Whether it counts as a function: it has parameters or at least a body of statements.
        var isFunction: Bool {
            switch self {
            case .function, .initialiser, .deinitialiser, .subscript: true
            default: false
            }
        }

        /// Whether a brace that follows belongs to it.
        var mayHaveBody: Bool { holdsMembers || isFunction || self == .variable }
    }

    /// What is declared.
    public let kind: Kind
    /// Its name, or its keyword when it has none.
    public let name: String
    /// Line of the keyword.
    public let line: Int
    /// Line of the brace that closes its body, nil without a body.
    public internal(set) var lastLine: Int?
    /// Whether a documentation comment stands right before it.
    public let isDocumented: Bool
    /// Whether it or a type around it is private to its file.
    public let isHidden: Bool
    /// Whether it is declared public, or is a case of a public enumeration.
    public let isPublic: Bool
    /// Whether it overrides, and so inherits its documentation.
    public let isOverride: Bool

    /// The declaration as a finding names it, such as `func save` or `init`.
    var title: String { name == kind.rawValue ? name : "\(kind.rawValue) \(name)" }

    /// Number of lines from the signature to the closing brace, nil without a body.
    public var lineCount: Int? { lastLine.map { $0 - line + 1 } }

    /// Whether the house wants a documentation comment here.
    public var needsDocumentation: Bool {
        switch kind {
        case .structure, .class, .enumeration, .actor, .protocol: true
        case .extension, .deinitialiser: false
        case .enumerationCase: isPublic && !isHidden
        default: !isHidden && !isOverride
        }
    }
}
