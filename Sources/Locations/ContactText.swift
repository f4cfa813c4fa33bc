internal import Basics

/// The variable text of a stored contact: one block with all fields one behind the other.
///
/// The order is: unique name (only a foreign one), URI, Call-ID, user agent, received, path,
/// instance, attributes. What a refresh may keep stands in front. A refresh that brings the same bytes writes
/// nothing; one that brings others writes over the block while it fits and allocates a new one
/// when it does not. The struct is plain bytes and does not free its block: its shard does.
@safe
struct ContactText: BitwiseCopyable {
    /// The memory that holds all text, nil without any.
    private(set) var block: UnsafeMutablePointer<UInt8>?
    /// Bytes that the block has room for.
    private(set) var capacity: UInt16 = 0
    /// Bytes of the contact URI.
    private(set) var uriCount: UInt16 = 0
    /// Bytes of the Path vector.
    private(set) var pathCount: UInt16 = 0
    /// Bytes of the packed attributes.
    private(set) var attributesCount: UInt16 = 0
    /// Bytes of a foreign unique name.
    private(set) var ruidCount: UInt8 = 0
    /// Bytes of the Call-ID.
    private(set) var callIDCount: UInt8 = 0
    /// Bytes of the User-Agent.
    private(set) var userAgentCount: UInt8 = 0
    /// Bytes of the received URI.
    private(set) var receivedCount: UInt8 = 0
    /// Bytes of the instance.
    private(set) var instanceCount: UInt8 = 0

    /// Text in a new block; `ruid` is empty for a unique name that is kept as a number.
    init(ruid: Span<UInt8>, _ text: borrowing BindingText) {
        precondition(text.fits && ruid.count <= Limits.ruidBytesMax, "text beyond its limits")
        unsafe block = nil
        ruidCount = UInt8(ruid.count)
        allocate(ruid.count + text.count)
        unsafe Self.copy(ruid, to: block)
        write(text, keepingURI: false)
    }

    /// Gives the block back; the value must not be used afterwards.
    func free() {
        assert(unsafe (block == nil) == (capacity == 0))
        unsafe block?.deallocate()
    }

    /// Takes over other text; says whether any byte changed.
    ///
    /// With `keepingURI` the stored URI stays whatever the new text says.
    mutating func replace(_ text: borrowing BindingText, keepingURI: Bool) -> Bool {
        precondition(text.fits, "text beyond its limits")
        if holds(text, keepingURI: keepingURI) { return false }
        let kept = keepingURI ? uriPlace.upperBound : Int(ruidCount)
        let total = kept + text.count - (keepingURI ? text.uri.count : 0)
        // A block is given up when it is too small, or far too large for what is left.
        if total > Int(capacity) || Int(capacity) > total + 256 { move(kept, total) }
        write(text, keepingURI: keepingURI)
        return true
    }

    /// Takes over other attributes and leaves all other text as it is.
    mutating func replace(attributes: Span<UInt8>) {
        precondition(attributes.count <= Limits.contactAttributesBytesMax)
        let kept = instancePlace.upperBound
        if kept + attributes.count > Int(capacity) { move(kept, kept + attributes.count) }
        attributesCount = UInt16(attributes.count)
        put(attributes, at: attributesPlace)
        assert(count == kept + attributes.count)
    }

    /// Shrinks to the unique name, all that is wanted of a contact whose row is to be deleted.
    mutating func keepOnlyRuid() {
        let kept = Int(ruidCount)
        move(kept, kept)
        uriCount = 0
        callIDCount = 0
        userAgentCount = 0
        receivedCount = 0
        pathCount = 0
        instanceCount = 0
        attributesCount = 0
        assert(count == kept)
    }

    // MARK: Places within the block

    /// Number of bytes of all fields.
    var count: Int { attributesPlace.upperBound }
    /// The unique name, empty when it is kept as a number.
    var ruidPlace: Range<Int> { 0..<Int(ruidCount) }
    /// The contact's URI.
    var uriPlace: Range<Int> { behind(ruidPlace, Int(uriCount)) }
    /// The Call-ID.
    var callIDPlace: Range<Int> { behind(uriPlace, Int(callIDCount)) }
    /// The user agent.
    var userAgentPlace: Range<Int> { behind(callIDPlace, Int(userAgentCount)) }
    /// The URI that the registration came from.
    var receivedPlace: Range<Int> { behind(userAgentPlace, Int(receivedCount)) }
    /// The Path vector.
    var pathPlace: Range<Int> { behind(receivedPlace, Int(pathCount)) }
    /// The value of `+sip.instance`.
    var instancePlace: Range<Int> { behind(pathPlace, Int(instanceCount)) }
    /// The packed attributes.
    var attributesPlace: Range<Int> { behind(instancePlace, Int(attributesCount)) }

    /// The whole block; the caller keeps the contact alive and unchanged as long as it is used.
    @_lifetime(borrow self)
    borrowing func span() -> Span<UInt8> {
        let span = unsafe Span<UInt8>(
            _unsafeStart: UnsafePointer(block ?? Self.nothing), count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Whether the field at `place` has exactly these bytes.
    func has(_ bytes: Span<UInt8>, at place: Range<Int>) -> Bool {
        assert(place.upperBound <= count)
        return place.count == bytes.count && sameBytes(span().extracting(place), bytes)
    }

    // MARK: Private

    /// Any address; nothing is ever read there.
    private static var nothing: UnsafeMutablePointer<UInt8> {
        unsafe UnsafeMutablePointer<UInt8>(bitPattern: 1).unsafelyUnwrapped
    }

    private func behind(_ range: Range<Int>, _ count: Int) -> Range<Int> {
        range.upperBound..<range.upperBound + count
    }

    private func holds(_ text: borrowing BindingText, keepingURI: Bool) -> Bool {
        // The lengths first: they stand in the record, the bytes in another cache line.
        guard keepingURI || Int(uriCount) == text.uri.count,
            Int(callIDCount) == text.callID.count, Int(userAgentCount) == text.userAgent.count,
            Int(receivedCount) == text.received.count, Int(pathCount) == text.path.count,
            Int(instanceCount) == text.instance.count,
            Int(attributesCount) == text.attributes.count
        else { return false }
        return (keepingURI || has(text.uri, at: uriPlace)) && has(text.callID, at: callIDPlace)
            && has(text.userAgent, at: userAgentPlace) && has(text.received, at: receivedPlace)
            && has(text.path, at: pathPlace) && has(text.instance, at: instancePlace)
            && has(text.attributes, at: attributesPlace)
    }

    private mutating func write(_ text: borrowing BindingText, keepingURI: Bool) {
        if !keepingURI {
            uriCount = UInt16(text.uri.count)
            put(text.uri, at: uriPlace)
        }
        callIDCount = UInt8(text.callID.count)
        put(text.callID, at: callIDPlace)
        userAgentCount = UInt8(text.userAgent.count)
        put(text.userAgent, at: userAgentPlace)
        receivedCount = UInt8(text.received.count)
        put(text.received, at: receivedPlace)
        pathCount = UInt16(text.path.count)
        put(text.path, at: pathPlace)
        instanceCount = UInt8(text.instance.count)
        put(text.instance, at: instancePlace)
        attributesCount = UInt16(text.attributes.count)
        put(text.attributes, at: attributesPlace)
    }

    private func put(_ bytes: Span<UInt8>, at place: Range<Int>) {
        precondition(place.upperBound <= Int(capacity), "the block is too small")
        guard let block = unsafe block else { return }
        unsafe Self.copy(bytes, to: block + place.lowerBound)
    }

    private static func copy(_ bytes: Span<UInt8>, to start: UnsafeMutablePointer<UInt8>?) {
        guard let start = unsafe start else { return }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe start.update(from: base, count: source.count)
        }
    }

    /// Moves the first `kept` bytes to a new block for `total` bytes.
    private mutating func move(_ kept: Int, _ total: Int) {
        assert(kept <= total && kept <= Int(capacity))
        let old = unsafe block
        allocate(total)
        if let old = unsafe old {
            unsafe block?.update(from: old, count: kept)
            unsafe old.deallocate()
        }
    }

    private mutating func allocate(_ bytes: Int) {
        precondition(bytes >= 0 && bytes <= Int(UInt16.max) - 32)
        // The allocator hands out 16 n + 8 bytes: what it would waste is room for longer text.
        let room = bytes == 0 ? 0 : max(24, (bytes + 7) / 16 * 16 + 8)
        unsafe block = room == 0 ? nil : .allocate(capacity: room)
        capacity = UInt16(room)
    }
}
