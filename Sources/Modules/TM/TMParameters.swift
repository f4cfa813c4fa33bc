internal import SIPSyntax
internal import Transactions

/// The settings of module `tm`; times in milliseconds unless a name says otherwise.
public struct TMParameters: Sendable {
    /// How long a request waits for its first response, and one that is no INVITE for the final
    /// one: the timers B and F.
    public var finalTimer = 30_000
    /// How long an INVITE waits for its final response after a provisional one: timer C.
    public var inviteTimer = 120_000
    /// The same for the further groups of a serial fork.
    public var inviteTimerNext = 30_000
    /// How long a finished transaction is kept for what comes late.
    public var waitTimer = 5_000
    /// T1.
    public var firstInterval = 500
    /// T2.
    public var longestInterval = 4_000
    /// Longest life of an INVITE's transaction before its final response, 0 for no limit.
    public var inviteLifetime = 180_000
    /// The same for other requests.
    public var otherLifetime = 32_000
    /// Whether timer C answers 408 to the caller, or leaves silently.
    public var answersTimeouts = true
    /// Whether each provisional response starts timer C anew.
    public var restartsTimer = true
    /// Whether an INVITE is answered with 100 when it is sent on.
    public var answersTrying = true
    /// The reason phrase of that 100.
    public var tryingReason = "trying -- your call is important to us"
    /// Whether the challenges of several branches are joined.
    public var joinsChallenges = true
    /// Header fields of an INVITE that are copied into CANCEL and ACK, as a prefix of their names.
    public var copiedPrefix = ""
    /// What becomes of a branch that is to be cancelled before it has answered: 0 it counts as
    /// answered, 1 it is cancelled at its first response, 2 at once.
    public var cancelMode = 1
    /// What becomes of a CANCEL whose INVITE is not known: 0 sent on with a transaction, 1 without,
    /// 2 dropped.
    public var unmatchedCancel = 0
    /// Status of a reply whose own is none.
    public var defaultCode = 500
    /// Reason phrase of a reply whose own is empty.
    public var defaultReason = "Server Internal Error"
    /// Whether a 6xx does not end a serial fork.
    public var disables6xx = false
    /// Which responses of earlier groups count when the best one is chosen.
    public var failureReplyMode = 3
    /// How much less a response made here counts than one received.
    public var localReplyPenalty = 0
    /// Whether our CANCEL says why (RFC 3326).
    public var addsReason = true
    /// Whether a CANCEL's own Reason is copied into ours.
    public var copiesReason = true
    /// Whether a 503 goes back as 500 (RFC 3261 16.7).
    public var remaps503 = true
    /// Whether a request that could not be sent at all reaches `failure_route`.
    public var failsLocally = false
    /// What a 100 of a branch does: 0 stops here, 1 goes on to the caller.
    public var relays100 = 0
    /// Status and reason phrase of a time-out.
    public var timeoutCode = 408
    /// Its reason phrase.
    public var timeoutReason = "Request Timeout"
    /// Statuses and classes that lead to the next address of a name, beside 503.
    public var failoverCodes = ""
    /// Root of `$xavp` that `t_load_contacts` fills.
    public var contactsRoot: String?
    /// Root of `$xavp` for the flows of a phone that has several.
    public var flowsRoot: String?
    /// Name of the `$avp` with `fr_timer` of one request, in seconds.
    public var finalTimerAttribute: String?
    /// Name of the `$avp` with `fr_inv_timer` of one request, in seconds.
    public var inviteTimerAttribute: String?
    /// Longest time in a failure route that is not worth a warning.
    public var failureRouteLimit = 5_000

    /// Whether a destination that answers 503 is left alone for its Retry-After.
    public var avoidsOverloaded = false
    /// Seconds for a 503 without Retry-After; 0 is none.
    public var avoidedDefault = 0
    /// Seconds for a 503 at least.
    public var avoidedLeast = 0
    /// Seconds for a 503 at most.
    public var avoidedMost = 3_600
    /// The methods whose time-out has a destination left alone: INVITE.
    public var avoidingMethods = Int(SIPMethod.invite.rawValue)
    /// The methods that are not sent to a destination that is left alone: all but BYE, since a call
    /// that is under way must be ended.
    public var avoidableMethods = Int(UInt32.max ^ UInt32(SIPMethod.bye.rawValue))

    /// The settings that hold without `modparam`.
    public init() {}

    /// The timers of a request that goes through a client transaction.
    var timers: TransactionTimers {
        var timers = TransactionTimers()
        timers.t1 = UInt32(clamping: max(1, firstInterval))
        timers.t2 = UInt32(clamping: max(firstInterval, longestInterval))
        timers.t4 = UInt32(clamping: waitTimer)
        timers.finalResponse = UInt32(clamping: max(1, finalTimer))
        timers.provisional = UInt32(clamping: max(1, inviteTimer))
        timers.restartsOnProvisional = restartsTimer
        return timers
    }

    /// How responses of branches are chosen from.
    var fork: ForkSettings {
        var fork = ForkSettings()
        fork.disables6xxBlock = disables6xx
        fork.failureReplyMode = FailureReplyMode(rawValue: UInt8(failureReplyMode)) ?? .keepLast
        fork.localReplyPenalty = localReplyPenalty
        fork.remaps503 = remaps503
        fork.aggregatesChallenges = joinsChallenges
        fork.passes100 = relays100 != 0
        // Groups by q are a matter of the script (`t_next_contacts`).
        fork.startsNextGroup = false
        fork.unansweredCancel = UnansweredCancel(rawValue: UInt8(cancelMode)) ?? .waits
        return fork
    }

    /// The same with what a script wants of one transaction.
    func timers(_ wishes: TransactionWishes) -> TransactionTimers {
        var timers = timers
        if let value = wishes.firstInterval { timers.t1 = UInt32(clamping: value) }
        if let value = wishes.longestInterval { timers.t2 = UInt32(clamping: value) }
        if let value = wishes.finalTimer { timers.finalResponse = UInt32(clamping: value) }
        // Callers who have heard one target ring wait less patiently for the next one.
        if wishes.isFurtherGroup { timers.provisional = UInt32(clamping: inviteTimerNext) }
        if let value = wishes.inviteTimer { timers.provisional = UInt32(clamping: value) }
        return timers
    }

    /// The timers of a server transaction.
    func timers(_ wishes: TransactionWishes, serving isInvite: Bool) -> TransactionTimers {
        var timers = timers(wishes)
        // What the branches do not end by themselves ends here. The parameters leave time for
        // fr_timer, so that a silent target is told from one that was too slow; who sets the life
        // of one transaction means it.
        let usual = isInvite ? inviteLifetime : otherLifetime
        let least = usual == 0 ? 0 : max(usual, Int(timers.finalResponse) + 1_000)
        timers.unanswered = UInt32(clamping: wishes.lifetime ?? least)
        return timers
    }
}

extension TMParameters {
    /// Whether `failover_reply_codes` names a status: `503`, or a class as `5xx`.
    func failsOver(_ status: Int) -> Bool {
        guard !failoverCodes.isEmpty else { return false }
        return failoverCodes.split { $0 == "," || $0 == " " || $0 == ";" }.contains { word in
            Int(word) == status
                || (word.count == 3 && word.lowercased().hasSuffix("xx")
                    && word.first?.wholeNumberValue == status / 100)
        }
    }
}
