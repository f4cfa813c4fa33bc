internal import Basics

/// Up to three short texts in one block of memory, for a record in a slab.
///
/// The struct is plain bytes and does not free its block: whoever drops the record does.
@safe
struct TextBlock: BitwiseCopyable {
    private let block: UnsafeMutablePointer<UInt8>?
    private let firstCount: UInt16
    private let secondCount: UInt16
    private let thirdCount: UInt16

    /// A block of three texts, of which any may be empty.
    init(_ first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8> = Span()) {
        let count = first.count + second.count + third.count
        precondition(count <= Int(UInt16.max), "text beyond its limits")
        firstCount = UInt16(first.count)
        secondCount = UInt16(second.count)
        thirdCount = UInt16(third.count)
        unsafe block = count == 0 ? nil : .allocate(capacity: count)
        guard let block = unsafe block else { return }
        unsafe Self.copy(first, to: block)
        unsafe Self.copy(second, to: block + first.count)
        unsafe Self.copy(third, to: block + first.count + second.count)
    }

    /// No text.
    static var empty: TextBlock { TextBlock(Span(), Span()) }

    /// The first text.
    var first: Span<UInt8> {
        @_lifetime(borrow self)
        get { part(0, Int(firstCount)) }
    }
    /// The second text.
    var second: Span<UInt8> {
        @_lifetime(borrow self)
        get { part(Int(firstCount), Int(secondCount)) }
    }
    /// The third text.
    var third: Span<UInt8> {
        @_lifetime(borrow self)
        get { part(Int(firstCount) + Int(secondCount), Int(thirdCount)) }
    }

    /// Gives the block back; the value must not be used afterwards.
    func free() { unsafe block?.deallocate() }

    @_lifetime(borrow self)
    private func part(_ start: Int, _ count: Int) -> Span<UInt8> {
        guard let block = unsafe block else { return Span() }
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
