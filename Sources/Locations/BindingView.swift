public import Basics

/// How memory and database stand to each other for one binding, with Kamailio's names.
public enum StorageState: UInt8, Sendable, Hashable, CaseIterable {
    /// In memory only so far. Can become: `sync`.
    case new
    /// The same in both. Can become: `dirty`.
    case sync
    /// Changed in memory, or being written. Can become: `sync`.
    case dirty

    /// `CS_NEW`, `CS_SYNC` or `CS_DIRTY`, as `ul.dump` prints it.
    public var name: StaticString {
        switch self {
        case .new: "CS_NEW"
        case .sync: "CS_SYNC"
        case .dirty: "CS_DIRTY"
        }
    }
}

/// One binding, looked at where it lies: valid only within the closure that it is passed to.
///
/// Reading a field copies nothing. The shard is locked meanwhile, so whoever looks copies what it
/// needs and returns; it must not call the table again.
@safe
public struct BindingView: ~Escapable {
    private let record: UnsafePointer<ContactRecord>
    private let text: Span<UInt8>
    private let origin: RuidOrigin
    /// The address-of-record.
    public let aor: Span<UInt8>
    /// What to reach the contact by later.
    public let handle: ContactHandle

    /// A view of a record, which must stay in place and unchanged as long as `text` is valid.
    @_lifetime(copy text, copy aor)
    @unsafe
    init(
        record: UnsafePointer<ContactRecord>, text: Span<UInt8>, aor: Span<UInt8>,
        origin: RuidOrigin, handle: ContactHandle
    ) {
        assert(unsafe text.count == record.pointee.text.count)
        unsafe self.record = record
        self.text = text
        self.aor = aor
        self.origin = origin
        self.handle = handle
    }

    // MARK: Text

    /// The contact's URI, without angle brackets.
    public var uri: Span<UInt8> {
        @_lifetime(copy self)
        get { unsafe text.extracting(record.pointee.text.uriPlace) }
    }
    /// Call-ID of the last registration.
    public var callID: Span<UInt8> {
        @_lifetime(copy self)
        get { unsafe text.extracting(record.pointee.text.callIDPlace) }
    }
    /// User-Agent of the last registration.
    public var userAgent: Span<UInt8> {
        @_lifetime(copy self)
        get { unsafe text.extracting(record.pointee.text.userAgentPlace) }
    }
    /// URI of the address that the registration came from, empty when it is not recorded.
    public var received: Span<UInt8> {
        @_lifetime(copy self)
        get { unsafe text.extracting(record.pointee.text.receivedPlace) }
    }
    /// The Path vector, empty without one.
    public var path: Span<UInt8> {
        @_lifetime(copy self)
        get { unsafe text.extracting(record.pointee.text.pathPlace) }
    }
    /// The value of `+sip.instance` as it was sent, empty without one.
    public var instance: Span<UInt8> {
        @_lifetime(copy self)
        get { unsafe text.extracting(record.pointee.text.instancePlace) }
    }
    /// What a script has stored with it, as `ContactAttributes` packs it; empty without any.
    public var attributes: Span<UInt8> {
        @_lifetime(copy self)
        get { unsafe text.extracting(record.pointee.text.attributesPlace) }
    }

    /// Writes the unique name: `uloc-TIME-PROCESS-COUNTER`, or the foreign one it was loaded with.
    public func writeRuid(into writer: inout ByteWriter) {
        let ruid = unsafe record.pointee.ruid
        if ruid.isForeign {
            writer.append(unsafe text.extracting(record.pointee.text.ruidPlace))
        } else {
            origin.write(counter: ruid.counter, into: &writer)
        }
    }

    /// Who made the binding, as its unique name says.
    public var maker: RuidPrefix {
        let ruid = unsafe record.pointee.ruid
        guard ruid.isForeign else { return origin.prefix }
        let name = unsafe text.extracting(record.pointee.text.ruidPlace)
        return RuidPrefix(nameBegins: name)
    }

    /// All text fields at once.
    public var allText: BindingText {
        @_lifetime(copy self)
        get {
            var all = BindingText(
                uri: uri, callID: callID, userAgent: userAgent, received: received, path: path,
                instance: instance)
            all.attributes = attributes
            return all
        }
    }

    // MARK: Numbers

    /// All columns that are not text.
    public var values: ContactValues { unsafe record.pointee.values }
    /// When it expires; nil for a permanent binding.
    public var expires: WallTime? { unsafe record.pointee.values.expires }
    /// Whether it has not expired at `now`.
    public func isValid(_ now: WallTime) -> Bool { unsafe record.pointee.isValid(now) }
    /// Priority in thousandths, 0 to 1000; nil when unset.
    public var q: Int? { unsafe record.pointee.values.q }

    /// When it last gave a sign of life: by a registration or an answer to a keepalive.
    public var lastKeepalive: WallTime {
        WallTime(seconds: Int(unsafe record.pointee.lastKeepalive))
    }
    /// Microseconds that the last answer to a keepalive took, 0 before the first.
    public var keepaliveRoundTrip: Int { Int(unsafe record.pointee.keepaliveRoundTrip) }

    /// How memory and database stand to each other.
    public var storageState: StorageState {
        let state = unsafe record.pointee.state
        if !state.contains(.stored) { return .new }
        return state.isDisjoint(with: [.queued, .inFlight]) ? .sync : .dirty
    }
}
