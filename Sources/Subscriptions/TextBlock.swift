internal import Basics

/// Two to four short texts in one block of memory, for a record in a slab.
///
/// The struct is plain bytes and does not free its block: whoever drops the record does. It has a
/// count of two bytes for each of its `parts`, so that a record pays for no text that it never has.
@safe
struct TextBlock<let parts: Int>: BitwiseCopyable {
    private let block: UnsafeMutablePointer<UInt8>?
    private let counts: InlineArray<parts, UInt16>

    /// A block of texts, of which any may be empty; those behind the last part must be.
    init(
        _ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8> = Span(),
        _ fourth: Span<UInt8> = Span()
    ) {
        let count = first.count + second.count + third.count + fourth.count
        precondition(count <= Self.bytesMax, "text beyond its limits")
        precondition(parts > 3 || fourth.isEmpty && (parts > 2 || third.isEmpty))
        var counts = InlineArray<parts, UInt16>(repeating: 0)
        counts[0] = UInt16(first.count)
        counts[1] = UInt16(second.count)
        if parts > 2 { counts[2] = UInt16(third.count) }
        if parts > 3 { counts[3] = UInt16(fourth.count) }
        self.counts = counts
        unsafe block = count == 0 ? nil : .allocate(capacity: count)
        guard let block = unsafe block else { return }
        unsafe Self.copy(first, to: block)
        unsafe Self.copy(second, to: block + first.count)
        unsafe Self.copy(third, to: block + first.count + second.count)
        unsafe Self.copy(fourth, to: block + count - fourth.count)
    }

    /// Most bytes of all texts together.
    static var bytesMax: Int { Int(UInt16.max) }

    /// The first text.
    var first: Span<UInt8> {
        @_lifetime(borrow self)
        get { part(0) }
    }
    /// The second text.
    var second: Span<UInt8> {
        @_lifetime(borrow self)
        get { part(1) }
    }
    /// The third text.
    var third: Span<UInt8> {
        @_lifetime(borrow self)
        get { part(2) }
    }
    /// The fourth text.
    var fourth: Span<UInt8> {
        @_lifetime(borrow self)
        get { part(3) }
    }

    /// Gives the block back; the value must not be used afterwards.
    func free() { unsafe block?.deallocate() }

    @_lifetime(borrow self)
    private func part(_ number: Int) -> Span<UInt8> {
        guard let block = unsafe block else { return Span() }
        var start = 0
        for place in 0..<number { start += Int(counts[place]) }
        let count = Int(counts[number])
        let span = unsafe Span(_unsafeStart: UnsafePointer(block + start), count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    @unsafe
    private static func copy(_ bytes: Span<UInt8>, to start: UnsafeMutablePointer<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe start.initialize(from: base, count: source.count)
        }
    }
}
