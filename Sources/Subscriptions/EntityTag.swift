public import Basics

/// What makes the names of this run differ from those of other runs, and keeps them unguessable.
public struct AgentSeed: Sendable {
    /// When this run began, in seconds.
    public var time: UInt32
    /// Number of the process.
    public var process: UInt32
    /// A secret drawn at random: tags and the cut into shards come from it.
    public var secret: (UInt64, UInt64)

    /// A seed; two runs of one server must not share it.
    public init(time: UInt32, process: UInt32, secret: (UInt64, UInt64)) {
        self.time = time
        self.process = process
        self.secret = secret
    }
}

/// An entity tag of this run, `a.START.PROCESS.RANDOM.NUMBER` (RFC 3903 8): Kamailio's shape with
/// 64 bits that nobody can guess.
public struct EntityTag: Sendable, Hashable {
    /// When the run began that made it.
    let time: UInt32
    /// The process of that run.
    let process: UInt32
    /// Drawn for the publication.
    let random: UInt64
    /// Counts the changes of the publication.
    let number: UInt32

    /// Writes the tag: characters of a token, at most 64.
    public func write(into writer: inout ByteWriter) {
        writer.append("a.")
        writer.append(decimal: time)
        writer.append(UInt8(ascii: "."))
        writer.append(decimal: process)
        writer.append(UInt8(ascii: "."))
        writer.append(hexadecimal: random, width: 16)
        writer.append(UInt8(ascii: "."))
        writer.append(decimal: number)
    }

    /// The tag as text.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        write(into: &writer)
        assert(writer.count <= 64)
        return Array(copying: writer.span)
    }

    /// Reads a tag; nil when it is not spelled as `write` spells one.
    init?(_ text: Span<UInt8>) {
        guard text.count >= 24, text.count <= 64 else { return nil }
        guard text[0] == UInt8(ascii: "a"), text[1] == UInt8(ascii: ".") else { return nil }
        var cursor = Cursor(text)
        cursor.advance(2)
        guard let time = Self.number(&cursor), cursor.take(UInt8(ascii: ".")),
            let process = Self.number(&cursor), cursor.take(UInt8(ascii: ".")),
            let random = Self.random(&cursor), cursor.take(UInt8(ascii: ".")),
            let number = Self.number(&cursor), cursor.isAtEnd
        else { return nil }
        self.init(time: time, process: process, random: random, number: number)
    }

    /// A tag of its parts.
    init(time: UInt32, process: UInt32, random: UInt64, number: UInt32) {
        self.time = time
        self.process = process
        self.random = random
        self.number = number
    }

    /// A decimal number without leading zeros.
    private static func number(_ cursor: inout Cursor) -> UInt32? {
        let isZero = cursor.current == UInt8(ascii: "0")
        let start = cursor.position
        guard let value = cursor.decimal(upTo: UInt64(UInt32.max)) else { return nil }
        guard !isZero || cursor.position == start + 1 else { return nil }
        return UInt32(value)
    }

    /// Sixteen hexadecimal digits in lower case.
    private static func random(_ cursor: inout Cursor) -> UInt64? {
        var value: UInt64 = 0
        for _ in 0..<16 {
            guard let byte = cursor.current, byte < UInt8(ascii: "A") || byte > UInt8(ascii: "F"),
                let digit = hexadecimal(byte)
            else { return nil }
            value = value << 4 | UInt64(digit)
            cursor.advance()
        }
        return value
    }
}
