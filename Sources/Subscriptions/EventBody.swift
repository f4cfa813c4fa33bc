internal import Basics

/// The bytes of a document, immutable and shared: copying the value copies a reference.
///
/// All notifications of a change, on whatever thread they are written, read the same bytes.
@safe
public struct EventBody: @unchecked Sendable {
    /// The number of bytes and the bytes.
    ///
    /// Sharing it between threads is safe because nobody writes them after `init`.
    let storage: ManagedBuffer<Int, UInt8>

    /// A copy of bytes, at most `Limits.documentBytesMax` for one that is published.
    public init(_ bytes: Span<UInt8>) {
        storage = ManagedBuffer<Int, UInt8>.create(minimumCapacity: bytes.count) { _ in
            bytes.count
        }
        unsafe storage.withUnsafeMutablePointerToElements { start in
            unsafe bytes.withUnsafeBufferPointer { source in
                guard let base = source.baseAddress else { return }
                unsafe start.initialize(from: base, count: source.count)
            }
        }
        assert(storage.header == bytes.count)
    }

    /// A body of `count` bytes that `write` fills, all of them.
    init(count: Int, _ write: (inout MutableSpan<UInt8>) -> Void) {
        storage = ManagedBuffer<Int, UInt8>.create(minimumCapacity: count) { _ in count }
        unsafe storage.withUnsafeMutablePointerToElements { start in
            unsafe start.initialize(repeating: 0, count: count)
            var span = unsafe MutableSpan(_unsafeStart: start, count: count)
            write(&span)
        }
        assert(storage.header == count)
    }

    /// Number of bytes.
    public var count: Int { storage.header }

    /// The bytes.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let start = unsafe storage.withUnsafeMutablePointerToElements { unsafe $0 }
            let span = unsafe Span(_unsafeStart: UnsafePointer(start), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Whether two values share their bytes.
    public func isIdentical(to other: EventBody) -> Bool { storage === other.storage }

    /// The value of its storage.
    init(storage: ManagedBuffer<Int, UInt8>) { self.storage = storage }
}
