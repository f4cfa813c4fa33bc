internal import Basics
internal import ModuleKit
public import Subscriptions
internal import Synchronization

/// What other modules know of the rules and documents of presentities.
struct PresenceSources: Sendable {
    /// What reads documents.
    typealias DocumentReader =
        @Sendable (_ user: [UInt8], _ host: [UInt8], _ uri: [UInt8]) -> StoredDocument

    /// Told that the rules of a presentity have changed, before its watchers are asked about.
    var rules: [@Sendable (_ user: [UInt8], _ host: [UInt8]) -> Void] = []
    /// Reads a document of a presentity by its URI in the XCAP tree.
    var documents: [DocumentReader] = []
    /// What a watcher is told whose rule has vanished.
    var ruleRemovedReason = StatusReason.probation
}

/// What a store of documents says of one.
public enum StoredDocument: Sendable, Equatable {
    /// There it is.
    case found([UInt8])
    /// There is none.
    case missing
    /// The store cannot be asked now.
    case unavailable
}

/// What the modules of event packages add beside packages, and may ask for.
extension PresenceModule {
    /// Has `body` called when the rules of a presentity have changed.
    ///
    /// It takes up the new rules before watchers are asked about again; it may wait for a database.
    public func onRulesChange(
        _ body: @escaping @Sendable (_ user: [UInt8], _ host: [UInt8]) -> Void
    ) {
        sources.withLock { $0.rules.append(body) }
    }

    /// Sets what a watcher is told whose rule has vanished (`xcapauth_userdel_reason`).
    ///
    /// It is to be called by modules while they are made.
    public func setRuleRemovedReason(_ reason: StatusReason) {
        sources.withLock { $0.ruleRemovedReason = reason }
    }

    /// Has `body` asked for the document of a presentity (`presence.refreshWatchers` type 2).
    ///
    /// It may wait for a database.
    public func onDocument(
        _ body:
            @escaping @Sendable (_ user: [UInt8], _ host: [UInt8], _ uri: [UInt8]) -> StoredDocument
    ) {
        sources.withLock { $0.documents.append(body) }
    }

    /// Takes up the rules of a presentity again and applies them to its watchers, as
    /// `presence.updateWatchers` does.
    ///
    /// - Returns: How many watchers have another state now; nil when the package needs no
    ///   authorisation, or the module has not started.
    @discardableResult
    public func reauthorise(user: [UInt8], host: [UInt8], package: PackageIndex) -> Int? {
        guard let running = running.load() else { return nil }
        var count: Int?
        let now = SystemClock.wall()
        perform(running, now: now) { _, orders in
            count = reauthorise(running, user, host, package, now, &orders)
        }
        drain(running, now: now)
        return count
    }

    /// The same, with the orders for the caller to send.
    func reauthorise(
        _ running: RunningPresence, _ user: [UInt8], _ host: [UInt8], _ package: PackageIndex,
        _ now: WallTime, _ orders: inout [NotifyOrder]
    ) -> Int? {
        guard running.agent.packages[package].needsAuthorisation else { return nil }
        for body in sources.withLock({ $0.rules }) { body(user, host) }
        return running.agent.reauthorise(
            package: package, user: user.span, host: host.span, now: now, into: &orders)
    }
}
