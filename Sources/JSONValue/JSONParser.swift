public import Basics

extension JSONValue {
    /// Reads one document (RFC 8259), strictly: no comments, no trailing commas, names unique.
    ///
    /// Strictness is what makes two programs agree about a document; where RFC 8259 leaves a
    /// choice, this is it: numbers beyond a double are refused, a byte order mark is no blank
    /// (section 8.1), and any value may stand alone (section 2).
    ///
    /// Arrays and objects may nest `depthMax` deep; the size is bounded by whoever fills `bytes`.
    public init(
        parsing bytes: Span<UInt8>, depthMax: Int = Limits.jsonDepthMax
    ) throws(JSONError) {
        precondition(depthMax > 0)
        var parser = JSONParser(depthMax: depthMax)
        self = try parser.document(bytes)
    }

    /// Reads one document from a string.
    public init(parsing text: String) throws(JSONError) {
        let bytes = Array(text.utf8)
        try self.init(parsing: bytes.span)
    }
}

/// A cursor over one document.
///
/// It recurses once a level, so `depthMax` bounds the stack too.
struct JSONParser {
    private let depthMax: Int
    private var place = 0
    private var depth = 0
    private var text: [UInt8] = []

    /// A parser at the start of a document.
    init(depthMax: Int) { self.depthMax = depthMax }

    /// Reads the one value and makes sure that nothing but blanks surrounds it.
    mutating func document(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        skipSpace(bytes)
        let value = try self.value(bytes)
        skipSpace(bytes)
        guard place == bytes.count else { throw JSONError(.trailing, at: place) }
        return value
    }

    /// Reads any value: its first byte tells which (RFC 8259 section 3).
    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        switch try peek(bytes) {
        case UInt8(ascii: "{"): return try object(bytes)
        case UInt8(ascii: "["): return try array(bytes)
        case UInt8(ascii: "\""): return .string(try string(bytes))
        case UInt8(ascii: "t"): return try word(bytes, "true", .bool(true))
        case UInt8(ascii: "f"): return try word(bytes, "false", .bool(false))
        case UInt8(ascii: "n"): return try word(bytes, "null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(bytes)
        default: throw JSONError(.unexpected, at: place)
        }
    }

    // MARK: Containers

    /// Reads an object (section 4).
    ///
    /// The order of members is kept because kamcmd's users know it. Two members of one name are
    /// refused: programs disagree on which of them counts, and where they do, attacks begin.
    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        try descend()
        defer { depth -= 1 }
        var members: [JSONValue.Member] = []
        var names = MemberNames()
        if try closes(bytes, UInt8(ascii: "}")) { return .object([]) }
        while true {
            let start = place
            guard try peek(bytes) == UInt8(ascii: "\"") else {
                throw JSONError(.unexpected, at: place)
            }
            let name = try string(bytes)
            guard names.insert(name, beside: members) else {
                throw JSONError(.duplicate, at: start)
            }
            skipSpace(bytes)
            guard try peek(bytes) == UInt8(ascii: ":") else {
                throw JSONError(.unexpected, at: place)
            }
            place += 1
            skipSpace(bytes)
            members.append(JSONValue.Member(name, try value(bytes)))
            guard try continues(bytes, UInt8(ascii: "}")) else { return .object(members) }
        }
    }

    /// Reads an array (section 5).
    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        try descend()
        defer { depth -= 1 }
        var items: [JSONValue] = []
        if try closes(bytes, UInt8(ascii: "]")) { return .array([]) }
        while true {
            items.append(try value(bytes))
            guard try continues(bytes, UInt8(ascii: "]")) else { return .array(items) }
        }
    }

    /// Steps over the opening bracket.
    private mutating func descend() throws(JSONError) {
        guard depth < depthMax else { throw JSONError(.depth, at: place) }
        depth += 1
        place += 1
    }

    /// Whether the container ends right after its opening.
    private mutating func closes(_ bytes: Span<UInt8>, _ end: UInt8) throws(JSONError) -> Bool {
        skipSpace(bytes)
        guard try peek(bytes) == end else { return false }
        place += 1
        return true
    }

    /// Steps over a comma (true: another element follows) or over the end.
    private mutating func continues(_ bytes: Span<UInt8>, _ end: UInt8) throws(JSONError) -> Bool {
        skipSpace(bytes)
        let byte = try peek(bytes)
        guard byte == end || byte == UInt8(ascii: ",") else {
            throw JSONError(.unexpected, at: place)
        }
        place += 1
        if byte == end { return false }
        skipSpace(bytes)
        return true
    }

    // MARK: Scalars

    /// Reads one of the three words, byte by byte so that the error stands at the first wrong one.
    private mutating func word(
        _ bytes: Span<UInt8>, _ word: StaticString, _ value: JSONValue
    ) throws(JSONError) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek(bytes) == (unsafe word.utf8Start[index]) else {
                throw JSONError(.unexpected, at: place)
            }
            place += 1
        }
        return value
    }

    /// RFC 8259 section 6: no leading zeros, a digit on each side of the point.
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        let start = place
        if bytes[place] == UInt8(ascii: "-") { place += 1 }
        let first = place
        try digits(bytes)
        if place - first > 1, bytes[first] == UInt8(ascii: "0") {
            throw JSONError(.number, at: first)
        }
        var isInteger = true
        if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            isInteger = false
            try digits(bytes)
        }
        if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
            place += 1
            isInteger = false
            if place < bytes.count,
                bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-")
            {
                place += 1
            }
            try digits(bytes)
        }
        let text = String(copying: bytes.extracting(start..<place))
        if isInteger, let number = Int64(text) { return .integer(number) }
        guard let number = Double(text), number.isFinite else {
            throw JSONError(.number, at: start)
        }
        return .double(number)
    }

    /// Steps over one digit or more.
    ///
    /// A number that the end of the document cuts off is incomplete and not malformed: whoever
    /// reads from a stream may wait for more.
    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = place
        while place < bytes.count, bytes[place] >= UInt8(ascii: "0"),
            bytes[place] <= UInt8(ascii: "9")
        {
            place += 1
        }
        if place == start {
            throw JSONError(place == bytes.count ? .incomplete : .number, at: place)
        }
    }

    // MARK: Strings

    /// Reads a string (section 7).
    ///
    /// Most strings are plain ASCII and are taken over in one piece; only the others go through a
    /// buffer, whose room is kept for the next one.
    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        place += 1
        let start = place
        while place < bytes.count, isPlain(bytes[place]) { place += 1 }
        if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
            place += 1
            return String(copying: bytes.extracting(start..<(place - 1)))
        }
        text.removeAll(keepingCapacity: true)
        for index in start..<place { text.append(bytes[index]) }
        try longString(bytes)
        return String(decoding: text, as: UTF8.self)
    }

    /// The rest of a string that has escapes or bytes beyond ASCII.
    private mutating func longString(_ bytes: Span<UInt8>) throws(JSONError) {
        while true {
            let byte = try peek(bytes)
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return
            case UInt8(ascii: "\\"): try escape(bytes)
            case 0..<0x20: throw JSONError(.control, at: place)
            default:
                let length = UTF8Sequence.length(bytes, at: place)
                guard length > 0 else { throw JSONError(.encoding, at: place) }
                for index in place..<(place + length) { text.append(bytes[index]) }
                place += length
            }
        }
    }

    /// Reads one escape and appends what it stands for.
    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = place
        place += 1
        let byte = try peek(bytes)
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "u"): try scalar(bytes, start)
        default: throw JSONError(.escape, at: start)
        }
    }

    /// `\uXXXX`, or two of them that are a surrogate pair; half a pair is refused.
    private mutating func scalar(_ bytes: Span<UInt8>, _ start: Int) throws(JSONError) {
        var code = try hexadecimal(bytes)
        if code >= 0xD800, code < 0xDC00 {
            guard place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
                bytes[place + 1] == UInt8(ascii: "u")
            else { throw JSONError(.escape, at: start) }
            place += 2
            let low = try hexadecimal(bytes)
            guard low >= 0xDC00, low < 0xE000 else { throw JSONError(.escape, at: start) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw JSONError(.escape, at: start) }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// Reads the four digits of `\u`, in either case.
    ///
    /// `hexDigitValue` knows full-width digits as well, hence the look at the byte.
    private mutating func hexadecimal(_ bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let byte = try peek(bytes)
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw JSONError(.escape, at: place)
            }
            code = code << 4 | UInt32(digit)
            place += 1
        }
        return code
    }

    // MARK: Steps

    /// Whether a byte may be taken over without a look at its neighbours.
    private func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The byte at the cursor; the end of the document is an error to whoever wants one.
    private func peek(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard place < bytes.count else { throw JSONError(.incomplete, at: place) }
        return bytes[place]
    }

    /// Steps over blanks: only these four are any (section 2).
    private mutating func skipSpace(_ bytes: Span<UInt8>) {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            default: return
            }
        }
    }
}

/// The member names of one object, compared byte by byte; a set once there are many, so that an
/// object of a hundred thousand members costs no quadratic time.
private struct MemberNames {
    /// A name as bytes: Swift's strings call `é` and `e` with an accent equal, JSON does not.
    private struct Name: Hashable {
        var bytes: [UInt8]
    }
    /// Up to here a look at each name is cheaper than a set.
    private static let fewNames = 8
    private var seen: Set<Name> = []

    /// Adds a name; false when it is there already.
    mutating func insert(_ name: String, beside members: [JSONValue.Member]) -> Bool {
        if members.count < Self.fewNames {
            return !members.contains { $0.name.utf8.elementsEqual(name.utf8) }
        }
        if seen.isEmpty {
            for member in members { seen.insert(Name(bytes: Array(member.name.utf8))) }
        }
        return seen.insert(Name(bytes: Array(name.utf8))).inserted
    }
}
