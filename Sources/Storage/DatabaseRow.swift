public import Basics

/// One cell of a row that was read, as the driver found it: a number, or a place in its buffer.
///
/// Trivial, so that a driver refills the same few for every row. The pointer is read through
/// `DatabaseRow` only, which cannot outlive the row.
@safe
public struct DatabaseCell {
    /// What the cell holds.
    enum Content: UInt8 { case null, integer, double, bytes }
    /// Which of the four it is.
    let content: Content
    /// The integer, the bit pattern of the number, or the count of bytes.
    let bits: Int
    /// The first byte of text, in the driver's memory.
    let base: UnsafePointer<UInt8>?

    /// NULL.
    public static var null: DatabaseCell { unsafe DatabaseCell(.null, 0, nil) }
    /// An integer.
    public static func integer(_ value: Int) -> DatabaseCell {
        unsafe DatabaseCell(.integer, value, nil)
    }
    /// A number.
    public static func double(_ value: Double) -> DatabaseCell {
        unsafe DatabaseCell(.double, Int(bitPattern: UInt(value.bitPattern)), nil)
    }
    /// Text or bytes in the driver's memory, which must live as long as the row is looked at.
    @unsafe
    public static func bytes(_ base: UnsafePointer<UInt8>?, count: Int) -> DatabaseCell {
        unsafe DatabaseCell(.bytes, base == nil ? 0 : count, base)
    }

    private init(_ content: Content, _ bits: Int, _ base: UnsafePointer<UInt8>?) {
        precondition(content != .bytes || bits >= 0, "a cell has no negative length")
        self.content = content
        self.bits = bits
        unsafe self.base = unsafe base
    }
}

/// The cells of one row that was read, valid until the callback returns.
///
/// Reading a cell allocates nothing; MariaDB sends numbers and times as text, SQLite as numbers,
/// and each accessor takes either.
public struct DatabaseRow: ~Copyable, ~Escapable {
    private let cells: Span<DatabaseCell>
    private let calendar: LocalCalendar

    /// A row of cells that a driver has filled; times are read in the zone of `calendar`.
    @_lifetime(copy cells)
    public init(_ cells: Span<DatabaseCell>, calendar: LocalCalendar) {
        self.cells = cells
        self.calendar = calendar
    }

    /// Number of columns.
    public var count: Int { cells.count }

    /// Whether a cell is NULL.
    public func isNull(_ column: Int) -> Bool { cells[column].content == .null }

    /// An integer cell; nil for NULL and for what is no integer.
    public func integer(_ column: Int) -> Int? {
        switch cells[column].content {
        case .null, .double: nil
        case .integer: cells[column].bits
        case .bytes: NumberText.integer(bytes(column))
        }
    }

    /// A number; nil for NULL and for what is no number.
    public func double(_ column: Int) -> Double? {
        switch cells[column].content {
        case .null: nil
        case .integer: Double(cells[column].bits)
        case .double: number(column)
        case .bytes: NumberText.double(bytes(column))
        }
    }

    /// A point in time; nil for NULL and for what is no time, such as MariaDB's zero date.
    ///
    /// Text is local time, a number with a fraction is a Julian day, and an integer is seconds
    /// since 1970 (usrloc's `expires_type` 1).
    public func time(_ column: Int) -> WallTime? {
        switch cells[column].content {
        case .null: nil
        case .integer: WallTime(seconds: cells[column].bits)
        case .double: WallTime(julianDay: number(column))
        case .bytes:
            calendar.time(bytes(column))
                ?? NumberText.integer(bytes(column)).map { WallTime(seconds: $0) }
        }
    }

    /// The bytes of a text or blob cell; none for NULL and for a number that SQLite stores as one.
    @_lifetime(borrow self)
    public func bytes(_ column: Int) -> Span<UInt8> {
        let cell = cells[column]
        guard cell.content == .bytes, let base = unsafe cell.base else { return Span() }
        let span = unsafe Span(_unsafeStart: base, count: cell.bits)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Any cell as text, nil for NULL; for the edges, since it allocates.
    public func text(_ column: Int) -> String? {
        switch cells[column].content {
        case .null: nil
        case .integer: String(cells[column].bits)
        case .double: String(number(column))
        case .bytes: String(copying: bytes(column))
        }
    }

    /// The number whose bit pattern the cell holds.
    private func number(_ column: Int) -> Double {
        Double(bitPattern: UInt64(UInt(bitPattern: cells[column].bits)))
    }
}

/// Numbers as MariaDB's text protocol writes them, read without `String`.
enum NumberText {
    /// A decimal integer with an optional sign; nil for anything else or beyond 64 bits.
    static func integer(_ text: Span<UInt8>) -> Int? {
        var place = 0
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative { place = 1 }
        // 20 bytes hold a sign and the 19 digits of 64 bits.
        guard place < text.count, text.count <= 20 else { return nil }
        var value = 0
        while place < text.count {
            let digit = text[place] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, overflows) = tens.subtractingReportingOverflow(Int(digit))
            guard !tooLarge, !overflows else { return nil }
            value = next
            place += 1
        }
        // Digits are subtracted, because only the negative range reaches Int.min.
        guard isNegative || value > Int.min else { return nil }
        return isNegative ? value : -value
    }

    /// A decimal number; short ones without exponent, which is what q-values are, are exact
    /// quotients of two small integers.
    static func double(_ text: Span<UInt8>) -> Double? {
        var place = 0
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative { place = 1 }
        // 15 digits and a point: the mantissa and the divisor are exact in a Double.
        guard text.count > place, text.count <= 16 else { return longDouble(text) }
        var mantissa = 0
        var divisor = 1
        var hasPoint = false
        while place < text.count {
            let byte = text[place]
            place += 1
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return longDouble(text) }
            mantissa = mantissa * 10 + Int(digit)
            if hasPoint { divisor *= 10 }
        }
        let value = Double(mantissa) / Double(divisor)
        return isNegative ? -value : value
    }

    /// Any other number, by way of `String`; long text is none.
    private static func longDouble(_ text: Span<UInt8>) -> Double? {
        guard text.count <= 64 else { return nil }
        return Double(String(copying: text))
    }
}
