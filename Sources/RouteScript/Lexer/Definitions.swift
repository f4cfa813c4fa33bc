internal import Basics
public import ModuleKit

/// A name that the command line defines: `-A NAME` or `-A NAME=VALUE`.
public struct Definition: Sendable, Hashable {
    /// The name.
    public var name: String
    /// What it stands for; empty when it only exists.
    public var value: String

    /// A definition.
    public init(_ name: String, _ value: String = "") {
        self.name = name
        self.value = value
    }

    /// Reads the argument of `-A`; errors say what a name looks like.
    public init(argument: String) throws(ArgumentError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(parts[0])
        value = parts.count > 1 ? String(parts[1]) : ""
        guard Self.isName(name) else {
            throw ArgumentError("\"\(name)\" is no name: letters, digits and underscores only")
        }
    }

    /// Whether a text can be defined: a letter or underscore, then letters, digits, underscores.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, Byte.beginsName(first) else { return false }
        return text.utf8.allSatisfy(Byte.continuesName)
    }

    /// What every configuration finds defined: who reads it, and which Kamailio it stands in for.
    public static let predefined: [Definition] = [
        Definition("ROOST"), Definition("KAMAILIO_5"), Definition("KAMAILIO_5_6"),
        Definition("KAMAILIO_5_6_3"), Definition("KAMAILIO_VERSION", "5006003"),
        Definition("OS_NAME", "linux"),
    ]
}

/// The names that are defined at this point of the configuration.
struct Definitions {
    private var values: [String: [UInt8]] = [:]

    /// Whether a name is defined.
    func contains(_ name: String) -> Bool { values[name] != nil }

    /// What a name stands for: empty when it only exists, nil when it is not defined.
    subscript(name: String) -> [UInt8]? { values[name] }

    /// The names, for suggestions.
    var names: some Sequence<String> { values.keys }

    /// All of them, by name.
    var all: [Definition] {
        values.sorted { $0.key < $1.key }
            .map { Definition($0.key, String(decoding: $0.value, as: UTF8.self)) }
    }

    /// Defines a name or gives it another value; false when there are too many.
    mutating func set(_ name: String, _ value: [UInt8]) -> Bool {
        guard values[name] != nil || values.count < Limits.definesMax else { return false }
        values[name] = value
        return true
    }

    /// Forgets a name; false when it was not defined.
    mutating func remove(_ name: String) -> Bool { values.removeValue(forKey: name) != nil }
}
