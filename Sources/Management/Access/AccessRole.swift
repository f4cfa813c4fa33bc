internal import Basics
internal import JSONValue
public import ModuleKit

/// What a user or a token may do: a name and the commands that it may call.
///
/// Rules are words in order, and the last one that fits a command decides; a command that none
/// fits is refused. `read` fits all commands that change nothing, `*` all, `ul.*` those whose names
/// begin so, `ul.rm` that one; `!` before a word refuses what it fits.
public struct AccessRole: Sendable, Equatable {
    /// One word of a role.
    private struct Rule: Sendable, Equatable {
        var allows: Bool
        /// The name, or its beginning; nil for commands that change nothing.
        var name: String?
        var isPrefix: Bool

        func fits(_ method: ModuleBlueprint.MethodDescription) -> Bool {
            guard let name else { return !method.isChange }
            return isPrefix ? method.name.hasPrefix(name) : method.name == name
        }
    }

    /// Its name.
    public let name: String
    private let rules: [Rule]

    /// May call all commands that change nothing.
    public static let read = AccessRole(name: "read", rules: [Rule(allows: true, isPrefix: false)])
    /// May call all commands.
    public static let control = AccessRole(
        name: "control", rules: [Rule(allows: true, name: "", isPrefix: true)])

    private init(name: String, rules: [Rule]) {
        self.name = name
        self.rules = rules
    }

    /// A role from its words, separated by commas or blanks: `read, ul.*, !ul.flush`.
    ///
    /// Nil when a word is none.
    public init?(name: String, words: String) {
        let words = words.split { $0 == "," || $0 == " " || $0 == "\t" }
        guard !words.isEmpty, words.count <= Limits.accessRulesMax else { return nil }
        var rules: [Rule] = []
        for word in words {
            let allows = word.first != "!"
            let pattern = allows ? word : word.dropFirst()
            let isPrefix = pattern.last == "*"
            let stem = isPrefix ? pattern.dropLast() : pattern
            guard !pattern.isEmpty, !stem.contains("*"), !stem.contains("!") else { return nil }
            let isRead = pattern == "read"
            rules.append(
                Rule(allows: allows, name: isRead ? nil : String(stem), isPrefix: isPrefix))
        }
        self.init(name: name, rules: rules)
    }

    /// Whether it may call a command.
    public func allows(_ method: ModuleBlueprint.MethodDescription) -> Bool {
        rules.last { $0.fits(method) }?.allows ?? false
    }

    /// Refuses a command that the role may not call; the error names both.
    func check(_ method: ModuleBlueprint.MethodDescription) throws(RPCError) {
        guard !allows(method) else { return }
        throw RPCError(
            RPCError.forbidden, "role \"\(name)\" may not call \(method.name)",
            data: ["method": .string(method.name), "role": .string(name)])
    }
}

extension RPCError {
    /// The caller's role does not have the command.
    public static let forbidden = 403
}
