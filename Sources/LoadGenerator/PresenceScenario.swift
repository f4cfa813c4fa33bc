/// What a presence load measures.
public enum PresenceScenario: String, Sendable, CaseIterable {
    /// New subscriptions, each with its first NOTIFY.
    case subscribe
    /// Publications that change the state of presentities with watchers (RFC 3903 4.3).
    case publish
    /// Refreshes of subscriptions, each with its NOTIFY (RFC 6665 4.1.2.2).
    case refresh
    /// Initial publications of presentities that nobody watches (RFC 3903 4.1).
    case initial
    /// Registrations of users whose registration state is watched (RFC 3680): the server publishes
    /// each to itself.
    case register

    /// What must be there before the measurement begins.
    func preparation(isPublished: Bool) -> [PresencePhase] {
        let documents: [PresencePhase] = isPublished ? [.publish] : []
        switch self {
        case .subscribe: return documents
        case .publish: return [.publish, .subscribe]
        case .refresh: return documents + [.subscribe]
        case .initial: return []
        case .register: return [.subscribe]
        }
    }

    /// The part that is measured.
    var measured: PresencePhase {
        switch self {
        case .subscribe: .subscribe
        case .publish: .change
        case .refresh: .refresh
        case .initial: .publish
        case .register: .register
        }
    }

    /// What takes everything away again.
    func cleanup(isPublished: Bool) -> [PresencePhase] {
        switch self {
        case .publish: [.unsubscribe, .remove]
        case .subscribe, .refresh: isPublished ? [.unsubscribe, .remove] : [.unsubscribe]
        case .initial: [.remove]
        case .register: [.unsubscribe]
        }
    }

    /// The event package of the subscriptions, and the documents that they take.
    var package: (name: String, accept: String) {
        self == .register
            ? ("reg", "application/reginfo+xml") : ("presence", "application/pidf+xml")
    }
}

/// One part of a presence load: many operations of one kind.
///
/// An operation is a request with what follows from it: it is complete when the final reply and
/// all NOTIFYs that it causes have come.
enum PresencePhase: Sendable, CaseIterable {
    /// The first publication of each presentity; nobody watches it yet.
    case publish
    /// A subscription outside a dialog, followed by a NOTIFY.
    case subscribe
    /// A publication of a new state, followed by a NOTIFY to each watcher.
    case change
    /// A subscription inside its dialog, followed by a NOTIFY.
    case refresh
    /// The end of a subscription, followed by a NOTIFY that says so.
    case unsubscribe
    /// The removal of a publication that nobody watches any more.
    case remove
    /// A registration of a presentity, followed by a NOTIFY to each watcher.
    case register

    /// Whether it sends PUBLISH or REGISTER and not SUBSCRIBE, so that its subjects are
    /// presentities.
    var isPublication: Bool {
        switch self {
        case .publish, .change, .remove, .register: true
        case .subscribe, .refresh, .unsubscribe: false
        }
    }
}
