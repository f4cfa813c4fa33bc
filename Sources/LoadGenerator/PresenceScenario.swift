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

    /// What must be there before the measurement begins.
    func preparation(isPublished: Bool) -> [PresencePhase] {
        let documents: [PresencePhase] = isPublished ? [.publish] : []
        switch self {
        case .subscribe: return documents
        case .publish: return [.publish, .subscribe]
        case .refresh: return documents + [.subscribe]
        case .initial: return []
        }
    }

    /// The part that is measured.
    var measured: PresencePhase {
        switch self {
        case .subscribe: .subscribe
        case .publish: .change
        case .refresh: .refresh
        case .initial: .publish
        }
    }

    /// What takes everything away again.
    func cleanup(isPublished: Bool) -> [PresencePhase] {
        switch self {
        case .publish: [.unsubscribe, .remove]
        case .subscribe, .refresh: isPublished ? [.unsubscribe, .remove] : [.unsubscribe]
        case .initial: [.remove]
        }
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

    /// Whether it sends PUBLISH and not SUBSCRIBE, so that its subjects are presentities.
    var isPublication: Bool {
        switch self {
        case .publish, .change, .remove: true
        case .subscribe, .refresh, .unsubscribe: false
        }
    }
}
