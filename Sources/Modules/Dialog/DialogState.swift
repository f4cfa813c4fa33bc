/// How far a call is, by the numbers that operators know.
///
/// One INVITE makes one of these, however many phones it rings: what the caller is told decides
/// (RFC 3261 12.1, 13.2.2.4), so a failure of one branch while another still rings is none here.
public enum DialogState: Int, Sendable, Hashable, CaseIterable {
    /// The INVITE is under way and nothing but 100 has come. Can transition to `early`, `answered`
    /// and `ended`.
    case unconfirmed = 1
    /// It rings, or is being worked on. Can transition to `answered` and `ended`.
    case early = 2
    /// Answered with 2xx; the ACK is still missing. Can transition to `confirmed` and `ended`.
    case answered = 3
    /// Answered and acknowledged: people talk. Can transition to `ended`.
    case confirmed = 4
    /// Over; kept for a while, for requests that are late. Can transition to nothing.
    case ended = 5

    /// Whether it is answered and not over.
    public var isActive: Bool { self == .answered || self == .confirmed }
}

/// What can happen to a call.
enum DialogInput: Sendable, Hashable, CaseIterable {
    /// A provisional response above 100 went to the caller.
    case provisional
    /// A 2xx to the INVITE went to the caller.
    case success
    /// A failure of the INVITE went to the caller.
    case failure
    /// The caller has acknowledged the 2xx.
    case acknowledgement
    /// One of the two has hung up.
    case bye
    /// Another request within the dialog.
    case request
    /// It has lived too long in its state.
    case overdue
}

/// What has become of a call, for those who follow it.
public enum DialogChange: Sendable, Hashable, CaseIterable {
    /// The INVITE is followed from now on.
    case created
    /// It rings; also when a phone rings that others did not know of.
    case early
    /// It was answered; the ACK is still missing.
    case answered
    /// The ACK came.
    case confirmed
    /// A request within the call, such as a new INVITE.
    case requestWithin
    /// It was never answered: refused, cancelled, or rang too long.
    case failed
    /// Somebody has hung up.
    case terminated
    /// It has lived longer than it may.
    case expired

    /// Whether the call is over with it.
    public var isEnd: Bool { self == .failed || self == .terminated || self == .expired }
}

extension DialogState {
    /// The state behind an input, and what is told of it; nil when the input changes nothing.
    func after(_ input: DialogInput) -> (state: DialogState, change: DialogChange)? {
        switch (self, input) {
        case (.unconfirmed, .provisional), (.early, .provisional): (.early, .early)
        case (.unconfirmed, .success), (.early, .success): (.answered, .answered)
        // A 2xx cannot be taken back: a failure behind it is that of another branch.
        case (.unconfirmed, .failure), (.early, .failure): (.ended, .failed)
        case (.unconfirmed, .overdue), (.early, .overdue): (.ended, .failed)
        case (.answered, .acknowledgement): (.confirmed, .confirmed)
        case (.answered, .bye), (.confirmed, .bye): (.ended, .terminated)
        case (.answered, .overdue), (.confirmed, .overdue): (.ended, .expired)
        case (.early, .request), (.answered, .request), (.confirmed, .request):
            (self, .requestWithin)
        // A BYE before the answer ends one early dialog of several; what the caller is told of its
        // INVITE decides about the call (RFC 3261 15.1.2).
        case (.unconfirmed, .bye), (.early, .bye), (.unconfirmed, .request): nil
        case (.unconfirmed, .acknowledgement), (.early, .acknowledgement): nil
        case (.answered, .provisional), (.answered, .success), (.answered, .failure): nil
        case (.confirmed, .provisional), (.confirmed, .success), (.confirmed, .failure): nil
        case (.confirmed, .acknowledgement): nil
        case (.ended, _): nil
        }
    }
}
