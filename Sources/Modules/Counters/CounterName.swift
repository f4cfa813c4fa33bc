internal import Basics
internal import ModuleKit

/// The name of a counter: its group and its own.
struct CounterName: Hashable, Sendable {
    /// The group: a module's name, or one that the script has chosen.
    let group: String
    /// The name within the group.
    let name: String

    /// How scripts and commands write it.
    var text: String { "\(group).\(name)" }

    /// `[group.]name`, as scripts write it; `group` is the one for a name without any.
    init(_ text: String, group: String) throws(ArgumentError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw ArgumentError("\"\(text)\" has more than one dot; expected group.name")
        }
        self.group = parts.count == 2 ? String(parts[0]) : group
        name = String(parts[parts.count - 1])
        try Self.check(self.group)
        try Self.check(name)
    }

    /// Refuses what cannot be the name of a group or a counter: the dot separates the two, and a
    /// blank ends them.
    static func check(_ word: String) throws(ArgumentError) {
        guard !word.isEmpty, word.utf8.count <= Limits.counterNameBytesMax,
            word.utf8.allSatisfy(isNameByte)
        else {
            throw ArgumentError(
                "\"\(word)\" is no name of a counter or a group: letters, digits, _ and - are, up "
                    + "to \(Limits.counterNameBytesMax)")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// What `script_counter` declares: `[group.]name [description]`.
struct CounterDefinition: Sendable {
    /// The name as it is written, with or without a group.
    let name: String
    /// One sentence; Kamailio's words where the script has none.
    let summary: String

    /// A declaration; `group` is the one for a name without any.
    init(_ text: String) throws(ArgumentError) {
        let text = text.drop { $0 == " " || $0 == "\t" }
        let end = text.firstIndex { $0 == " " || $0 == "\t" } ?? text.endIndex
        name = String(text[..<end])
        let words = text[end...].drop { $0 == " " || $0 == "\t" }
        summary = words.isEmpty ? "custom script counter." : String(words)
        // The group of a name without one may be set further down in the configuration.
        _ = try CounterName(name, group: "script")
    }
}
