/// What a word at the prompt could become: commands first, then groups and names of settings.
public struct Completion: Sendable {
    /// The commands of the server.
    private let methods: [String]
    /// Its settings.
    private let settings: [(group: String, name: String)]

    /// Candidates from `system.listMethods` and `cfg.list` ("group: name").
    ///
    /// A line of another form is left out in silence: completion must not fail because a newer
    /// server lists more.
    public init(methods: [String], settings: [String]) {
        self.methods = methods
        self.settings = settings.compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            return (String(parts[0]), String(parts[1].drop { $0 == " " }))
        }
    }

    /// Commands of the prompt itself.
    static let own = ["exit", "help", "quit"]

    /// The candidates for the last word of a line, in alphabetical order.
    public func candidates(_ line: String) -> [String] {
        var words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        let word = line.hasSuffix(" ") || words.isEmpty ? "" : words.removeLast()
        return Set(pool(words)).filter { $0.hasPrefix(word) }.sorted()
    }

    /// Everything that could stand behind the words given.
    ///
    /// Only `cfg.` commands have known arguments, a group and then a name of that group; addresses
    /// of record are not asked for, since there may be millions.
    private func pool(_ before: [String]) -> [String] {
        guard let method = before.first else { return methods + Self.own }
        if before.count == 1, method == "help" || method.hasPrefix("system.method") {
            return methods
        }
        guard method.hasPrefix("cfg.") else { return [] }
        if before.count == 1 { return settings.map(\.group) }
        guard before.count == 2 else { return [] }
        return settings.filter { $0.group == before[1] }.map(\.name)
    }
}
