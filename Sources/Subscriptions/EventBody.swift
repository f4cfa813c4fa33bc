internal import Basics

/// The bytes of a document, immutable and shared: copying the value copies a reference.
///
/// All notifications of a change, on whatever thread they are written, read the same bytes.
@safe
public struct EventBody: @unchecked Sendable {
    // Sendable because nobody writes the bytes after `init`.
    private let storage: ManagedBuffer<Int, UInt8>

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

    /// A counted reference as plain bytes, for a record in a slab; `release` gives it back.
    func retained() -> UnsafeMutableRawPointer {
        unsafe Unmanaged.passRetained(storage).toOpaque()
    }

    /// The value of a reference that `retained` made.
    @unsafe
    init(reference: UnsafeMutableRawPointer) {
        unsafe storage = Unmanaged<ManagedBuffer<Int, UInt8>>.fromOpaque(reference)
            .takeUnretainedValue()
    }

    /// Gives back a reference that `retained` made.
    @unsafe
    static func release(_ reference: UnsafeMutableRawPointer) {
        unsafe Unmanaged<ManagedBuffer<Int, UInt8>>.fromOpaque(reference).release()
    }
}
