import Basics
import Storage

/// Rows of table `location` as the registrar writes them, made from a number.
enum LocationRows {
    /// The columns in the order in which `batch` fills them.
    static let columns = [
        "username", "contact", "expires", "q", "callid", "cseq", "flags", "cflags", "user_agent",
        "received", "path", "socket", "methods", "last_modified", "ruid", "instance", "reg_id",
        "server_id", "connection_id", "keepalive", "partition", "domain",
    ]

    /// Noon of some day, from which all times count.
    static let start = WallTime(seconds: 1_763_722_800)

    /// Appends one row; `generation` tells the values of one refresh from those of the next.
    static func append(_ number: Int, _ generation: Int, to batch: inout RowBatch) {
        let time = start.seconds + generation * 60
        batch.append("user\(number)")
        batch.append("sip:user\(number)@192.0.2.\(number % 250):5060;transport=udp")
        batch.append(WallTime(seconds: time + 3_600 + number % 600))
        batch.append(number % 2 == 0 ? -1.0 : 0.5)
        batch.append("call-\(number)-abcdefabcdef@192.0.2.1")
        batch.append(1 + generation)
        batch.append(0)
        batch.append(64)
        batch.append("roost-load/1.0")
        batch.appendNull()
        batch.append(number % 10 == 0 ? "<sip:proxy.example.com;lr>" : "")
        batch.append("udp:127.0.0.1:5060")
        if number % 3 == 0 { batch.appendNull() } else { batch.append(8_191) }
        batch.append(WallTime(seconds: time))
        batch.append("uloc-65f0aaaa-\(number % 97)-\(number)")
        batch.appendNull()
        batch.append(0)
        batch.append(0)
        batch.append(-1)
        batch.append(0)
        batch.append(0)
        batch.append("example.com")
    }

    /// A batch of the rows of some numbers.
    static func batch(_ numbers: Range<Int>, generation: Int = 0) -> RowBatch {
        var batch = RowBatch(columns: columns.count, rows: max(numbers.count, 1))
        for number in numbers { append(number, generation, to: &batch) }
        return batch
    }

    /// A hash over the cells of a row, the same for a row that is read and for its batch.
    static func digest(_ row: borrowing DatabaseRow) -> UInt64 {
        var hash = Hash()
        for column in 0..<columns.count {
            switch columns[column] {
            case "expires", "last_modified": hash.add(row.time(column)?.seconds)
            case "q": hash.add(row.double(column).map { Int($0 * 100) })
            case "cseq", "flags", "cflags", "methods", "reg_id", "server_id", "connection_id",
                "keepalive", "partition":
                hash.add(row.integer(column))
            default: if row.isNull(column) { hash.add(nil) } else { hash.add(row.bytes(column)) }
            }
        }
        return hash.value
    }

    /// The same of a row of a batch.
    static func digest(_ batch: borrowing RowBatch, _ row: Int) -> UInt64 {
        var hash = Hash()
        for column in 0..<columns.count {
            switch batch.cell(row: row, column: column) {
            case .null: hash.add(nil)
            case .integer(let number): hash.add(number)
            case .double(let number): hash.add(Int(number * 100))
            case .time(let time): hash.add(time.seconds)
            case .text(let range), .blob(let range): hash.add(batch.bytes.span(range))
            }
        }
        return hash.value
    }

    /// The sum of the hashes of all rows, which does not depend on their order.
    static func digest(_ batch: borrowing RowBatch) -> UInt64 {
        var sum: UInt64 = 0
        for row in 0..<batch.rows { sum &+= digest(batch, row) }
        return sum
    }

    /// The sum over the whole table, and how many rows it has.
    static func digest(
        of table: String = "location", _ connection: any DatabaseConnection
    ) throws -> (rows: Int, digest: UInt64) {
        let list = connection.dialect.quoted(list: columns)
        var rows = 0
        var sum: UInt64 = 0
        try connection.query("SELECT \(list) FROM \(connection.dialect.quoted(table))", []) {
            rows += 1
            sum &+= digest($0)
            return true
        }
        return (rows, sum)
    }

    /// FNV-1a.
    private struct Hash {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        mutating func mix(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        mutating func add(_ number: Int?) {
            guard let number else { return mix(0) }
            value = (value ^ UInt64(bitPattern: Int64(number))) &* 0x100_0000_01b3
            value ^= value >> 29
        }
        mutating func add(_ text: Span<UInt8>) {
            mix(1)
            for place in text.indices { mix(text[place]) }
        }
    }
}
