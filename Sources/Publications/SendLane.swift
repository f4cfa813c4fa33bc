internal import Basics

/// The requests to one next hop: how many are on their way, and which wait for room.
///
/// Sending ten thousand PUBLISH at once only fills the socket of the receiver, which drops what
/// does not fit. So a lane begins narrow, widens with each answer and halves with each silence.
struct SendLane: Sendable {
    /// Fewest requests that may be on their way.
    static let narrowest = 8
    /// Most.
    static let widest = 1_024

    /// How many may be on their way.
    private(set) var width = 64
    /// How many are.
    private(set) var inFlight = 0
    private var waiting: [UInt64] = []
    /// Where the first that waits stands; those before have gone.
    private var head = 0

    /// How many wait.
    var waitingCount: Int { waiting.count - head }
    /// Whether nothing is on its way or waits.
    var isIdle: Bool { inFlight == 0 && waitingCount == 0 }

    /// Puts a job at the end.
    mutating func add(_ job: UInt64) { waiting.append(job) }

    /// The next job that may send now, nil when there is none or no room.
    mutating func next() -> UInt64? {
        guard inFlight < width, head < waiting.count else { return nil }
        let job = waiting[head]
        head += 1
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.count <= 1_024)
            head = 0
        } else if head >= 4_096, head * 2 >= waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        inFlight += 1
        return job
    }

    /// A request is no longer on its way.
    mutating func left(isAnswered: Bool) {
        precondition(inFlight > 0, "more ends than requests")
        inFlight -= 1
        if isAnswered {
            width = min(width + 1, Self.widest)
        } else {
            width = max(width / 2, Self.narrowest)
        }
    }

    /// What all URIs of one hop have in common: host, port and transport, without the user.
    static func name(of target: [UInt8]) -> [UInt8] {
        guard let at = target.lastIndex(of: UInt8(ascii: "@")) else { return target }
        return Array(target[(at + 1)...])
    }
}
