internal import Basics

/// Reads the values of a BINRPC body.
///
/// Whatever bytes it is given, it ends with values or with an error that says where: each record
/// names its length, which is checked against what is there, and structures may nest
/// `Limits.binrpcDepthMax` deep.
struct BINRPCReader {
    private var place = 0
    private var depth = 0

    /// What the numbers in the low nibble of a record's first byte mean.
    private enum RecordType: UInt8 {
        case int = 0, string, double, structure, array, name, bytes
    }

    /// The first byte of a record.
    private struct Head {
        let type: RecordType
        /// Bit 7: the length has a length, or a structure ends.
        let isExtended: Bool
        /// Bits 6 to 4.
        let size: Int
        /// The byte as it is: a double has all four upper bits for its size.
        let byte: UInt8
    }

    /// A reader at the start of a body.
    private init() {}

    /// All values of a body, one behind the other.
    static func values(_ body: Span<UInt8>) throws(BINRPCError) -> [BINRPCValue] {
        var reader = BINRPCReader()
        var values: [BINRPCValue] = []
        while reader.place < body.count {
            values.append(try reader.value(body))
            guard values.count <= Limits.binrpcValuesMax else {
                throw BINRPCError(.tooLarge, at: reader.place)
            }
        }
        return values
    }

    /// The next value, which is no member's name and no end.
    private mutating func value(_ body: Span<UInt8>) throws(BINRPCError) -> BINRPCValue {
        let start = place
        let head = try head(body)
        switch head.type {
        case .int: return .int(try int(body, head, start))
        case .string: return .string(try text(body, head, start))
        case .double: return .double(try double(body, head, start))
        case .structure where !head.isExtended: return .structure(try items(body, start))
        case .array where !head.isExtended: return .array(try elements(body, start))
        case .bytes:
            let count = try length(body, head, start)
            return .bytes(Array(copying: try take(count, body)))
        case .structure, .array, .name: throw BINRPCError(.badRecord, at: start)
        }
    }

    /// What a structure holds, up to its end.
    private mutating func items(
        _ body: Span<UInt8>, _ start: Int
    ) throws(BINRPCError) -> [BINRPCValue.Item] {
        try enter(start)
        var items: [BINRPCValue.Item] = []
        while true {
            let at = place
            let byte = try peek(body)
            if byte == 0x80 | RecordType.structure.rawValue {
                place += 1
                depth -= 1
                return items
            }
            var name: String?
            if byte & 0x0F == RecordType.name.rawValue {
                let head = try head(body)
                name = try text(body, head, at)
            }
            items.append(BINRPCValue.Item(name, try value(body)))
        }
    }

    /// What an array holds, up to its end.
    private mutating func elements(
        _ body: Span<UInt8>, _ start: Int
    ) throws(BINRPCError) -> [BINRPCValue] {
        try enter(start)
        var values: [BINRPCValue] = []
        while try peek(body) != 0x80 | RecordType.array.rawValue {
            values.append(try value(body))
        }
        place += 1
        depth -= 1
        return values
    }

    /// Counts one level more.
    private mutating func enter(_ start: Int) throws(BINRPCError) {
        depth += 1
        guard depth <= Limits.binrpcDepthMax else { throw BINRPCError(.tooLarge, at: start) }
    }

    /// A number of 32 bits; what has fewer bytes is not negative.
    private mutating func int(
        _ body: Span<UInt8>, _ head: Head, _ start: Int
    ) throws(BINRPCError) -> Int32 {
        guard !head.isExtended, head.size <= 4 else { throw BINRPCError(.badRecord, at: start) }
        return Int32(truncatingIfNeeded: try number(body, head.size))
    }

    /// Thousandths; the size of a double has four bits, of which none is a flag.
    private mutating func double(
        _ body: Span<UInt8>, _ head: Head, _ start: Int
    ) throws(BINRPCError) -> Double {
        let size = Int(head.byte >> 4)
        guard size <= 8 else { throw BINRPCError(.badRecord, at: start) }
        return Double(Int64(bitPattern: try number(body, size))) / 1000
    }

    /// Text without the zero byte that ends it, which must be the only one.
    private mutating func text(
        _ body: Span<UInt8>, _ head: Head, _ start: Int
    ) throws(BINRPCError) -> String {
        let count = try length(body, head, start)
        let bytes = try take(count, body)
        guard count > 0, bytes[count - 1] == 0 else { throw BINRPCError(.badRecord, at: start) }
        let text = bytes.extracting(0..<(count - 1))
        guard text.indices.allSatisfy({ text[$0] != 0 }) else {
            throw BINRPCError(.badRecord, at: start)
        }
        return String(copying: text)
    }

    /// The length of a record: in its first byte, or in the bytes that those bits count.
    private mutating func length(
        _ body: Span<UInt8>, _ head: Head, _ start: Int
    ) throws(BINRPCError) -> Int {
        guard head.isExtended else { return head.size }
        guard head.size > 0, head.size <= 4 else { throw BINRPCError(.badRecord, at: start) }
        return Int(truncatingIfNeeded: try number(body, head.size))
    }

    /// The first byte of a record.
    private mutating func head(_ body: Span<UInt8>) throws(BINRPCError) -> Head {
        let byte = try peek(body)
        guard let type = RecordType(rawValue: byte & 0x0F) else {
            throw BINRPCError(.badRecord, at: place)
        }
        place += 1
        return Head(
            type: type, isExtended: byte & 0x80 != 0, size: Int(byte >> 4 & 7), byte: byte)
    }

    /// A number of `width` bytes in network order.
    private mutating func number(
        _ body: Span<UInt8>, _ width: Int
    ) throws(BINRPCError) -> UInt64 {
        let bytes = try take(width, body)
        var number: UInt64 = 0
        for place in bytes.indices { number = number << 8 | UInt64(bytes[place]) }
        return number
    }

    /// The next byte, which stays.
    private func peek(_ body: Span<UInt8>) throws(BINRPCError) -> UInt8 {
        guard place < body.count else { throw BINRPCError(.truncated, at: place) }
        return body[place]
    }

    /// Steps over `count` bytes.
    @_lifetime(copy body)
    private mutating func take(
        _ count: Int, _ body: Span<UInt8>
    ) throws(BINRPCError) -> Span<UInt8> {
        assert(count >= 0)
        guard body.count - place >= count else { throw BINRPCError(.truncated, at: place) }
        defer { place += count }
        return body.extracting(place..<(place + count))
    }
}
