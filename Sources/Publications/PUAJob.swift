internal import Basics

/// The work on one publication or subscription, from a request until its end has been told.
struct PUAJob: Sendable {
    /// Where it stands.
    enum Phase: Sendable, Hashable {
        /// The record is looked up. Can transition to: ready, waiting, or the end.
        case finding
        /// The request is written and waits until fewer are on their way to the same place.
        /// Can transition to: sent.
        case ready
        /// The request is on its way. Can transition to: ready (a challenge, 412, 423), waiting,
        /// finding (a request came meanwhile), or the end.
        case sent
        /// It is tried again at a time. Can transition to: finding, or the end.
        case waiting
        /// Its end was told and nothing is left to do.
        case done
    }

    /// What tells it from other jobs.
    let key: PUAKey
    /// What is wanted; what is on its way serves it.
    var wish: PUAWish
    /// Whether nobody asked: a record is refreshed because its end is near.
    var isRefresh: Bool
    /// Those who are told of its end.
    var tickets: [UInt64]
    /// What is wanted afterwards, in order.
    var pending: [Pending] = []
    /// Where it stands.
    var phase = Phase.finding
    /// The record as it is stored; nil when there is none.
    var record: PUARecord?
    /// The target that a NOTIFY has told while the record was looked up, which is the newer word.
    var moved: (identity: PUAIdentity, target: [UInt8])?
    /// The request on its way or about to be; nil before it is written.
    var exchange: PUAExchange?
    /// Counts its requests, so that the response to an old one is not taken for that to a new one.
    var number: UInt8 = 0
    /// Failures in a row.
    var failures = 0
    /// The entity tag that a 412 was about, and the reply: it is looked up again, as another server
    /// may have changed the publication, and is published anew at most once.
    var rejection: (etag: [UInt8], reply: PUAReply)?
    /// When it is given up: as long as the state that it is about was to last.
    var deadline: WallTime

    /// What comes behind the request that is on its way.
    struct Pending: Sendable {
        /// What is wanted.
        var wish: PUAWish
        /// Who wants it.
        var tickets: [UInt64]
    }

    /// A job for a wish.
    init(_ key: PUAKey, _ wish: PUAWish, isRefresh: Bool, tickets: [UInt64], now: WallTime) {
        self.key = key
        self.wish = wish
        self.isRefresh = isRefresh
        self.tickets = tickets
        deadline = Self.deadline(wish, now)
    }

    /// Until when a wish makes sense; a removal as long as an hour, the usual lifetime of what it
    /// removes.
    static func deadline(_ wish: PUAWish, _ now: WallTime) -> WallTime {
        let seconds = wish.expiresSeconds
        guard seconds != 0 else { return WallTime(seconds: now.seconds + 60) }
        // What is to be kept alive is tried for ever; the table would say the same.
        guard seconds > 0 else { return WallTime(seconds: .max) }
        return WallTime(seconds: now.seconds + seconds)
    }
}

/// One request, as far as its repetitions and its response ask for it.
struct PUAExchange: Sendable {
    /// Whether it is SUBSCRIBE.
    var isSubscribe: Bool
    /// The Request-URI.
    var uri: [UInt8]
    /// The URI of the next hop.
    var target: [UInt8]
    /// To, without its tag.
    var to: [UInt8]
    /// The tag of To; empty outside of a dialog.
    var toTag: [UInt8] = []
    /// From, without its tag.
    var from: [UInt8]
    /// The tag of From.
    var fromTag: [UInt8]
    /// Call-ID.
    var callID: [UInt8]
    /// The number of CSeq: Kamailio's begin with 10.
    var cseq: Int32 = 10
    /// The value of Route; empty without one.
    var route: [UInt8] = []
    /// The value of Event.
    var event: [UInt8]
    /// The URI of Contact, of SUBSCRIBE.
    var contact: [UInt8] = []
    /// The number of Expires.
    var expiresSeconds: Int
    /// SIP-If-Match; empty for an initial PUBLISH.
    var ifMatch: [UInt8] = []
    /// Content-Type.
    var contentType: [UInt8] = []
    /// The body; nil without one.
    var body: [UInt8]?
    /// Lines of the asker.
    var extraHeaders: [UInt8]
    /// Lines that answer a challenge.
    var authorization: [UInt8] = []
    /// What the record is to be when this succeeds, but for what the response says.
    var outcome: PUARecord
    /// Whether it took a Min-Expires already.
    var isRaised = false
    /// Challenges answered.
    var challengesAnswered = 0
    /// The record in whose place the outcome is stored.
    var replaces: PUAIdentity?
    /// The name of the lane to the next hop.
    var lane: [UInt8]

    /// Whether it goes to an existing dialog.
    var isInDialog: Bool { !toTag.isEmpty }
}
