internal import Basics
internal import Publications

/// What waits for the thread of the user agent.
enum PUACommand: Sendable {
    /// Somebody wants a publication.
    case publish(PublicationRequest, ticket: UInt64)
    /// Somebody wants a subscription.
    case subscribe(SubscriptionRequest, ticket: UInt64)
    /// Records were looked up.
    case found([UInt64], [PUAFinding])
    /// A request has ended.
    case answered(UInt64, PUAResponse)
    /// Records are due.
    case due([PUARecord])
    /// Something is to be done with the subscription of a dialog.
    case look(PUADialog, PUADialogWork)
    /// The subscription of a dialog was looked up.
    case looked(PUADialog, PUADialogWork, PUAFinding)
    /// What is due is to be looked for now.
    case round
}

/// What is done with the subscription of a dialog once it is found.
enum PUADialogWork: Sendable {
    /// Somebody is told of it.
    case tell(@Sendable (PUARecord?) -> Void)
    /// Its remote target changes.
    case move([UInt8])
    /// The other side has ended it.
    case end(PUASubscriptionEnd)
}

/// The commands that wait, and whom to tell of ends.
struct PUAInbox: Sendable {
    /// The commands, in order.
    var commands: [PUACommand] = []
    /// Those who are told, by their tickets.
    var completions: [UInt64: PUAModule.Completion] = [:]
    /// The ticket given out last; 0 is nobody's.
    var lastTicket: UInt64 = 0
    /// Whether nothing is taken any more.
    var isClosed = false
}
