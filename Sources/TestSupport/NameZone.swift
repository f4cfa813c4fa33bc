/// What a name server of a test says: records in a table of text.
///
/// Each line is a name, perhaps a time to live in seconds (300 without one), a type and its data,
/// as in a zone file, with names written out in full:
///
///     example.com        NAPTR 10 50 s SIP+D2U _sip._udp.example.com
///     _sip._udp.example.com 60 SRV 10 5 5062 one.example.com
///     one.example.com    A 127.0.0.1
///     slow.example.com   DROP
///
/// Beside real types a line may say what happens to all questions for a name: `DROP` (no answer),
/// `REFUSE` (code 5), `GARBAGE` (bytes that mean nothing), and to those over UDP: `TRUNCATE`.
/// An alias is followed where its target is in the table.
public struct NameZone: Sendable {
    /// One line.
    private struct Line {
        var name: String
        var life: UInt32
        var type: String
        var data: [String]
    }

    /// Numbers of the types on the wire.
    private static let numbers: [String: UInt16] = [
        "A": 1, "CNAME": 5, "SOA": 6, "AAAA": 28, "SRV": 33, "NAPTR": 35,
    ]

    private var lines: [Line] = []
    /// How long it may be kept that there is nothing (RFC 2308), nil to leave the SOA record out.
    public var negativeSeconds: UInt32? = 30

    /// The table of some text; lines that are no records stop the test.
    public init(_ text: String) {
        for row in text.split(separator: "\n") {
            var words = row.split(separator: " ").map(String.init)
            guard !words.isEmpty else { continue }
            precondition(words.count >= 2, "not a record: \(row)")
            let name = words.removeFirst().lowercased()
            var life: UInt32 = 300
            if let number = UInt32(words[0]) {
                life = number
                words.removeFirst()
            }
            let type = words.removeFirst()
            lines.append(Line(name: name, life: life, type: type, data: words))
        }
    }

    /// A question as a client sends it.
    public static func query(name: String, type: UInt16, number: UInt16 = 7) -> [UInt8] {
        words(number, 0x0100, 1, 0, 0, 0) + wire(name) + words(type, 1)
    }

    /// Name and type of a question's bytes; nil when they are none.
    public static func question(_ query: [UInt8]) -> (name: String, type: UInt16)? {
        guard query.count > 16, query[2] & 0x80 == 0 else { return nil }
        var labels: [String] = []
        var place = 12
        while place < query.count, query[place] != 0 {
            let end = place + 1 + Int(query[place])
            guard end < query.count else { return nil }
            labels.append(String(decoding: query[(place + 1)..<end], as: UTF8.self))
            place = end
        }
        guard place + 4 < query.count else { return nil }
        let type = UInt16(query[place + 1]) << 8 | UInt16(query[place + 2])
        return (labels.joined(separator: ".").lowercased(), type)
    }

    /// The reply to a question; nil for silence.
    public func reply(to query: [UInt8], overStream: Bool = false) -> [UInt8]? {
        guard let (name, type) = Self.question(query) else { return nil }
        let about = Self.wire(name) + Self.words(type, 1)
        let number = UInt16(query[0]) << 8 | UInt16(query[1])
        let here = lines.filter { $0.name == name }
        for line in here {
            switch line.type {
            case "DROP": return nil
            case "REFUSE": return Self.words(number, 0x8185, 1, 0, 0, 0) + about
            case "GARBAGE": return Self.words(number, 0x8180, 1, 9, 0, 0) + about + [0xc0, 0xff, 1]
            case "TRUNCATE" where !overStream:
                return Self.words(number, 0x8380, 1, 0, 0, 0) + about
            default: break
            }
        }
        let found = answers(name, type)
        // A name is there when something lies below it, too (RFC 8020).
        let exists = !here.isEmpty || lines.contains { $0.name.hasSuffix("." + name) }
        let authority = found.isEmpty ? negativeAuthority(name) : []
        let flags: UInt16 = exists ? 0x8180 : 0x8183
        return Self.words(number, flags, 1, UInt16(found.count), authority.isEmpty ? 0 : 1, 0)
            + about + found.flatMap { $0 } + authority
    }

    /// The records of the answer section, aliases first.
    private func answers(_ name: String, _ type: UInt16) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var name = name
        for _ in 0..<12 {
            let here = lines.filter { $0.name == name }
            found += here.filter { Self.numbers[$0.type] == type }.map { Self.record($0) }
            guard type != 5, let alias = here.first(where: { $0.type == "CNAME" }) else { break }
            found.append(Self.record(alias))
            name = alias.data[0]
        }
        return found
    }

    /// The SOA record that says how long nothing is nothing.
    private func negativeAuthority(_ name: String) -> [UInt8] {
        guard let seconds = negativeSeconds else { return [] }
        let data =
            Self.wire("ns.test") + Self.wire("root.test") + [UInt8](repeating: 0, count: 16)
            + Self.words(UInt16(seconds >> 16), UInt16(seconds & 0xffff))
        return Self.record(name: "test", type: 6, life: 3_600, data: data)
    }

    private static func record(_ line: Line) -> [UInt8] {
        let data: [UInt8]
        switch line.type {
        case "A": data = line.data[0].split(separator: ".").compactMap { UInt8($0) }
        case "AAAA": data = address(line.data[0])
        case "CNAME": data = wire(line.data[0])
        case "SRV":
            data = words(line.data[0], line.data[1], line.data[2]) + wire(line.data[3])
        case "NAPTR":
            data =
                words(line.data[0], line.data[1]) + text(line.data[2]) + text(line.data[3])
                + text("") + wire(line.data[4])
        default: data = []
        }
        let type = numbers[line.type] ?? 0
        return record(name: line.name, type: type, life: line.life, data: data)
    }

    private static func record(
        name: String, type: UInt16, life: UInt32, data: [UInt8]
    ) -> [UInt8] {
        wire(name) + words(type, 1, UInt16(life >> 16), UInt16(life & 0xffff))
            + words(UInt16(data.count)) + data
    }

    /// An IPv6 address whose groups are written out, but for one `::`.
    private static func address(_ text: String) -> [UInt8] {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false).map { half in
            half.split(separator: ":").flatMap { words(UInt16($0, radix: 16) ?? 0) }
        }
        guard halves.count == 2 else { return halves[0] }
        let gap = [UInt8](repeating: 0, count: max(0, 16 - halves[0].count - halves[1].count))
        return halves[0] + gap + halves[1]
    }

    /// A name in labels; `.` is the root.
    private static func wire(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { text(String($0)) } + [0]
    }

    private static func text(_ text: String) -> [UInt8] {
        [UInt8(truncatingIfNeeded: text.utf8.count)] + text.utf8
    }

    private static func words(_ numbers: UInt16...) -> [UInt8] {
        numbers.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }

    private static func words(_ numbers: String...) -> [UInt8] {
        numbers.flatMap { words(UInt16($0) ?? 0) }
    }
}
