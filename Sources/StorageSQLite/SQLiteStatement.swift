internal import Basics
internal import CSQLite
internal import Storage

/// A compiled statement; freed with its last reference, before or after its connection.
@safe
final class SQLiteStatement {
    /// The library's statement.
    private let pointer: OpaquePointer
    /// Number of columns of its rows.
    let columns: Int
    /// Number of `?` in it.
    let places: Int

    /// Takes over a statement that the library has compiled.
    @unsafe
    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = unsafe pointer
        columns = Int(unsafe sqlite3_column_count(pointer))
        places = Int(unsafe sqlite3_bind_parameter_count(pointer))
    }

    deinit { unsafe sqlite3_finalize(pointer) }

    /// Whether it has begun and not come to its end.
    var isBusy: Bool { unsafe sqlite3_stmt_busy(pointer) != 0 }

    /// Goes on to the next row; the library's result code.
    func step() -> Int32 { unsafe sqlite3_step(pointer) }

    /// Goes back to the start and forgets the values, whose memory may be gone by the next time.
    func reset() {
        unsafe sqlite3_reset(pointer)
        unsafe sqlite3_clear_bindings(pointer)
    }

    /// A cell of the row it stands at, valid until the next step.
    func cell(_ column: Int) -> DatabaseCell {
        let column = Int32(column)
        switch unsafe sqlite3_column_type(pointer, column) {
        case SQLITE_INTEGER: return .integer(Int(unsafe sqlite3_column_int64(pointer, column)))
        case SQLITE_FLOAT: return .double(unsafe sqlite3_column_double(pointer, column))
        case SQLITE_NULL: return .null
        default:
            // The pointer is asked for first, the length second, as the library wants it; for
            // text it is the text as it is.
            let bytes = unsafe sqlite3_column_blob(pointer, column)
            let count = Int(unsafe sqlite3_column_bytes(pointer, column))
            let base = unsafe bytes?.assumingMemoryBound(to: UInt8.self)
            return unsafe .bytes(base ?? Self.nowhere, count: count)
        }
    }

    /// Binds a value, which the library copies.
    func bind(_ value: DatabaseValue, at place: Int) -> Int32 {
        switch value {
        case .null: return unsafe bind(.null, at: place, nil)
        case .integer(let number): return unsafe bind(.integer(number), at: place, nil)
        case .double(let number): return unsafe bind(.double(number), at: place, nil)
        case .time(let time): return unsafe bind(.time(time), at: place, nil)
        case .text(let text):
            let number = Int32(place + 1)
            return unsafe sqlite3_bind_text(
                pointer, number, text, Int32(text.utf8.count), Self.copied)
        case .bytes(let bytes):
            let number = Int32(place + 1)
            return unsafe sqlite3_bind_blob64(
                pointer, number, bytes, UInt64(bytes.count), Self.copied)
        }
    }

    /// Binds a cell of a batch, whose bytes must stay where they are until the step is done.
    func bind(_ cell: RowBatch.Cell, at place: Int, in batch: borrowing RowBatch) -> Int32 {
        switch cell {
        case .text(let range), .blob(let range):
            let bytes = batch.bytes.span(range)
            return unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe bind(cell, at: place, bytes)
            }
        default: return unsafe bind(cell, at: place, nil)
        }
    }

    /// Binds a cell whose bytes, if it has any, are given beside it and not copied.
    @unsafe
    private func bind(
        _ cell: RowBatch.Cell, at place: Int, _ bytes: UnsafeBufferPointer<UInt8>?
    ) -> Int32 {
        let number = Int32(place + 1)
        // A null pointer would bind NULL, so text without a byte points somewhere.
        let base = unsafe bytes?.baseAddress ?? Self.nowhere
        let count = unsafe UInt64(bytes?.count ?? 0)
        switch cell {
        case .null: return unsafe sqlite3_bind_null(pointer, number)
        case .integer(let value): return unsafe sqlite3_bind_int64(pointer, number, Int64(value))
        case .double(let value): return unsafe sqlite3_bind_double(pointer, number, value)
        case .time(let time):
            return unsafe sqlite3_bind_double(pointer, number, Double(julianDay: time))
        case .text:
            return unsafe UnsafeRawPointer(base).withMemoryRebound(
                to: CChar.self, capacity: Int(count)
            ) { text in
                unsafe sqlite3_bind_text64(pointer, number, text, count, nil, UInt8(SQLITE_UTF8))
            }
        case .blob: return unsafe sqlite3_bind_blob64(pointer, number, base, count, nil)
        }
    }

    /// A place in memory that outlives everything, for values without bytes.
    ///
    /// Never written again, so all threads may point to it.
    private nonisolated(unsafe) static let nowhere: UnsafePointer<UInt8> = {
        let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        unsafe byte.initialize(to: 0)
        return unsafe UnsafePointer(byte)
    }()

    /// SQLITE_TRANSIENT: the library makes a copy.
    private static var copied: sqlite3_destructor_type {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }
}
