public import Basics

/// The texts of a record, in the order of the columns of table `pua`.
public enum PUAField: Int, Sendable, CaseIterable, BitwiseCopyable {
    /// `pres_uri`: the URI of the presentity.
    case presentity
    /// `pres_id`: the name that the asker has for it.
    case id
    /// `etag`: the entity tag of a publication.
    case etag
    /// `tuple_id`: the tuple of a publication of presence.
    case tupleID
    /// `watcher_uri`: the subscriber; empty for a publication.
    case watcher
    /// `call_id` of a subscription's dialog.
    case callID
    /// `to_tag`: the other side's tag; empty for a dialog that is not answered yet.
    case toTag
    /// `from_tag`: our tag.
    case fromTag
    /// `record_route`: the route set in the order in which our requests take it.
    case recordRoute
    /// `contact`: our Contact.
    case contact
    /// `remote_contact`: the other side's target.
    case remoteContact
    /// `extra_headers`: header lines that every request carries.
    case extraHeaders
}

/// One row of table `pua`: a publication or subscription that this system keeps alive.
///
/// All texts lie in one buffer, so that a record is one allocation: there are as many as users.
public struct PUARecord: Sendable, Hashable {
    /// The number of the row, `id`; 0 while it is in no table.
    public var row: Int64 = 0
    /// `event`.
    public var event: PUAEvent
    /// `flag`.
    public var source: PUASource
    /// `expires`: when the other side forgets it; 0 while that is not known.
    public var expires: WallTime
    /// `desired_expires`: until when it is to be refreshed; 0 until it is removed.
    public var desiredExpires: WallTime
    /// `cseq`: the number of the request sent last in a dialog.
    public var cseq: Int32 = 0
    /// `version`: that of the document published last.
    public var version: Int32 = 0

    private var text: [UInt8] = []
    /// Where each text ends within the buffer.
    private var ends = InlineArray<12, UInt32>(repeating: 0)

    /// A record without texts.
    public init(
        event: PUAEvent, source: PUASource, expires: WallTime = WallTime(seconds: 0),
        desiredExpires: WallTime = WallTime(seconds: 0)
    ) {
        self.event = event
        self.source = source
        self.expires = expires
        self.desiredExpires = desiredExpires
    }

    /// A record with all its texts, in the order of `PUAField`.
    public init(
        event: PUAEvent, source: PUASource, expires: WallTime, desiredExpires: WallTime,
        texts: [[UInt8]]
    ) {
        precondition(texts.count == PUAField.allCases.count, "one text for each field")
        self.init(event: event, source: source, expires: expires, desiredExpires: desiredExpires)
        text.reserveCapacity(texts.reduce(0) { $0 + $1.count })
        for place in texts.indices {
            text += texts[place]
            ends[place] = UInt32(text.count)
        }
    }

    /// Whether it is a subscription.
    public var isSubscription: Bool { !isEmpty(.watcher) }
    /// Whether it is a subscription that nobody has answered yet.
    public var isTemporary: Bool { isSubscription && isEmpty(.toTag) }

    /// Whether a text is empty.
    public func isEmpty(_ field: PUAField) -> Bool { range(field).isEmpty }
    /// Whether a text is this one.
    public func has(_ field: PUAField, _ bytes: [UInt8]) -> Bool {
        self[span: field].equals(bytes.span)
    }

    /// A text, without a copy.
    public subscript(span field: PUAField) -> Span<UInt8> {
        @_lifetime(borrow self)
        get { text.span.extracting(range(field)) }
    }

    /// A text.
    public subscript(field: PUAField) -> [UInt8] {
        get { Array(text[range(field)]) }
        set {
            let old = range(field)
            text.replaceSubrange(old, with: newValue)
            let change = newValue.count - old.count
            guard change != 0 else { return }
            for place in field.rawValue..<PUAField.allCases.count {
                ends[place] = UInt32(Int(ends[place]) + change)
            }
        }
    }

    private func range(_ field: PUAField) -> Range<Int> {
        let start = field.rawValue == 0 ? 0 : Int(ends[field.rawValue - 1])
        return start..<Int(ends[field.rawValue])
    }

    /// Whether two records are the same but for the number of their row.
    public static func == (left: PUARecord, right: PUARecord) -> Bool {
        guard left.event == right.event, left.source == right.source,
            left.expires == right.expires, left.desiredExpires == right.desiredExpires,
            left.cseq == right.cseq, left.version == right.version, left.text == right.text
        else { return false }
        return PUAField.allCases.allSatisfy { left.range($0) == right.range($0) }
    }

    /// The hash of what `==` compares, as far as it tells records apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(event)
        hasher.combine(source)
        hasher.combine(text)
    }

    /// What tells it from every other record, for changes and look-ups.
    public var identity: PUAIdentity {
        if isSubscription {
            return .subscription(callID: self[.callID], fromTag: self[.fromTag])
        }
        return .publication(
            presentity: self[.presentity], id: self[.id], event: event, source: source,
            etag: self[.etag])
    }
}

/// What tells a record from every other one.
public enum PUAIdentity: Sendable, Hashable {
    /// A publication: its entity tag, and what it is called here.
    case publication(
        presentity: [UInt8], id: [UInt8], event: PUAEvent, source: PUASource, etag: [UInt8])
    /// A subscription: its dialog, from our side.
    case subscription(callID: [UInt8], fromTag: [UInt8])

    /// The hash, over whole texts.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .publication(let presentity, let id, _, _, let etag):
            hasher.combine(text: presentity)
            hasher.combine(text: id)
            hasher.combine(text: etag)
        case .subscription(let callID, let fromTag):
            hasher.combine(text: callID)
            hasher.combine(text: fromTag)
        }
    }

    /// Whether it is that of a record.
    public func isThat(of record: PUARecord) -> Bool {
        switch self {
        case .publication(let presentity, let id, let event, let source, let etag):
            !record.isSubscription && record.event == event && record.source == source
                && record.has(.etag, etag) && record.has(.presentity, presentity)
                && record.has(.id, id)
        case .subscription(let callID, let fromTag):
            record.isSubscription && record.has(.fromTag, fromTag)
                && record.has(.callID, callID)
        }
    }
}

extension Hasher {
    /// Takes a text up as one: the library takes an array byte by byte, which costs more than all
    /// else that is done with a key.
    mutating func combine(text: [UInt8]) {
        combine(text.count)
        unsafe text.withUnsafeBytes { unsafe combine(bytes: $0) }
    }
}
