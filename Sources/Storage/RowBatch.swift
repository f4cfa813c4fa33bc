public import Basics

/// Many rows for one bulk statement, kept row after row in one array and one buffer.
public struct RowBatch: ~Copyable, Sendable {
    /// One cell.
    public enum Cell: Sendable {
        /// NULL.
        case null
        /// An integer.
        case integer(Int)
        /// A number.
        case double(Double)
        /// A point in time.
        case time(WallTime)
        /// Text within `bytes`; where a column takes UTF-8 only, other bytes become U+FFFD.
        case text(ByteRange)
        /// Bytes within `bytes` for a blob column, stored exactly.
        case blob(ByteRange)
    }
    /// Number of columns of each row.
    public let columns: Int
    /// Cells, row after row.
    public private(set) var cells: [Cell] = []
    /// The bytes of all text cells.
    public private(set) var bytes: ByteWriter

    /// An empty batch of rows with so many columns; `rows` is how many are expected.
    public init(columns: Int, rows: Int = 1_000) {
        precondition(columns > 0 && rows > 0, "a batch has columns and room for rows")
        self.columns = columns
        bytes = ByteWriter(capacity: rows * columns * 8)
        cells.reserveCapacity(rows * columns)
    }

    /// Number of complete rows.
    public var rows: Int { cells.count / columns }
    /// Whether there is no row.
    public var isEmpty: Bool { cells.isEmpty }
    /// One cell.
    public func cell(row: Int, column: Int) -> Cell {
        precondition(column >= 0 && column < columns, "no such column in the batch")
        return cells[row * columns + column]
    }

    /// Adds NULL.
    public mutating func appendNull() { cells.append(.null) }
    /// Adds an integer.
    public mutating func append(_ value: Int) { cells.append(.integer(value)) }
    /// Adds a number.
    public mutating func append(_ value: Double) { cells.append(.double(value)) }
    /// Adds a point in time.
    public mutating func append(_ value: WallTime) { cells.append(.time(value)) }
    /// Adds text.
    public mutating func append(_ text: Span<UInt8>) { cells.append(.text(keep(text))) }
    /// Adds bytes for a blob column.
    public mutating func append(blob: Span<UInt8>) { cells.append(.blob(keep(blob))) }
    /// Adds text, or NULL when it is empty: Kamailio reads both as "not set".
    public mutating func appendOrNull(_ text: Span<UInt8>) {
        if text.isEmpty { appendNull() } else { append(text) }
    }
    /// Adds text; for the edges and for tests.
    public mutating func append(_ text: String) {
        let start = bytes.count
        bytes.append(text)
        cells.append(.text(ByteRange(offset: start, count: bytes.count - start)))
    }
    /// Adds any value; for the edges and for tests.
    public mutating func append(_ value: DatabaseValue) {
        switch value {
        case .null: appendNull()
        case .integer(let number): append(number)
        case .double(let number): append(number)
        case .text(let text): append(text)
        case .bytes(let array): append(blob: array.span)
        case .time(let time): append(time)
        }
    }

    /// Forgets all rows and keeps the room.
    public mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        bytes.removeAll()
    }

    private mutating func keep(_ text: Span<UInt8>) -> ByteRange {
        let start = bytes.count
        bytes.append(text)
        return ByteRange(offset: start, count: text.count)
    }
}
