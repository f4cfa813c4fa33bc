public import Basics

/// One value of Route, Record-Route, Path or Service-Route: an address within `< >`.
public struct RouteEntry: Sendable, Hashable {
    /// The whole value.
    public var whole: ByteRange
    /// The URI without `< >`.
    public var uri: ByteRange
    /// The parameters behind `>`.
    public var parameters: ByteRange

    /// Reads the value that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        let address = try NameAddress(&cursor)
        guard address.isBracketed else { throw cursor.malformed("A route without < >") }
        uri = address.uri
        let start = cursor.position
        while try cursor.parameter() != nil {}
        parameters = cursor.range(from: start)
        whole = range
        cursor.skipSpace()
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed route") }
    }
}

/// Walks over the entries of one of the route header fields in order.
public struct RouteEntries: ~Escapable {
    private var values: HeaderValues

    @_lifetime(copy values)
    init(_ values: HeaderValues) { self.values = values }

    /// The next entry, nil behind the last.
    @_lifetime(self: copy self)
    public mutating func next() throws(SyntaxError) -> RouteEntry? {
        guard let value = values.next() else { return nil }
        return try RouteEntry(parsing: values.bytes, in: value)
    }
}

extension SIPMessage {
    /// The entries of Route, Record-Route, Path or Service-Route.
    @_lifetime(borrow self)
    public func routes(_ name: HeaderName) -> RouteEntries {
        assert(name == .route || name == .recordRoute || name == .path || name == .serviceRoute)
        return RouteEntries(HeaderValues(self, name))
    }
}
