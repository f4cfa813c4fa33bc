internal import Basics
internal import Storage

/// The text of one statement with its values written into it.
///
/// Text and bytes are written as hexadecimal literals: they need no escaping, so no setting of the
/// server (`NO_BACKSLASH_ESCAPES`, the character set) can turn a value into SQL.
struct StatementText: ~Copyable {
    /// What is written so far.
    private(set) var bytes = ByteWriter(capacity: 512)
    /// The zone of times.
    private let calendar: LocalCalendar

    /// An empty text; times are written in the zone of `calendar`.
    init(calendar: LocalCalendar) { self.calendar = calendar }

    /// Writes a statement, each `?` outside quotes replaced by the next value.
    ///
    /// A quote that is doubled within quotes closes and opens them at once, which comes to the
    /// same. Backslashes are not looked at: the statements are ours and hold none.
    mutating func write(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) {
        var next = 0
        var quote: UInt8?
        for byte in sql.utf8 {
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "?") {
                guard next < values.count else { throw Self.miscounted(sql) }
                write(values[next])
                next += 1
                continue
            } else if [UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`")].contains(byte) {
                quote = byte
            }
            bytes.append(byte)
        }
        guard next == values.count else { throw Self.miscounted(sql) }
    }

    /// Writes one value as a literal.
    private mutating func write(_ value: DatabaseValue) {
        switch value {
        case .null: bytes.append("NULL")
        case .integer(let number): bytes.append(decimal: number)
        case .double(let number):
            // What is no number has no literal; NULL is what SQLite makes of it too.
            if number.isFinite { bytes.append("\(number)") } else { bytes.append("NULL") }
        case .text(let text):
            bytes.append("_utf8mb4 X'")
            for byte in text.utf8 { bytes.append(hexadecimal: UInt64(byte), width: 2) }
            bytes.append("'")
        case .bytes(let array):
            bytes.append("X'")
            for byte in array { bytes.append(hexadecimal: UInt64(byte), width: 2) }
            bytes.append("'")
        case .time(let time):
            bytes.append("'")
            calendar.write(time, to: &bytes)
            bytes.append("'")
        }
    }

    /// The error of a caller that gave too many or too few values.
    private static func miscounted(_ sql: String) -> StorageError {
        StorageError(.refused, "values and places do not match in: \(sql)")
    }
}
