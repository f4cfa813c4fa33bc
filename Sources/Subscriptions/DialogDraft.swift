internal import Basics

/// A text of a subscription's dialog, with the columns of `active_watchers` that hold it.
public enum DialogField: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// User part of the To URI (`to_user`): a NOTIFY's From.
    case toUser
    /// Host part of the To URI (`to_domain`).
    case toHost
    /// User part of the From URI (`from_user`): a NOTIFY's To.
    case fromUser
    /// Host part of the From URI (`from_domain`).
    case fromHost
    /// User part of the presentity (`presentity_uri`).
    case presentityUser
    /// Host part of the presentity.
    case presentityHost
    /// User part of the watcher (`watcher_username`).
    case watcherUser
    /// Host part of the watcher (`watcher_domain`).
    case watcherHost
    /// The value of the Event parameter `id` (`event_id`).
    case eventID
    /// The tag of this server (`to_tag`).
    case toTag
    /// The tag of the watcher (`from_tag`).
    case fromTag
    /// The Call-ID (`callid`).
    case callID
    /// The Contact URI of the watcher (`contact`): a NOTIFY's Request-URI.
    case contact
    /// The Record-Route values of the SUBSCRIBE in received order, joined by commas
    /// (`record_route`).
    case routeSet
    /// The Contact URI of this server (`local_contact`).
    case localContact
    /// The socket that the SUBSCRIBE came to (`socket_info`).
    case socket
    /// The User-Agent of the watcher (`user_agent`).
    case userAgent

    /// Number of fields.
    static var count: Int { 17 }

    /// Longest text of the field in bytes.
    public var bytesMax: Int {
        switch self {
        case .toUser, .toHost, .fromUser, .fromHost, .presentityUser, .presentityHost,
            .watcherUser, .watcherHost, .socket:
            Limits.presenceNameBytesMax
        case .eventID: Limits.eventNameBytesMax
        case .toTag, .fromTag: Limits.dialogTagBytesMax
        case .callID: Limits.callIDBytesMax
        case .contact, .localContact: Limits.dialogContactBytesMax
        case .routeSet: Limits.dialogRoutesBytesMax
        case .userAgent: Limits.userAgentBytesMax
        }
    }
}

/// The texts of a dialog while a SUBSCRIBE or a row is read: a worker keeps one for life.
public struct DialogDraft: ~Copyable, Sendable {
    private var bytes = ByteWriter(capacity: 1_024)
    private var places = InlineArray<17, ByteRange>(repeating: .empty)
    /// Whether every text that was set so far is within its limit.
    public private(set) var fits = true

    /// A draft without any text.
    public init() {}

    /// Forgets all texts and keeps the room.
    public mutating func reset() {
        bytes.removeAll()
        for place in places.indices { places[place] = .empty }
        fits = true
    }

    /// Sets a text, by a copy; one beyond its limit is left out and `fits` becomes false.
    public mutating func set(_ field: DialogField, _ text: Span<UInt8>) {
        guard text.count <= field.bytesMax else {
            fits = false
            return
        }
        let start = bytes.count
        bytes.append(text)
        places[Int(field.rawValue)] = ByteRange(offset: start, count: text.count)
    }

    /// A text, empty when it was not set.
    public subscript(field: DialogField) -> Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span(places[Int(field.rawValue)]) }
    }
}
