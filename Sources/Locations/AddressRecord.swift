internal import Basics

/// One address-of-record in a slab: its name, its hash and its first contact; 56 bytes.
///
/// A name of up to 40 bytes stands in the record itself, so that a look-up touches one cache line;
/// a longer one has a block of its own, whose address then takes the first bytes.
@safe
struct AddressRecord: BitwiseCopyable {
    /// Longest name that stands in the record.
    static let inlineBytesMax = 40

    private var storage: InlineArray<5, UInt64>
    /// Hash of the name, under which it is filed in the shard's index.
    let tag: UInt32
    /// The first of its contacts, or `Slab.none`.
    var firstContact: UInt32 = .max
    /// Number of its contacts, expired ones included.
    var contactCount: UInt16 = 0
    private let length: UInt16

    /// A record for a name.
    init(_ name: Span<UInt8>, tag: UInt32) {
        precondition(name.count <= Limits.aorBytesMax, "address-of-record too long")
        storage = .init(repeating: 0)
        self.tag = tag
        length = UInt16(name.count)
        if name.count > Self.inlineBytesMax {
            let block = UnsafeMutablePointer<UInt8>.allocate(capacity: name.count)
            storage[0] = UInt64(UInt(bitPattern: block))
        }
        unsafe withUnsafeMutablePointer(to: &self) { record in
            let start = unsafe UnsafeMutablePointer(mutating: Self.start(record))
            unsafe name.withUnsafeBufferPointer { source in
                guard let base = source.baseAddress else { return }
                unsafe start.update(from: base, count: source.count)
            }
        }
    }

    /// Gives the block of a long name back; the value must not be used afterwards.
    func free() {
        guard isLong else { return }
        let block = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(storage[0]))
        assert(unsafe block != nil)
        unsafe block?.deallocate()
    }

    /// The name; it is good while the record stays where it is and lives.
    @unsafe
    static func name(_ record: UnsafePointer<AddressRecord>) -> UnsafeBufferPointer<UInt8> {
        assert(unsafe Int(record.pointee.length) <= Limits.aorBytesMax)
        return unsafe UnsafeBufferPointer(
            start: start(record), count: Int(record.pointee.length))
    }

    private var isLong: Bool { Int(length) > Self.inlineBytesMax }

    private static func start(_ record: UnsafePointer<AddressRecord>) -> UnsafePointer<UInt8> {
        if unsafe record.pointee.isLong {
            let block = unsafe UnsafePointer<UInt8>(
                bitPattern: UInt(record.pointee.storage[0]))
            return unsafe block.unsafelyUnwrapped
        }
        // The storage is the first field, so it stands where the record starts.
        return unsafe UnsafeRawPointer(record).assumingMemoryBound(to: UInt8.self)
    }
}
