internal import Basics
internal import Publications
internal import Synchronization

/// Which dialogs are subscriptions that this server has made or refreshed, for workers that must
/// not wait for a table.
final class PUADialogIndex: Sendable {
    /// What is known of one.
    private struct Entry: Sendable {
        var event: PUAEvent
        var source: PUASource
        /// The other side's tag; empty before the dialog is answered.
        var remoteTag: [UInt8]
    }
    private let entries = Guarded<[PUAIdentity: Entry]>([:])

    /// Takes changes of records up.
    func apply(_ changes: [PUAChange]) {
        entries.withLock { entries in
            for change in changes {
                switch change {
                case .save(let record, let replaced):
                    guard record.isSubscription else { continue }
                    if let replaced { entries[replaced] = nil }
                    entries[record.identity] = Entry(
                        event: record.event, source: record.source, remoteTag: record[.toTag])
                case .remove(let identity):
                    if case .subscription = identity { entries[identity] = nil }
                }
            }
        }
    }

    /// What is known of a dialog; nil when nothing is.
    func answer(_ dialog: PUADialog) -> PUADialogAnswer? {
        let identity = PUAIdentity.subscription(
            callID: dialog.callID, fromTag: dialog.localTag)
        guard let entry = entries.withLock({ $0[identity] }) else { return nil }
        guard entry.remoteTag.isEmpty || entry.remoteTag == dialog.remoteTag else {
            return .unknown
        }
        return .known(event: entry.event, source: entry.source)
    }
}
