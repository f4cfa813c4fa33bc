internal import Basics

/// What is wanted of one publication or subscription.
enum PUAWish: Sendable {
    /// A publication.
    case publication(PublicationRequest)
    /// A subscription.
    case subscription(SubscriptionRequest)

    /// Seconds that it is to last: 0 ends it, below 0 it is refreshed until it is ended.
    var expiresSeconds: Int {
        switch self {
        case .publication(let request): request.expiresSeconds
        case .subscription(let request): request.expiresSeconds
        }
    }

    /// Whether it ends something.
    var isRemoval: Bool { expiresSeconds == 0 }

    /// Whether it is a new one in any case.
    var isInsert: Bool {
        switch self {
        case .publication(let request): request.operation == .insert
        case .subscription(let request): request.operation == .insert
        }
    }

    /// Who asks.
    var source: PUASource {
        switch self {
        case .publication(let request): request.source
        case .subscription(let request): request.source
        }
    }

    /// The URI of the next hop that the asker has named.
    var outboundProxy: [UInt8]? {
        switch self {
        case .publication(let request): request.outboundProxy
        case .subscription(let request): request.outboundProxy
        }
    }

    /// The credentials that the asker has given.
    var credentials: [PUACredentials] {
        switch self {
        case .publication(let request): request.credentials
        case .subscription(let request): request.credentials
        }
    }

    /// What tells the publication or subscription from others.
    ///
    /// The entity tag is not part of it: two requests about one publication must not overtake each
    /// other, whether they know its tag or not.
    func key(checksRemoteContact: Bool) -> PUAKey {
        switch self {
        case .publication(let request):
            .publication(
                presentity: request.presentity, id: request.id, event: request.event,
                source: request.source, etag: [])
        case .subscription(let request):
            .subscription(
                presentity: request.presentity, watcher: request.watcher, id: request.id,
                event: request.event, source: request.source,
                remoteTarget: checksRemoteContact ? request.remoteTarget ?? [] : [])
        }
    }

    /// The wish that stands for this one and a later one; nil when both have to be carried out.
    ///
    /// The newest state is what counts. A refresh without a body leaves the body that is to be
    /// published, and something that is not there yet stays new.
    func merged(with later: PUAWish) -> PUAWish? {
        switch (self, later) {
        case (.publication(let old), .publication(var new)):
            guard old.etag == new.etag, new.operation == .update || !new.id.isEmpty else {
                return nil
            }
            guard new.expiresSeconds != 0, old.expiresSeconds != 0 else { return later }
            if new.body == nil, old.body != nil {
                new.body = old.body
                new.contentType = old.contentType
            }
            if old.operation == .insert { new.operation = .insert }
            return .publication(new)
        case (.subscription(let old), .subscription(var new)):
            guard new.operation == .update || !new.id.isEmpty else { return nil }
            if old.operation == .insert, new.expiresSeconds != 0 { new.operation = .insert }
            return .subscription(new)
        default: return nil
        }
    }
}
