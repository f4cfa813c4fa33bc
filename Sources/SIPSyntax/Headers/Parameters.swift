public import Basics

/// One parameter of a header field: `;name` or `;name=value` (RFC 3261 7.3.1).
public struct HeaderParameter: Sendable, Hashable {
    /// Its name.
    public var name: ByteRange
    /// Its value, with the quotes if there are any; nil without `=`.
    public var value: ByteRange?
    /// The first eight bytes of its name in lower case, as `ParameterKey` has them.
    var key: UInt64

    /// The value without quotes around it; quoted pairs within stay as they are.
    public func unquotedValue(in bytes: Span<UInt8>) -> ByteRange? {
        guard let value else { return nil }
        return value.unquoted(in: bytes)
    }
}

/// Names of parameters as one word: their bytes in lower case, the first one lowest.
///
/// A test compares them with the names.
enum ParameterKey {
    /// RFC 3261 20.42: the transaction.
    static let branch: UInt64 = 0x68636e617262
    /// RFC 3581: answers go to the port that sent.
    static let rport: UInt64 = 0x74726f7072
    /// RFC 3261 18.2.1: the address that sent.
    static let received: UInt64 = 0x6465766965636572
    /// RFC 3261 18.2.2: the address for answers.
    static let maddr: UInt64 = 0x726464616d
    /// RFC 3261 18.1.1: the multicast scope.
    static let ttl: UInt64 = 0x6c7474
    /// RFC 3261 19.3: one end of a dialog.
    static let tag: UInt64 = 0x676174
    /// RFC 3261 20.10: the preference.
    static let q: UInt64 = 0x71
    /// RFC 3261 20.10: the life that is asked for.
    static let expires: UInt64 = 0x73657269707865
    /// RFC 5626 4.2: the number of the flow.
    static let regID: UInt64 = 0x64692d676572
    /// RFC 3840 10.6: the methods that are taken.
    static let methods: UInt64 = 0x73646f6874656d
    /// RFC 5626 4.1: the first eight bytes of `+sip.instance`.
    static let instance: UInt64 = 0x736e692e7069732b
    /// RFC 6665 8.2.1: the id of an event.
    static let id: UInt64 = 0x6469
}

extension ByteRange {
    /// The range without a pair of quotes around it.
    public func unquoted(in bytes: Span<UInt8>) -> ByteRange {
        assert(end <= bytes.count)
        guard count >= 2, bytes[start] == UInt8(ascii: "\""), bytes[end - 1] == UInt8(ascii: "\"")
        else { return self }
        return ByteRange(offset: start + 1, count: Int(count) - 2)
    }
}

/// Walks over the parameters of a header field's value that was found to be well-formed.
public struct HeaderParameters: ~Escapable {
    private var cursor: Cursor

    /// The parameters in a range that starts with `;` or white space, or is empty.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, in range: ByteRange) {
        cursor = Cursor(bytes, in: range)
    }

    /// The next parameter, nil at the end or where the grammar is left.
    @_lifetime(self: copy self)
    public mutating func next() -> HeaderParameter? {
        do throws(SyntaxError) { return try cursor.parameter() } catch { return nil }
    }

    /// The first parameter of a name, without regard to case.
    public static func find(
        _ name: Span<UInt8>, of bytes: Span<UInt8>, in range: ByteRange
    ) -> HeaderParameter? {
        assert(!name.isEmpty && range.end <= bytes.count)
        var all = HeaderParameters(bytes, in: range)
        while let parameter = all.next() {
            if bytes.part(parameter.name).matches(name) { return parameter }
        }
        return nil
    }
}

/// A number in a parameter that may be missing or be no number.
public enum ParameterNumber: Sendable, Hashable {
    /// The parameter is not there.
    case absent
    /// Its value.
    case value(UInt32)
    /// It is there and no number, or too large a one.
    case malformed

    /// The value; nil when absent or malformed.
    public var number: UInt32? {
        if case .value(let number) = self { return number }
        return nil
    }

    /// Reads decimal digits.
    init(_ bytes: Span<UInt8>, _ range: ByteRange?) {
        // No value at all (`;expires`) is malformed as well: it is there and is no number.
        guard let range, let number = bytes.part(range).decimal(upTo: UInt64(UInt32.max)) else {
            self = .malformed
            return
        }
        self = .value(UInt32(truncatingIfNeeded: number))
    }
}

extension Cursor {
    /// Moves over white space and one parameter; nil when no `;` comes next.
    @_lifetime(self: copy self)
    mutating func parameter() throws(SyntaxError) -> HeaderParameter? {
        let start = position
        skipSpace()
        guard take(UInt8(ascii: ";")) else {
            // White space that no parameter follows stands behind the element, not in it.
            move(to: start)
            return nil
        }
        skipSpace()
        let name = try token("Malformed parameter")
        let key = HeaderNameTable.word(bytes, name.start, min(Int(name.count), 8))
        // White space behind a name is left to what follows, unless `=` shows that it was inside.
        let behind = position
        skipSpace()
        guard take(UInt8(ascii: "=")) else {
            move(to: behind)
            return HeaderParameter(name: name, value: nil, key: key)
        }
        skipSpace()
        if current == UInt8(ascii: "\"") {
            return HeaderParameter(name: name, value: try quotedString(), key: key)
        }
        let value = run(of: .parameterValue)
        if value.isEmpty { throw malformed("A parameter without value") }
        return HeaderParameter(name: name, value: value, key: key)
    }

    /// Moves over white space, and must then be at the end or at a comma if those may follow.
    @_lifetime(self: copy self)
    mutating func endOfElement(_ reason: StaticString) throws(SyntaxError) {
        assert(position <= end)
        skipSpace()
        if isAtEnd || current == UInt8(ascii: ",") { return }
        throw malformed(reason)
    }
}
