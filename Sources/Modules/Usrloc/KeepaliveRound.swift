import Basics
import Locations

/// One round over a table: each contact gets one keepalive in it, evenly over its length.
///
/// The table is walked in its own order, by as much each second as has to be done by then. So there
/// is no list of contacts beside it and no timer for each, and a million of them cost each second
/// what a second's share costs.
struct KeepaliveRound: Sendable {
    /// When it began, in seconds of any clock.
    let start: Int
    /// How long it takes, 1 second or more.
    let seconds: Int
    /// How far it has come.
    var cursor = LocationCursor()
    /// How many contacts it has seen.
    var seen = 0

    /// A round that begins now.
    init(start: Int, seconds: Int) {
        precondition(seconds > 0, "a round takes its time")
        self.start = start
        self.seconds = seconds
    }

    /// Whether its time is up and all contacts were seen.
    func isOver(_ now: Int) -> Bool { cursor.isAtEnd && now - start >= seconds }

    /// How many of so many contacts are to be seen by now; all of them at the end.
    func goal(of contacts: Int, _ now: Int) -> Int {
        let elapsed = now - start
        guard elapsed < seconds else { return .max }
        guard elapsed > 0 else { return 0 }
        return (contacts * elapsed + seconds - 1) / seconds
    }
}

/// What identifies a keepalive in its answer: the tag of From.
///
/// `RUID-HASH-SECONDS-MICROSECONDS-COUNTER.TABLE`, numbers in hexadecimal.
struct KeepaliveTag: Sendable, Hashable {
    /// Unique name of the contact.
    var ruid: ByteRange
    /// Hash of its address-of-record.
    var hash: UInt64
    /// When the keepalive was sent, in microseconds of the monotonic clock.
    var sentMicroseconds: UInt64
    /// The table, by its place.
    var table: Int

    /// Reads a tag; nil when it has another shape.
    init?(_ text: Span<UInt8>) {
        guard text.count <= 160 else { return nil }
        var end = text.count
        var numbers: [UInt64] = []
        for mark in [
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "-"), UInt8(ascii: "-"),
            UInt8(ascii: "-"),
        ] {
            var start = end
            while start > 0, text[start - 1] != mark { start -= 1 }
            guard start > 0, let number = Self.number(text.extracting(start..<end)) else {
                return nil
            }
            numbers.append(number)
            end = start - 1
        }
        let (seconds, isTooLarge) = numbers[3].multipliedReportingOverflow(by: 1_000_000)
        guard end > 0, end <= Limits.ruidBytesMax, !isTooLarge, numbers[2] < 1_000_000,
            numbers[0] < 1 << 16
        else { return nil }
        ruid = ByteRange(offset: 0, count: end)
        hash = numbers[4]
        (sentMicroseconds, _) = seconds.addingReportingOverflow(numbers[2])
        table = Int(numbers[0])
    }

    /// The parts of a tag, for one that is to be sent.
    static func write(
        ruid: (inout ByteWriter) -> Void, hash: UInt64, sentMicroseconds: UInt64, counter: UInt64,
        table: Int, into writer: inout ByteWriter
    ) {
        ruid(&writer)
        for number in [hash, sentMicroseconds / 1_000_000, sentMicroseconds % 1_000_000, counter] {
            writer.append("-")
            writer.append(hexadecimal: number)
        }
        writer.append(".")
        writer.append(hexadecimal: UInt64(table))
    }

    /// A number of 1 to 16 hexadecimal digits.
    private static func number(_ text: Span<UInt8>) -> UInt64? {
        guard !text.isEmpty, text.count <= 16 else { return nil }
        var value: UInt64 = 0
        for place in text.indices {
            let byte = text[place]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
