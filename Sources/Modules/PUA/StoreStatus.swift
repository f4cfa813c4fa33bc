internal import ModuleKit

/// What a store has done since the start.
struct StoreCounts: Sendable, Equatable {
    /// Records that were written or removed.
    var written = 0
    /// Changes that the table does not take.
    var refused = 0
    /// Changes that were dropped because too many waited.
    var dropped = 0
    /// Changes whose row another server had changed meanwhile.
    var overtaken = 0
    /// Rounds of writing or reading that failed.
    var failed = 0
    /// Look-ups that were answered.
    var answered = 0
    /// Look-ups that were not answered in time.
    var unanswered = 0
    /// Records that were claimed for their refresh.
    var claimed = 0
}

/// How a store and its database get along.
struct StoreStatus: Sendable {
    /// How the database does; `unused` without one.
    var database = DatabaseStatus()
    /// What was done.
    var counts = StoreCounts()
    /// Records, as far as it is known.
    var records = 0
    /// Changes that are not in the table.
    var waitingChanges = 0
    /// Look-ups that wait for their answer.
    var waitingQuestions = 0
    /// Age in seconds of the oldest change that waits.
    var oldestSeconds = 0
    /// Rows that are left alone because nobody here understands them.
    var brokenRows = 0
}

/// What the module wants of its store beside the records.
protocol ReportingStore: AnyObject, Sendable {
    /// How it and its database get along.
    var status: StoreStatus { get }
}
