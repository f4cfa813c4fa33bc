public import Basics

/// What a look-up found.
public enum PUAFinding: Sendable, Hashable {
    /// The record.
    case found(PUARecord)
    /// There is none.
    case absent
    /// The database cannot be asked now; the same is asked again later.
    case unavailable
}

/// A change of the records.
public enum PUAChange: Sendable, Hashable {
    /// Stores a record, in the place of the one of an identity when that is given.
    ///
    /// When the record to be replaced is gone, the new one is stored all the same. A record with
    /// the identity of the new one is replaced in any case, so that none is there twice.
    case save(PUARecord, replacing: PUAIdentity?)
    /// Forgets a record; nothing happens when it is gone.
    case remove(PUAIdentity)
}

/// Where the records are: in memory with a table behind it, or in the table alone.
///
/// All calls return at once and come from one thread, that of the user agent. Answers come on any
/// thread, also from within the call. Whoever asks sees every change that he made before.
public protocol PUAStore: AnyObject, Sendable {
    /// How many records there are, as far as it is known without asking a database.
    var count: Int { get }
    /// Looks records up; the findings come in the order of the keys, one for each.
    ///
    /// While a database is away, the answer may wait, at most some seconds; then it is
    /// `.unavailable` for those that could not be looked up.
    func find(
        _ keys: [PUAKey], _ completion: @escaping @Sendable ([PUAFinding]) -> Void)
    /// Makes changes in their order. What cannot be written now waits and is written later.
    func apply(_ changes: [PUAChange])
    /// Gives out at most `limit` records whose `expires` lies before `horizon`, those that expire
    /// first in front, and claims them: no other server that shares the table gets them, and this
    /// one does not get them again, before `claim` seconds have passed or the record was changed.
    ///
    /// Records that have expired are among them; whoever asks removes or renews each.
    func takeDue(
        before horizon: WallTime, now: WallTime, claimSeconds claim: Int, limit: Int,
        _ completion: @escaping @Sendable ([PUARecord]) -> Void)
    /// Writes what is not written yet; for `pua.cleanup` and the end of the server.
    func flush()
    /// Ends it; everything that waited is written before it returns, as far as that can be.
    func stop()
}
