internal import Basics

/// The bytes of one message, kept by a transaction so that it can be sent again.
///
/// Whoever holds a reference may read it without a lock: the bytes change only while the pool of a
/// store holds the one reference there is.
///
/// `@unchecked Sendable`: written by `fill` alone, which demands that the reference is unique.
@safe
public final class StoredMessage: @unchecked Sendable {
    private let storage: UnsafeMutablePointer<UInt8>
    /// Number of bytes that fit.
    let capacity: Int
    /// Number of bytes of the message.
    public private(set) var count = 0

    /// Room for messages of up to `capacity` bytes.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity <= 2 * Limits.messageBytesMax)
        unsafe storage = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { unsafe storage.deallocate() }

    /// Takes over other bytes; the caller holds the only reference.
    func fill(_ bytes: Span<UInt8>) {
        precondition(bytes.count <= capacity, "a message longer than its room")
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe storage.update(from: base, count: source.count)
        }
        count = bytes.count
    }

    /// The bytes.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: storage, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}

/// Messages whose memory is used again, for one shard.
///
/// Most messages fit in one size of memory; those are kept, larger ones are not. So a transaction
/// in the steady state allocates nothing for its message.
struct MessagePool: ~Copyable {
    /// Bytes of the memory that is kept.
    static let roomBytes = 2_048
    private var free: [StoredMessage] = []
    private let keptMax: Int

    /// A pool that keeps at most so many.
    init(keptMax: Int) {
        precondition(keptMax >= 0)
        self.keptMax = keptMax
    }

    /// A message of some bytes.
    mutating func store(_ bytes: Span<UInt8>) -> StoredMessage {
        precondition(bytes.count <= Limits.messageBytesMax)
        let message: StoredMessage
        if bytes.count > Self.roomBytes {
            message = StoredMessage(capacity: bytes.count)
        } else {
            message = free.popLast() ?? StoredMessage(capacity: Self.roomBytes)
        }
        message.fill(bytes)
        return message
    }

    /// Takes a message back, unless somebody else still reads it.
    mutating func recycle(_ message: consuming StoredMessage) {
        guard message.capacity == Self.roomBytes, free.count < keptMax,
            isKnownUniquelyReferenced(&message)
        else { return }
        free.append(message)
    }
}
