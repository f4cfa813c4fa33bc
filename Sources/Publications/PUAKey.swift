internal import Basics

/// What somebody who looks for a record knows of it.
public enum PUAKey: Sendable, Hashable {
    /// A publication. An empty id and an empty entity tag match any.
    case publication(
        presentity: [UInt8], id: [UInt8], event: PUAEvent, source: PUASource, etag: [UInt8])
    /// A subscription. An empty id matches any; so does an empty remote target, which is given
    /// where `check_remote_contact` has it compared.
    case subscription(
        presentity: [UInt8], watcher: [UInt8], id: [UInt8], event: PUAEvent, source: PUASource,
        remoteTarget: [UInt8])
    /// The dialog of a message of the other side: `localTag` is ours. A record that has no remote
    /// tag yet matches every one (an early NOTIFY, RFC 6665 4.4.1).
    case dialog(callID: [UInt8], localTag: [UInt8], remoteTag: [UInt8])

    /// The hash, over what tells keys apart for sure.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .publication(let presentity, let id, let event, let source, _):
            hasher.combine(event)
            hasher.combine(source)
            hasher.combine(text: presentity)
            hasher.combine(text: id)
        case .subscription(let presentity, let watcher, _, let event, let source, _):
            hasher.combine(event)
            hasher.combine(source)
            hasher.combine(text: presentity)
            hasher.combine(text: watcher)
        case .dialog(let callID, let localTag, _):
            hasher.combine(text: callID)
            hasher.combine(text: localTag)
        }
    }

    /// Whether a record is meant; that which expires last is the answer where several are.
    public func matches(_ record: PUARecord) -> Bool {
        switch self {
        case .publication(let presentity, let id, let event, let source, let etag):
            !record.isSubscription && record.source.shares(source) && record.event.shares(event)
                && (id.isEmpty || record.has(.id, id))
                && (etag.isEmpty || record.has(.etag, etag))
                && record.has(.presentity, presentity)
        case .subscription(let presentity, let watcher, let id, let event, let source, let target):
            record.isSubscription && record.source.shares(source) && record.event.shares(event)
                && (id.isEmpty || record.has(.id, id)) && record.has(.watcher, watcher)
                && (target.isEmpty || record.has(.remoteContact, target))
                && record.has(.presentity, presentity)
        case .dialog(let callID, let localTag, let remoteTag):
            record.isSubscription && record.has(.callID, callID)
                && record.has(.fromTag, localTag)
                && (record.isEmpty(.toTag) || record.has(.toTag, remoteTag))
        }
    }
}
