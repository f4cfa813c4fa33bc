/// What the generator writes into a branch, so that the reply says at once what it answers.
///
/// RFC 3261 8.1.1.7: the server returns the topmost Via as it came, so no table of texts is needed.
struct Ticket: Equatable, Sendable {
    /// Index of the slot in the window.
    var slot: UInt32
    /// How often the slot has been used; tells a late reply from the reply that is waited for.
    var generation: UInt32

    /// What every branch of the generator starts with.
    static let mark: StaticString = "z9hG4bKrl"
    /// Length of `mark` in bytes.
    static let markCount = 9
    /// Length of a branch in bytes: the mark, then run, slot and generation in 8 digits each.
    static let branchCount = markCount + 24
}
