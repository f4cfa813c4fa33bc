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
        try self.init(&cursor)
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed route") }
    }

    /// Reads one value at a cursor; stops at the comma behind it or at the end.
    init(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(cursor.end <= cursor.bytes.count)
        cursor.skipSpace()
        let start = cursor.position
        let address = try NameAddress(&cursor)
        guard address.isBracketed else { throw cursor.malformed("A route without < >") }
        uri = address.uri
        let from = cursor.position
        while try cursor.parameter() != nil {}
        parameters = cursor.range(from: from)
        whole = cursor.range(from: start)
        try cursor.endOfElement("Malformed route")
    }
}

/// Walks over the entries of one of the route header fields in order.
public struct RouteEntries: ~Escapable {
    private var elements: HeaderElements

    /// A walk over fields of one of the route header fields.
    @_lifetime(copy elements)
    init(_ elements: HeaderElements) { self.elements = elements }

    /// The next entry, nil behind the last.
    @_lifetime(self: copy self)
    public mutating func next() throws(SyntaxError) -> RouteEntry? {
        guard elements.advance() else { return nil }
        return try RouteEntry(&elements.cursor)
    }
}

extension SIPMessage {
    /// The entries of Route, Record-Route, Path or Service-Route.
    @_lifetime(borrow self)
    public func routes(_ name: HeaderName) -> RouteEntries {
        assert(name == .route || name == .recordRoute || name == .path || name == .serviceRoute)
        return RouteEntries(HeaderElements(self, name))
    }
}
