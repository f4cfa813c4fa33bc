public import Basics

/// What the location service counts of its work with the database.
///
/// They only ever rise; a monitor takes differences. They are relaxed atomics, for each is a figure
/// by itself.
public final class UsrlocCounters: Sendable {
    /// Rows that were written or deleted.
    public let rowsWritten = Counter()
    /// Write-backs that failed and were put off.
    public let failedFlushes = Counter()
    /// Rows that could not be understood and were left alone.
    public let rowsSkipped = Counter()
    /// Rows that were loaded.
    public let rowsLoaded = Counter()

    /// Counters at zero.
    public init() {}
}
