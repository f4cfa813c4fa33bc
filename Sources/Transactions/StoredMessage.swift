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
/// Memory comes in a few sizes, so that a response of 300 bytes does not take 2,000; larger pieces
/// than these are made to measure and not kept. So a transaction in the steady state allocates
/// nothing for its message.
struct MessagePool: ~Copyable {
    /// Bytes of the smallest size; each further one is twice as large.
    private static let smallestBytes = 512
    /// Bytes of the largest size that is kept.
    static let roomBytes = 2_048
    private var small: [StoredMessage] = []
    private var middle: [StoredMessage] = []
    private var large: [StoredMessage] = []
    private let keptMax: Int

    /// A pool that keeps at most so many of each size.
    init(keptMax: Int) {
        precondition(keptMax >= 0)
        self.keptMax = keptMax
    }

    /// A message of some bytes.
    mutating func store(_ bytes: Span<UInt8>) -> StoredMessage {
        precondition(bytes.count <= Limits.messageBytesMax)
        let room = Self.room(for: bytes.count)
        let message = take(room) ?? StoredMessage(capacity: room)
        message.fill(bytes)
        return message
    }

    /// Takes a message back, unless somebody else still reads it.
    mutating func recycle(_ message: consuming StoredMessage) {
        assert(message.count <= message.capacity)
        guard isKnownUniquelyReferenced(&message) else { return }
        switch message.capacity {
        case Self.smallestBytes: if small.count < keptMax { small.append(message) }
        case Self.smallestBytes * 2: if middle.count < keptMax { middle.append(message) }
        case Self.roomBytes: if large.count < keptMax { large.append(message) }
        default: return
        }
    }

    /// Bytes that are set aside for a message of a length.
    static func room(for count: Int) -> Int {
        assert(roomBytes == smallestBytes * 4)
        if count <= smallestBytes { return smallestBytes }
        if count <= smallestBytes * 2 { return smallestBytes * 2 }
        return max(count, roomBytes)
    }

    private mutating func take(_ room: Int) -> StoredMessage? {
        switch room {
        case Self.smallestBytes: small.popLast()
        case Self.smallestBytes * 2: middle.popLast()
        case Self.roomBytes: large.popLast()
        default: nil
        }
    }
}
