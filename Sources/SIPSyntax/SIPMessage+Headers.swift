public import Basics

/// Finding header fields in a message.
extension SIPMessage {
    /// Number of header fields.
    public var headerCount: Int { index.count }

    /// Where the header section is: all header fields with their line ends.
    public var headers: ByteRange {
        guard index.count > 0 else { return ByteRange(offset: index.headersEnd, count: 0) }
        let start = index.field(0).line.start
        return ByteRange(offset: start, count: index.headersEnd - start)
    }

    /// The header field of a number from 0 to `headerCount - 1`, in the order of the message.
    public func field(_ number: Int) -> HeaderField { index.field(number) }

    /// The value of the first field of a name, nil when there is none.
    public func header(_ name: HeaderName) -> ByteRange? {
        assert(name != .other, "fields of unknown names are found by text")
        return index.first(name).map { index.value($0) }
    }

    /// Whether a field of this name is there.
    public func has(_ name: HeaderName) -> Bool { index.first(name) != nil }

    /// The value of the `occurrence`-th field whose name is a text, without regard to case; a
    /// compact form finds the long one and the other way round.
    public func header(named text: Span<UInt8>, occurrence: Int = 0) -> ByteRange? {
        precondition(occurrence >= 0)
        var left = occurrence
        var number = firstField(named: text)
        while let found = number {
            if left == 0 { return index.value(found) }
            left -= 1
            number = nextField(named: text, after: found)
        }
        return nil
    }

    /// Number of the first field whose name is a text.
    public func firstField(named text: Span<UInt8>) -> Int? {
        let name = HeaderName(name: text)
        guard let first = index.first(name) else { return nil }
        return matching(text, name, from: first)
    }

    /// Number of the next field whose name is a text.
    public func nextField(named text: Span<UInt8>, after number: Int) -> Int? {
        guard let next = index.next(after: number) else { return nil }
        return matching(text, HeaderName(name: text), from: next)
    }

    /// Number of the first field of a name; for unknown names use the text.
    public func firstField(_ name: HeaderName) -> Int? { index.first(name) }

    /// Number of the next field of the same name; of another unknown one for an unknown name.
    public func nextField(after number: Int) -> Int? { index.next(after: number) }

    /// How many fields have a name.
    public func fieldCount(_ name: HeaderName) -> Int {
        var count = 0
        var number = index.first(name)
        while let found = number {
            count += 1
            number = index.next(after: found)
        }
        assert(count <= headerCount)
        return count
    }

    /// All values of a header field in order, across several fields and within comma lists.
    @_lifetime(borrow self)
    public func values(_ name: HeaderName) -> HeaderValues { HeaderValues(self, name) }

    /// Writes the value of a field in one line: each fold becomes one space (RFC 3261 7.3.1).
    public func writeUnfolded(_ value: ByteRange, into writer: inout ByteWriter) {
        assert(value.end <= bytes.count)
        let text = self[value]
        var cursor = Cursor(text)
        while !cursor.isAtEnd {
            let start = cursor.position
            while let byte = cursor.current, byte != 13, byte != 10 { cursor.advance() }
            writer.append(text.part(cursor.range(from: start)))
            guard !cursor.isAtEnd else { return }
            while let byte = cursor.current, byte <= 32 { cursor.advance() }
            writer.append(UInt8(ascii: " "))
        }
    }

    /// Whether the first field of a name has line ends in its value.
    func isFolded(_ name: HeaderName) -> Bool {
        index.first(name).map { index.isFolded($0) } ?? false
    }

    /// Writes the value of the field of a number in one line.
    public func writeValue(ofField number: Int, into writer: inout ByteWriter) {
        assert(number >= 0 && number < headerCount)
        let value = index.value(number)
        guard index.isFolded(number) else { return writer.append(self[value]) }
        writeUnfolded(value, into: &writer)
    }

    private func matching(_ text: Span<UInt8>, _ name: HeaderName, from number: Int) -> Int? {
        assert(number >= 0 && number < headerCount)
        guard name == .other else { return number }
        var number: Int? = number
        while let found = number {
            if self[index.field(found).nameRange].matches(text) { return found }
            number = index.next(after: found)
        }
        return nil
    }
}

extension HeaderName {
    /// The header field of a name or compact form, without regard to case.
    public init(name: Span<UInt8>) {
        let all = ByteRange(offset: 0, count: name.count)
        self = HeaderNameTable.shared.find(name, all)
    }
}
