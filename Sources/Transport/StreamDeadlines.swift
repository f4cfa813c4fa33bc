internal import Basics

/// What a connection waits for since when: a value that knows no clock.
struct StreamDeadlines: Sendable, Hashable {
    /// What took too long.
    enum Expiry: Sendable, Hashable {
        /// Nothing came and nothing went.
        case idle
        /// The rest of a message did not come.
        case unfinished
        /// The peer did not read what was written to it.
        case unread
    }

    /// When something came or went last.
    private(set) var lastActivity: MonotonicTime
    /// When the message began whose end is not there yet.
    private(set) var messageBegan: MonotonicTime?
    /// When the queue of what is to be written became long.
    private(set) var blockedSince: MonotonicTime?

    /// A connection that opens at `now`.
    init(now: MonotonicTime) { lastActivity = now }

    /// Something came; `isWithinMessage` says whether it left a message unfinished.
    ///
    /// The time of an unfinished message runs from its first byte: a peer that sends a byte a
    /// second gains nothing. It starts anew once a message was completed in between.
    mutating func received(at now: MonotonicTime, completed: Bool, isWithinMessage: Bool) {
        lastActivity = now
        if !isWithinMessage {
            messageBegan = nil
        } else if completed || messageBegan == nil {
            messageBegan = now
        }
    }

    /// Something was written; `isBlocked` says whether the peer leaves too much of it unread.
    mutating func wrote(at now: MonotonicTime, isBlocked: Bool) {
        lastActivity = now
        if !isBlocked {
            blockedSince = nil
        } else if blockedSince == nil {
            blockedSince = now
        }
    }

    /// Seconds until a connection on which nothing happens is closed.
    func secondsIdle(at now: MonotonicTime, _ settings: TransportSettings) -> Int {
        let life = settings.connectionLifetime.nanoseconds
        let passed = now.since(lastActivity)
        return passed >= life ? 0 : Int((life - passed) / 1_000_000_000)
    }

    /// What has expired at `now`, if anything.
    func expiry(at now: MonotonicTime, _ settings: TransportSettings) -> Expiry? {
        if let blockedSince, now.since(blockedSince) >= settings.sendTimeout.nanoseconds {
            return .unread
        }
        // While reading is paused for the peer's own slowness its message cannot come either.
        if let messageBegan, blockedSince == nil,
            now.since(messageBegan) >= settings.messageReadTimeout.nanoseconds
        {
            return .unfinished
        }
        return now.since(lastActivity) >= settings.connectionLifetime.nanoseconds ? .idle : nil
    }
}

extension Duration {
    /// The same in nanoseconds; 0 for a negative one, the largest number for one too long.
    var nanoseconds: UInt64 {
        let (seconds, rest) = components
        guard seconds >= 0, rest >= 0 else { return 0 }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !isTooLong, whole < UInt64.max - 1_000_000_000 else { return .max }
        return whole + UInt64(rest / 1_000_000_000)
    }
}
