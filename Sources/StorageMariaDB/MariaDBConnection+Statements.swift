internal import Basics
internal import CMariaDB
public import Storage

extension MariaDBConnection {
    /// Runs one statement, each `?` replaced by a value; returns the number of rows it changed.
    @discardableResult
    public func execute(
        _ sql: String, _ values: [DatabaseValue]
    ) throws(StorageError) -> Int {
        let open = try unsafe run(sql, values)
        let changed = unsafe mysql_affected_rows(open)
        // A statement that gives rows after all must be read to its end.
        if let result = unsafe mysql_use_result(open) {
            unsafe mysql_free_result(result)
            return 0
        }
        return Int(clamping: changed)
    }

    /// Reads rows as a stream, never all at once; `row` returns false to stop.
    public func query(
        _ sql: String, _ values: [DatabaseValue], row: (borrowing DatabaseRow) -> Bool
    ) throws(StorageError) {
        let open = try unsafe run(sql, values)
        guard let result = unsafe mysql_use_result(open) else {
            if unsafe mysql_field_count(open) == 0 { return }
            throw unsafe failure(MariaDBError.last(open))
        }
        // What the callback left is read and dropped here, or the connection could not go on.
        defer { unsafe mysql_free_result(result) }
        let columns = Int(unsafe mysql_num_fields(result))
        // The cells have room for so many; our statements read two dozen.
        guard columns <= Limits.databaseColumnsMax else {
            throw StorageError(.refused, "a result of \(columns) columns is too wide")
        }
        // The last row and an error in the middle look the same; `mysql_errno` tells them apart.
        while let fields = unsafe mysql_fetch_row(result) {
            guard let lengths = unsafe mysql_fetch_lengths(result) else { break }
            for column in 0..<columns {
                unsafe cells[column] = unsafe Self.cell(fields[column], lengths[column])
            }
            let span = unsafe Span(
                _unsafeStart: cells.baseAddress.unsafelyUnwrapped, count: columns)
            guard row(DatabaseRow(span, calendar: calendar)) else { return }
        }
        if unsafe mysql_errno(open) != 0 {
            throw unsafe failure(MariaDBError.last(open))
        }
    }

    /// One field of the text protocol, where NULL is a null pointer.
    @unsafe
    private static func cell(
        _ field: UnsafeMutablePointer<CChar>?, _ length: UInt
    ) -> DatabaseCell {
        guard let field = unsafe field else { return .null }
        let bytes = unsafe UnsafeRawPointer(field).assumingMemoryBound(to: UInt8.self)
        return unsafe .bytes(bytes, count: Int(length))
    }

    /// Sends a statement and waits for the first of its answer.
    @unsafe
    private func run(
        _ sql: String, _ values: [DatabaseValue]
    ) throws(StorageError) -> UnsafeMutablePointer<MYSQL> {
        let open = try unsafe ready()
        var text = StatementText(calendar: calendar)
        try text.write(sql, values)
        let code = unsafe text.bytes.span.withUnsafeBytes { bytes in
            unsafe mysql_real_query(
                open, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt(bytes.count))
        }
        guard code == 0 else { throw unsafe failure(MariaDBError.last(open)) }
        return unsafe open
    }
}
