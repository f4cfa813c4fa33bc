/// A fixed number of trivial values in memory of their own, reached by index without copying the
/// rest.
///
/// An `InlineArray` within a noncopyable value was tried first: reading one element of it copies
/// the whole array to the stack, which for a table of a hundred slots costs more than the look-up.
@safe
public struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
    private let storage: UnsafeMutablePointer<Element>
    /// Number of values.
    public let count: Int

    /// A buffer of `count` times the same value.
    public init(repeating value: Element, count: Int) {
        precondition(count > 0, "a buffer of nothing")
        unsafe storage = UnsafeMutablePointer<Element>.allocate(capacity: count)
        unsafe storage.initialize(repeating: value, count: count)
        self.count = count
    }

    deinit { unsafe storage.deallocate() }

    /// The value at an index from 0 to `count - 1`.
    public subscript(_ index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "an index outside of the buffer")
            return unsafe storage[index]
        }
        set {
            precondition(index >= 0 && index < count, "an index outside of the buffer")
            unsafe storage[index] = newValue
        }
    }

    /// All values.
    public var span: Span<Element> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: storage, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Sets all values to one.
    public mutating func fill(_ value: Element) {
        unsafe storage.update(repeating: value, count: count)
    }
}

/// The memory belongs to one value only, which moves as a whole: nothing is shared.
extension FixedBuffer: @unchecked Sendable where Element: Sendable {}
