/// A place within one message: where it starts and how long it is, in bytes.
///
/// A message is at most `Limits.messageBytesMax` long, so 32 bits hold either number; the pair is
/// trivially copyable and costs no reference count.
public struct ByteRange: Sendable, Hashable {
    /// Offset of the first byte, counted from the start of the message.
    public var offset: UInt32
    /// Number of bytes.
    public var count: UInt32

    /// A range of `count` bytes from `offset`.
    public init(offset: Int, count: Int) {
        assert(offset >= 0 && offset <= Int(UInt32.max))
        assert(count >= 0 && count <= Int(UInt32.max))
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.count = UInt32(truncatingIfNeeded: count)
    }

    /// The range without bytes at the start of the message.
    public static var empty: ByteRange { ByteRange(offset: 0, count: 0) }

    /// Whether it holds no byte.
    public var isEmpty: Bool { count == 0 }
    /// Offset of the first byte as an index.
    public var start: Int { Int(offset) }
    /// Offset just behind the last byte as an index.
    public var end: Int { Int(offset) + Int(count) }
    /// The same as a range of indices.
    public var indices: Range<Int> { start..<end }
}
