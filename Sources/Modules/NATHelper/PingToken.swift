import Basics
import Locations

/// What the From tag of a ping says: which contact it went to and when, so that its answer is known
/// again without a table of pings.
///
/// It carries a hash under a key that strangers do not know: an answer that nobody asked for keeps
/// no binding alive.
struct PingToken: Equatable {
    /// What each tag begins with.
    static let prefix: StaticString = "np-"
    /// Number of the table.
    var table: Int
    /// The contact.
    var contact: ContactHandle.Parts
    /// When it was sent, in microseconds of the monotonic clock.
    var sent: UInt64

    /// A token.
    init(table: Int, contact: ContactHandle.Parts, sent: UInt64) {
        self.table = table
        self.contact = contact
        self.sent = sent
    }

    /// Writes the tag.
    func write(_ key: KeyedHash, into writer: inout ByteWriter) {
        let start = writer.count
        writer.append(Self.prefix)
        let numbers = [
            UInt64(table), UInt64(contact.shard), UInt64(contact.index),
            UInt64(contact.generation), sent,
        ]
        for number in numbers {
            writer.append(hexadecimal: number)
            writer.append("-")
        }
        let range = ByteRange(offset: start, count: writer.count - start)
        let proof = key.hash(writer.span(range))
        writer.append(hexadecimal: proof, width: 16)
    }

    /// Reads a tag; nil for one that this server has not written.
    init?(_ tag: Span<UInt8>, _ key: KeyedHash) {
        guard tag.count > 19, tag.count < 128, tag.extracting(first: 3).equals(Self.prefix) else {
            return nil
        }
        let proof = tag.count - 16
        guard
            Self.number(tag.extracting(droppingFirst: proof))
                == key.hash(tag.extracting(first: proof))
        else { return nil }
        var numbers: [UInt64] = []
        var start = 3
        for place in 3..<proof where tag[place] == UInt8(ascii: "-") {
            guard let number = Self.number(tag.extracting(start..<place)) else { return nil }
            numbers.append(number)
            start = place + 1
        }
        guard numbers.count == 5 else { return nil }
        table = Int(truncatingIfNeeded: numbers[0])
        contact = ContactHandle.Parts(
            shard: Int(truncatingIfNeeded: numbers[1]),
            index: UInt32(truncatingIfNeeded: numbers[2]),
            generation: UInt32(truncatingIfNeeded: numbers[3]))
        sent = numbers[4]
    }

    /// Up to sixteen hexadecimal digits.
    private static func number(_ text: Span<UInt8>) -> UInt64? {
        guard !text.isEmpty, text.count <= 16 else { return nil }
        var number: UInt64 = 0
        for place in text.indices {
            guard let digit = hexadecimal(text[place]) else { return nil }
            number = number << 4 | UInt64(digit)
        }
        return number
    }
}
