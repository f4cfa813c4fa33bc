import Basics
import Locations
import ModuleKit

/// Bindings of one address-of-record, copied out of the table in its order.
///
/// They are copied under the lock of a shard and looked at without it, because what is asked next
/// (is the connection open, is this host ours) takes other locks. The buffers keep their room.
struct FoundBindings: ~Copyable {
    /// One binding.
    struct Entry {
        /// All that is not text.
        var values: ContactValues
        /// The contact's URI, without angle brackets.
        var uri: ByteRange
        /// URI of the address that the registration came from.
        var received: ByteRange
        /// The Path vector.
        var path: ByteRange
        /// Call-ID of the last registration.
        var callID: ByteRange
        /// User-Agent of the last registration.
        var userAgent: ByteRange
        /// The value of `+sip.instance`.
        var instance: ByteRange
        /// The unique name.
        var ruid: ByteRange
        /// What a script has stored with it, as `ContactAttributes` packs it.
        var attributes: ByteRange
    }

    /// The bindings.
    private(set) var entries: [Entry] = []
    /// Whose they are: the AoR of the last one that was added.
    private(set) var aor = ByteRange.empty
    private var text = ByteWriter(capacity: 1024)

    /// No bindings.
    init() { entries.reserveCapacity(8) }

    /// Forgets them and keeps the room.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        text.removeAll()
        aor = .empty
    }

    /// Copies a binding.
    mutating func append(_ binding: borrowing BindingView) {
        if entries.isEmpty { aor = copy(binding.aor) }
        let start = text.count
        binding.writeRuid(into: &text)
        let ruid = ByteRange(offset: start, count: text.count - start)
        entries.append(
            Entry(
                values: binding.values, uri: copy(binding.uri), received: copy(binding.received),
                path: copy(binding.path), callID: copy(binding.callID),
                userAgent: copy(binding.userAgent), instance: copy(binding.instance), ruid: ruid,
                attributes: copy(binding.attributes)))
    }

    /// The bytes of a field.
    @_lifetime(borrow self)
    func bytes(_ range: ByteRange) -> Span<UInt8> { text.span(range) }

    /// A field as bytes of its own.
    func owned(_ range: ByteRange) -> [UInt8] { Array(copying: text.span(range)) }

    /// Lends the bytes of a field, where a span of a class's property could not be had.
    func withBytes<R>(of range: ByteRange, _ body: (Span<UInt8>) -> R) -> R {
        body(text.span(range))
    }

    /// Whether two fields are equal, byte for byte.
    func areEqual(_ one: ByteRange, _ two: ByteRange) -> Bool {
        text.span(one).equals(text.span(two))
    }

    private mutating func copy(_ bytes: Span<UInt8>) -> ByteRange {
        let range = ByteRange(offset: text.count, count: bytes.count)
        text.append(bytes)
        return range
    }
}
