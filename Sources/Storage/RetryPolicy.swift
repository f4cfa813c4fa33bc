/// How often a transaction is run again that lost a race for its locks.
///
/// The database has rolled such a transaction back, so running it again is safe; it succeeds as
/// soon as the other one is through, hence no pause in between. Everything else is not retried
/// here: an unreachable server is `ReconnectBackoff`'s matter, a refusal stays one.
public struct RetryPolicy: Sendable, Hashable {
    /// How often the transaction is run at most, 1 or more.
    public let attemptsMax: Int

    /// A policy of at most so many attempts.
    public init(attemptsMax: Int = 5) {
        precondition(attemptsMax >= 1, "a transaction is tried once at least")
        self.attemptsMax = attemptsMax
    }

    /// Whether to try again after attempt number `attempt`, counted from 1, failed with `error`.
    public func mayRetry(_ error: StorageError, attempt: Int) -> Bool {
        error.kind == .conflict && attempt < attemptsMax
    }

    /// Runs `body` until it succeeds, fails for another reason or has had its attempts.
    public func run<R>(_ body: () throws(StorageError) -> R) throws(StorageError) -> R {
        var attempt = 1
        while true {
            do throws(StorageError) {
                return try body()
            } catch {
                guard mayRetry(error, attempt: attempt) else { throw error }
                attempt += 1
            }
        }
    }
}
