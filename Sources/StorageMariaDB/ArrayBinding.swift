internal import Basics
internal import CMariaDB
internal import Storage

/// The arrays that one prepared statement reads many rows from (MariaDB's bulk protocol).
///
/// Each column has an array of values (integers, numbers or pointers to text), one of lengths and
/// one that marks NULL. Text stays where the batch has it; only times and repaired text are
/// written into `scratch`, which has room for all of them from the start, so pointers into it
/// stay true.
@safe
struct ArrayBinding: ~Copyable {
    /// What a column's array holds.
    private enum Kind: UInt8 { case integer = 1, double = 2, text = 4 }

    /// Number of `?` in the statement.
    private let columns: Int
    /// Number of rows that there is room for.
    private let rowsMax: Int
    /// What the library reads about each column.
    private let binds: UnsafeMutablePointer<MYSQL_BIND>
    /// Eight bytes a cell, column after column.
    private let values: UnsafeMutableRawPointer
    /// Bytes of each text, column after column.
    private let lengths: UnsafeMutablePointer<UInt>
    /// Whether each cell is NULL, column after column.
    private let indicators: UnsafeMutablePointer<CChar>
    /// Which kinds of cells each column holds, as a sum of `Kind`.
    private var kinds: [UInt8]
    /// Text that is made here: times, numbers among text, repaired text.
    private var scratch = ByteWriter(capacity: 0)
    /// The zone of times.
    private let calendar: LocalCalendar

    /// Arrays for at most `rowsMax` rows of `columns` columns.
    init(columns: Int, rowsMax: Int, calendar: LocalCalendar) {
        precondition(columns > 0 && columns <= Limits.databaseColumnsMax)
        precondition(rowsMax > 0 && rowsMax <= Limits.databaseChunkRowsMax)
        self.columns = columns
        self.rowsMax = rowsMax
        self.calendar = calendar
        let count = columns * rowsMax
        unsafe binds = .allocate(capacity: columns)
        unsafe binds.initialize(repeating: MYSQL_BIND(), count: columns)
        unsafe values = .allocate(byteCount: count * 8, alignment: 8)
        unsafe lengths = .allocate(capacity: count)
        unsafe lengths.initialize(repeating: 0, count: count)
        unsafe indicators = .allocate(capacity: count)
        unsafe indicators.initialize(repeating: 0, count: count)
        kinds = [UInt8](repeating: 0, count: columns)
    }

    deinit {
        unsafe binds.deallocate()
        unsafe values.deallocate()
        unsafe lengths.deallocate()
        unsafe indicators.deallocate()
    }

    /// Fills the arrays with some rows of a batch and gives them to the statement.
    ///
    /// The statement reads them, and the batch, when it is executed: until then neither may move.
    /// `cell` says what stands in a row's column, counted in the statement's columns.
    @unsafe
    mutating func bind(
        _ statement: UnsafeMutablePointer<MYSQL_STMT>, _ range: Range<Int>,
        _ batch: borrowing RowBatch, _ cell: (Int, Int) -> RowBatch.Cell
    ) throws(StorageError) {
        precondition(!range.isEmpty && range.count <= rowsMax, "more rows than there is room for")
        let text = findKinds(range, cell)
        scratch.removeAll()
        // Times take 19 bytes and numbers among text at most 24; a byte of invalid text becomes
        // the three of U+FFFD.
        scratch.reserve(range.count * columns * 24 + text * 3)
        let room = scratch.capacity
        for row in range {
            for column in 0..<columns {
                unsafe put(cell(row, column), column, row - range.lowerBound, batch)
            }
        }
        precondition(scratch.capacity == room, "the scratch buffer has moved under its pointers")
        for column in 0..<columns { unsafe describe(column) }
        var count = UInt32(range.count)
        guard unsafe mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count) == 0,
            unsafe mysql_stmt_bind_param(statement, binds) == 0
        else { throw unsafe MariaDBError.last(statement) }
    }

    /// Finds what each column holds; returns the bytes of all text.
    private mutating func findKinds(
        _ range: Range<Int>, _ cell: (Int, Int) -> RowBatch.Cell
    ) -> Int {
        for column in 0..<columns { kinds[column] = 0 }
        var text = 0
        for row in range {
            for column in 0..<columns {
                switch cell(row, column) {
                case .null: break
                case .integer: kinds[column] |= Kind.integer.rawValue
                case .double: kinds[column] |= Kind.double.rawValue
                case .time: kinds[column] |= Kind.text.rawValue
                case .text(let range), .blob(let range):
                    kinds[column] |= Kind.text.rawValue
                    text += Int(range.count)
                }
            }
        }
        return text
    }

    /// What the whole column is sent as: what all its cells are, or text.
    private func kind(_ column: Int) -> Kind { Kind(rawValue: kinds[column]) ?? .text }

    /// Writes one cell into the arrays of its column.
    @unsafe
    private mutating func put(
        _ cell: RowBatch.Cell, _ column: Int, _ row: Int, _ batch: borrowing RowBatch
    ) {
        let place = column * rowsMax + row
        unsafe indicators[place] = CChar(STMT_INDICATOR_NONE.rawValue)
        let slot = unsafe values + place * 8
        switch (cell, kind(column)) {
        case (.null, _):
            unsafe indicators[place] = CChar(STMT_INDICATOR_NULL.rawValue)
            unsafe slot.storeBytes(of: 0, as: Int.self)
            unsafe lengths[place] = 0
        case (.integer(let number), .integer): unsafe slot.storeBytes(of: number, as: Int.self)
        case (.double(let number), .double): unsafe slot.storeBytes(of: number, as: Double.self)
        case (.integer(let number), _):
            let start = scratch.count
            scratch.append(decimal: number)
            unsafe point(place, scratch.span, start)
        case (.double(let number), _):
            let start = scratch.count
            scratch.append("\(number)")
            unsafe point(place, scratch.span, start)
        case (.time(let time), _):
            let start = scratch.count
            calendar.write(time, to: &scratch)
            unsafe point(place, scratch.span, start)
        case (.text(let range), _):
            let text = batch.bytes.span(range)
            if TextRepair.isUTF8(text) { return unsafe point(place, text, 0) }
            let start = scratch.count
            // Decoding puts U+FFFD where bytes are no UTF-8.
            scratch.append(String(copying: text))
            unsafe point(place, scratch.span, start)
        case (.blob(let range), _):
            unsafe point(place, batch.bytes.span(range), 0)
        }
    }

    /// Makes a cell point to the bytes from `start` to the end of a span.
    @unsafe
    private func point(_ place: Int, _ text: Span<UInt8>, _ start: Int) {
        unsafe text.withUnsafeBufferPointer { bytes in
            let base = unsafe bytes.baseAddress.map { unsafe UnsafeRawPointer($0 + start) }
            let slot = unsafe values + place * 8
            unsafe slot.storeBytes(of: base ?? UnsafeRawPointer(values), as: UnsafeRawPointer.self)
            unsafe lengths[place] = UInt(bytes.count - start)
        }
    }

    /// Tells the library what the array of a column holds and where it is.
    @unsafe
    private func describe(_ column: Int) {
        let place = column * rowsMax
        let type =
            switch kind(column) {
            case .integer: MYSQL_TYPE_LONGLONG
            case .double: MYSQL_TYPE_DOUBLE
            case .text: MYSQL_TYPE_STRING
            }
        unsafe binds[column].buffer_type = type
        unsafe binds[column].buffer = unsafe values + place * 8
        unsafe binds[column].length = unsafe lengths + place
        unsafe binds[column].u.indicator = unsafe indicators + place
    }
}

/// Text on its way into a column that takes UTF-8 only.
enum TextRepair {
    /// Whether the bytes are well-formed UTF-8; most are ASCII, which is found out first.
    static func isUTF8(_ text: Span<UInt8>) -> Bool {
        var all: UInt8 = 0
        for place in text.indices { all |= text[place] }
        if all < 0x80 { return true }
        return (try? UTF8Span(validating: text)) != nil
    }
}
