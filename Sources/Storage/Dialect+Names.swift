extension Dialect {
    /// A name of a table or column in the dialect's quotes, whatever is in it: table names come
    /// from configuration files, and `partition` is a reserved word.
    public func quoted(_ name: String) -> String {
        let mark: Character = self == .mariaDB ? "`" : "\""
        var text = String(mark)
        for character in name {
            text.append(character)
            if character == mark { text.append(mark) }
        }
        text.append(mark)
        return text
    }

    /// Several names in quotes, with commas between them.
    public func quoted(list names: [String]) -> String {
        names.map { quoted($0) }.joined(separator: ", ")
    }
}
