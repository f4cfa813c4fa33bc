internal import Basics

/// SUBSCRIBEs that wait for their turn: a value without clock and sender.
///
/// An operator who follows all users of a server asks for a hundred thousand at once; they leave as
/// fast as they are answered, and never more than `windowMax` are on their way.
struct SubscriptionLane: Sendable {
    /// SUBSCRIBEs that are on their way at most.
    static let windowMax = 256

    /// Whom to follow, and for how long.
    struct Wish: Sendable, Hashable {
        /// The URI to follow.
        var uri: [UInt8]
        /// Seconds; 0 ends it.
        var seconds: Int
    }

    private var waiting: [[UInt8]: Int] = [:]
    private var order: [[UInt8]] = []
    private var first = 0
    private var inFlight = 0

    /// How many wait.
    var waitingCount: Int { waiting.count }

    /// Adds a wish; false when too many wait.
    ///
    /// One for the same URI that waits already is replaced.
    mutating func add(_ wish: Wish) -> Bool {
        if waiting.updateValue(wish.seconds, forKey: wish.uri) != nil { return true }
        guard waiting.count <= Limits.followedWaitingMax else {
            waiting[wish.uri] = nil
            return false
        }
        order.append(wish.uri)
        return true
    }

    /// The next wish that may leave; it is on its way until `finish`.
    mutating func next() -> Wish? {
        guard inFlight < Self.windowMax, first < order.count else { return nil }
        let uri = order[first]
        first += 1
        if first == order.count {
            order.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 4_096, first * 2 >= order.count {
            order.removeFirst(first)
            first = 0
        }
        guard let seconds = waiting.removeValue(forKey: uri) else { return nil }
        inFlight += 1
        return Wish(uri: uri, seconds: seconds)
    }

    /// One that was on its way has ended.
    mutating func finish() {
        precondition(inFlight > 0, "none is on its way")
        inFlight -= 1
    }
}
