internal import Basics
internal import ModuleKit
internal import Synchronization

/// What the module has done since the start; group `pua_reginfo`.
struct ReginfoCounters: Sendable {
    /// Documents that were handed to the user agent.
    let published = Counter()
    /// Documents that were not taken by the presence server, and are sent again.
    let unpublished = Counter()
    /// NOTIFYs that were taken over.
    let taken = Counter()
    /// NOTIFYs that were not.
    let refused = Counter()
    /// Contacts of other servers that were added, refreshed or ended.
    let imported = Counter()

    /// The rows of the manifest.
    static var rows: [StatisticRow<PUAReginfoModule>] {
        [
            StatisticRow("documents_published", "Registration documents handed to module pua.") {
                $0.counters.published.value
            },
            StatisticRow("documents_failed", "Documents that the presence server did not take.") {
                $0.counters.unpublished.value
            },
            StatisticRow("documents_waiting", "AoRs whose change is not published yet.") {
                $0.book.withLock { $0.waitingCount }
            },
            StatisticRow("notifies_taken", "NOTIFYs whose document was taken over.") {
                $0.counters.taken.value
            },
            StatisticRow("notifies_refused", "NOTIFYs that were not taken over.") {
                $0.counters.refused.value
            },
            StatisticRow("contacts_imported", "Contacts of other servers added, changed, ended.") {
                $0.counters.imported.value
            },
            StatisticRow("subscriptions_waiting", "SUBSCRIBEs that wait for their turn.") {
                $0.lane.withLock { $0.waitingCount }
            },
        ]
    }
}
