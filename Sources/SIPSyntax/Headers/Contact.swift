public import Basics

/// One value of Contact (RFC 3261 20.10) with the parameters that a registrar needs.
public struct Contact: Sendable, Hashable {
    /// The whole value.
    public var whole: ByteRange
    /// Whether it is `*`, which stands for all bindings.
    public var isStar = false
    /// Display name and URI; both empty for `*`.
    public var address: NameAddress
    /// The preference in thousandths, 0 to 1000 (RFC 3261 25.1 `qvalue`).
    public var q = ParameterNumber.absent
    /// The life that is asked for, in seconds.
    public var expires = ParameterNumber.absent
    /// The instance with its `< >`, without its quotes (RFC 5626 4.1).
    public var instance: ByteRange?
    /// The number of the flow (RFC 5626 4.2).
    public var regID = ParameterNumber.absent
    /// The methods that it takes, without quotes (RFC 3840 10.6).
    public var methods: ByteRange?
    /// The address that a proxy saw, without quotes.
    public var received: ByteRange?
    /// All parameters, from the first `;` on.
    public var parameters: ByteRange

    /// The URI without `< >`.
    public var uri: ByteRange { address.uri }

    /// Reads the value that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        try self.init(&cursor)
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed Contact") }
    }

    /// Reads one value at a cursor; stops at the comma behind it or at the end.
    init(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(cursor.end <= cursor.bytes.count)
        cursor.skipSpace()
        let start = cursor.position
        if cursor.take(UInt8(ascii: "*")) {
            isStar = true
            let none = ByteRange(offset: cursor.position, count: 0)
            address = NameAddress(star: none)
        } else {
            address = try NameAddress(&cursor)
        }
        let from = cursor.position
        parameters = ByteRange(offset: from, count: 0)
        whole = parameters
        while let parameter = try cursor.parameter() {
            note(parameter, cursor.bytes)
        }
        parameters = cursor.range(from: from)
        let last = cursor.position
        whole = ByteRange(offset: start, count: last - start)
        try cursor.endOfElement("Malformed Contact")
    }

    /// The first parameter of a name, without regard to case.
    public func parameter(_ name: Span<UInt8>, in bytes: Span<UInt8>) -> HeaderParameter? {
        assert(parameters.end <= bytes.count, "not the bytes that were parsed")
        return HeaderParameters.find(name, of: bytes, in: parameters)
    }

    /// Takes up a parameter; of two with the same name the last one counts.
    private mutating func note(_ parameter: HeaderParameter, _ bytes: Span<UInt8>) {
        assert(parameter.name.end <= bytes.count && !parameter.name.isEmpty)
        switch parameter.key {
        case ParameterKey.q: q = Self.qvalue(bytes, parameter.value)
        case ParameterKey.expires:
            expires = ParameterNumber(bytes, parameter.value?.unquoted(in: bytes))
        case ParameterKey.regID: regID = ParameterNumber(bytes, parameter.value)
        case ParameterKey.instance where bytes.part(parameter.name).matches("+sip.instance"):
            instance = parameter.unquotedValue(in: bytes)
        case ParameterKey.methods: methods = parameter.unquotedValue(in: bytes)
        case ParameterKey.received where parameter.name.count == 8:
            received = parameter.unquotedValue(in: bytes)
        default: return
        }
    }

    /// `0`, `1`, or a fraction between; digits behind the third are cut.
    private static func qvalue(_ bytes: Span<UInt8>, _ range: ByteRange?) -> ParameterNumber {
        guard let range else { return .malformed }
        var cursor = Cursor(bytes, in: range)
        let whole = cursor.decimal(upTo: 1)
        if cursor.isAtEnd { return whole.map { .value(UInt32($0) * 1000) } ?? .malformed }
        guard whole != nil || cursor.position == range.start, cursor.take(UInt8(ascii: ".")) else {
            return .malformed
        }
        var thousandths = UInt32(truncatingIfNeeded: whole ?? 0) * 1000
        var weight: UInt32 = 100
        guard whole != nil || !cursor.isAtEnd else { return .malformed }
        while let byte = cursor.current {
            guard byte >= 48, byte <= 57 else { return .malformed }
            let part = UInt32(byte - 48)
            if thousandths >= 1000, part > 0 { return .malformed }
            thousandths += part * weight
            weight /= 10
            cursor.advance()
        }
        assert(thousandths <= 1000)
        return .value(thousandths)
    }
}

extension NameAddress {
    /// The place of an address that `*` has none of.
    fileprivate init(star: ByteRange) {
        assert(star.isEmpty)
        displayName = star
        uri = star
        isBracketed = false
    }
}

/// Walks over all values of Contact in order.
public struct Contacts: ~Escapable {
    private var elements: HeaderElements

    /// A walk over fields of Contact.
    @_lifetime(copy elements)
    init(_ elements: HeaderElements) { self.elements = elements }

    /// The next value, nil behind the last.
    @_lifetime(self: copy self)
    public mutating func next() throws(SyntaxError) -> Contact? {
        guard elements.advance() else { return nil }
        return try Contact(&elements.cursor)
    }
}

extension SIPMessage {
    /// The values of Contact in order.
    public var contacts: Contacts {
        @_lifetime(borrow self)
        get { Contacts(HeaderElements(self, .contact)) }
    }
}
