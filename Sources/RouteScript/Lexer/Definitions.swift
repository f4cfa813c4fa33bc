internal import Basics
public import ModuleKit

/// A name that the command line defines: `-A NAME` or `-A NAME=VALUE`.
///
/// The file itself defines names with `#!define`; these are the ones from outside, which are there
/// before its first line is read.
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
    ///
    /// A dash would be read as an operator where the name is used (script.md 2), so it is refused
    /// where the name is defined.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, Byte.beginsName(first) else { return false }
        return text.utf8.allSatisfy(Byte.continuesName)
    }

    /// What every configuration finds defined: who reads it, and which Kamailio it stands in for.
    ///
    /// The version is that of the Kamailio whose behaviour and tables this server follows:
    /// configurations choose by it what they may use.
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
    ///
    /// Sorted, because a reply to `core.ppdefines` that changes its order from start to start
    /// cannot be compared.
    var all: [Definition] {
        values.sorted { $0.key < $1.key }
            .map { Definition($0.key, String(decoding: $0.value, as: UTF8.self)) }
    }

    /// Defines a name or gives it another value; false when there are too many.
    ///
    /// The bound is Kamailio's. It keeps a configuration that is generated, and wrong, from filling
    /// the memory before anybody sees an error.
    mutating func set(_ name: String, _ value: [UInt8]) -> Bool {
        guard values[name] != nil || values.count < Limits.definesMax else { return false }
        values[name] = value
        return true
    }

    /// Forgets a name; false when it was not defined.
    mutating func remove(_ name: String) -> Bool { values.removeValue(forKey: name) != nil }
}
