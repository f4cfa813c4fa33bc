internal import ModuleKit

/// What the parameter `htable` says of a table: `name=>size=8;autoexpire=300;initval=0`.
struct TableDefinition: Sendable, Hashable {
    /// Its name.
    let name: String
    /// The number of slots as a power of two, which `htable.dump` and `htable.stats` show.
    private(set) var sizeBits = 3
    /// Seconds until an entry expires, 0 for never.
    private(set) var autoexpire = 0
    /// What a key without entry reads, nil for null.
    private(set) var initialValue: Int?
    /// Whether an update starts the life of an entry anew.
    private(set) var updatesExpiry = true

    /// How many slots it has.
    var slotCount: Int { 1 << sizeBits }

    /// Reads a definition; errors say which attribute is wrong.
    init(_ text: String) throws(ArgumentError) {
        guard let arrow = text.firstRange(of: "=>") else {
            throw ArgumentError("expected name=>attributes, such as ipban=>size=8;autoexpire=300")
        }
        name = Self.trimmed(text[..<arrow.lowerBound])
        let isName = name.utf8.allSatisfy { byte in
            byte == 95 || byte == 45 || (48...57).contains(byte)
                || (65...90).contains(byte & 0xdf)
        }
        guard !name.isEmpty, isName else {
            throw ArgumentError("\"\(name)\" is no name of a table: letters, digits, - and _")
        }
        for pair in text[arrow.upperBound...].split(separator: ";") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = Self.trimmed(sides.first ?? "")
            if key.isEmpty, sides.count < 2 { continue }
            try take(key, sides.count == 2 ? Self.trimmed(sides[1]) : "")
        }
    }

    private mutating func take(_ key: String, _ value: String) throws(ArgumentError) {
        switch key {
        case "size":
            // Kamailio raises smaller sizes to 3 and lowers larger ones to 14.
            let bits = try Self.number(key, value)
            sizeBits = bits < 2 ? 3 : min(bits, 14)
        case "autoexpire": autoexpire = try Self.number(key, value)
        case "initval": initialValue = try Self.number(key, value, lowest: -1 << 62)
        case "updateexpire": updatesExpiry = try Self.number(key, value) != 0
        case "dmqreplicate":
            guard try Self.number(key, value) == 0 else {
                throw ArgumentError("there is no replication of tables: leave dmqreplicate out")
            }
        case "dbtable", "dbmode", "cols":
            if value.isEmpty || (key == "dbmode" && value == "0") { return }
            throw ArgumentError("tables are kept in memory only: leave \(key) out")
        default:
            throw ArgumentError(
                "there is no \"\(key)\"; there are size, autoexpire, initval, updateexpire")
        }
    }

    private static func number(
        _ key: String, _ text: String, lowest: Int = 0
    ) throws(ArgumentError) -> Int {
        guard let number = ScriptNumber.parse(text), number >= lowest, number <= 1 << 62 else {
            throw ArgumentError("\(key) is a number from \(max(lowest, 0)) on, not \"\(text)\"")
        }
        return number
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = Substring(text)
        while text.first == " " || text.first == "\"" { text.removeFirst() }
        while text.last == " " || text.last == "\"" { text.removeLast() }
        return String(text)
    }
}
