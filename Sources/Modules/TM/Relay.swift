internal import Basics
internal import ModuleKit
internal import Transactions

/// What is known of one branch beside its machine and its place among the others.
struct RelayBranch: Sendable {
    /// Its target, with the way to it.
    var target: ScriptBranch
    /// Where to send it instead of to its URIs.
    var forced: ForcedHop
    /// Its client transaction, nil before it was sent.
    var client: ClientBranch?
    /// Where it was sent.
    var hop: Origin?
    /// Where it may go yet when this address fails (RFC 3263 4.3).
    var candidates: [Origin] = []
    /// What its `branch_route` has changed of the request.
    var edits = MessageEdits()
    /// Its best response: as it would go back, without our Via.
    var response: [UInt8] = []
    /// Status of its last response, 0 before the first.
    var status = 0
    /// Reason phrase of its last response.
    var reason: [UInt8] = []
    /// The block that sees its failure.
    var failureRoute: String?

    /// A branch that was not sent yet.
    init(_ target: ScriptBranch, _ forced: ForcedHop) {
        self.target = target
        self.forced = forced
    }
}

/// How a script bends the way of a request.
struct ForcedHop: Sendable {
    /// The address to send to, nil for that of the URIs.
    var uri: [UInt8]?
    /// The transport, nil for that of the URIs.
    var transport: TransportProtocol?
    /// That of the URIs.
    static let none = ForcedHop()
}

/// A request that was sent on, with all its branches: the response context of RFC 3261 16.7 and
/// what it decides about.
final class Relay {
    /// The request as the script had it.
    var request: RequestSnapshot
    /// Decides what becomes of responses.
    var forks: ResponseContext
    /// The branches by their index in `forks`.
    var branches: [RelayBranch] = []
    /// The branch whose response came last, or was chosen.
    var lastBranch = -1
    /// Status of the response that was chosen, while the failure route runs.
    var chosenStatus = 0
    /// Whether the response that was chosen was made here.
    var isChosenLocal = false
    /// Why its branches are cancelled: the value of Reason, empty for none.
    var cancelReason: [UInt8] = []

    /// A request without branches.
    init(_ request: RequestSnapshot, _ settings: ForkSettings) {
        self.request = request
        forks = ResponseContext(settings)
    }
}
