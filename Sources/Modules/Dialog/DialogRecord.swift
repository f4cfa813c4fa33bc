public import Basics

/// One of the two who talk, as seen from here.
public struct DialogSide: Sendable, Hashable {
    /// The URI of From or To in the INVITE.
    public var uri: [UInt8] = []
    /// The display name beside it, without quotes.
    public var displayName: [UInt8] = []
    /// The tag; empty while it is not known.
    public var tag: [UInt8] = []
    /// The URI of Contact, where requests to it go; empty while it is not known.
    public var contact: [UInt8] = []
    /// The values of Route for requests from here to it, with commas.
    public var routes: [UInt8] = []
    /// The highest CSeq number of its requests.
    public var cSeq: UInt32 = 0
    /// The socket that it is reached by.
    public var socket = SocketIndex.none
}

/// A value that scripts keep with a call (`$dlg_var`).
public struct DialogVariable: Sendable, Hashable {
    /// Its name.
    public var name: [UInt8]
    /// Its value.
    public var value: [UInt8]
}

/// A group that a call is counted in (`set_dlg_profile`).
public struct ProfileEntry: Sendable, Hashable {
    /// The group.
    public var profile: String
    /// What it is counted by; nil in a group without values.
    public var value: [UInt8]?
}

/// All that changes of a call while it lasts.
public struct DialogRecord: Sendable {
    /// How far it is.
    public internal(set) var state = DialogState.unconfirmed
    /// Counts what was told of it, so that whoever hears two things at once knows the later one.
    public internal(set) var revision: UInt64 = 0
    /// Who has called.
    public internal(set) var caller = DialogSide()
    /// Who was called.
    public internal(set) var callee = DialogSide()
    /// The request URI of the INVITE as it came.
    public internal(set) var requestURI: [UInt8] = []
    /// When the INVITE came, in seconds since 1970.
    public internal(set) var createdAt = 0
    /// When it was answered, 0 before.
    public internal(set) var answeredAt = 0
    /// When it was over, 0 before.
    public internal(set) var endedAt = 0
    /// Seconds that it may last without a request within it.
    public internal(set) var lifetimeSeconds = 0
    /// When it is looked at next, in seconds since 1970.
    var deadline = 0
    /// Whether requests within it let `lifetimeSeconds` begin anew.
    var restartsLifetime = true
    /// Whether both are sent a BYE when it expires.
    var sendsBye = false
    /// The route that runs when it expires; empty for none.
    var timeoutRoute: [UInt8] = []
    /// Whether the Record-Route of its INVITE carries its number.
    var hasCookie = false
    /// Flags that scripts keep with it, one bit each.
    public internal(set) var flags: UInt32 = 0
    /// Values that scripts keep with it.
    public internal(set) var variables: [DialogVariable] = []
    /// The groups that it is counted in.
    var profiles: [ProfileEntry] = []

    /// The value of a name; nil without it.
    public func variable(_ name: [UInt8]) -> [UInt8]? {
        variables.first { $0.name == name }?.value
    }

    /// Keeps a value, or forgets it; false when there are too many.
    mutating func set(_ name: [UInt8], _ value: [UInt8]?) -> Bool {
        precondition(!name.isEmpty)
        if let place = variables.firstIndex(where: { $0.name == name }) {
            if let value { variables[place].value = value } else { variables.remove(at: place) }
            return true
        }
        guard let value else { return true }
        guard variables.count < Limits.dialogVariablesMax,
            value.count <= Limits.scriptTextBytesMax
        else { return false }
        variables.append(DialogVariable(name: name, value: value))
        return true
    }

    /// Takes an input, sets the times that belong to the new state, and says what is to be told.
    mutating func take(
        _ input: DialogInput, now: Int, _ times: DialogTimes
    ) -> DialogChange? {
        guard let next = state.after(input) else { return nil }
        let isNew = next.state != state
        state = next.state
        revision += 1
        if isNew {
            enter(now, times)
        } else if next.change == .requestWithin, state == .confirmed, restartsLifetime {
            deadline = now + lifetimeSeconds
        }
        return next.change
    }

    private mutating func enter(_ now: Int, _ times: DialogTimes) {
        switch state {
        // What rings may ring as long as it did not.
        case .unconfirmed, .early: break
        case .answered:
            answeredAt = now
            // Who never acknowledges is gone; ten seconds more are for an ACK that is late.
            deadline = now + min(lifetimeSeconds, times.unacknowledged + Self.graceSeconds)
        case .confirmed: deadline = now + lifetimeSeconds
        case .ended:
            endedAt = now
            deadline = now + times.ended
        }
    }

    private static let graceSeconds = 10

    /// Gives it another lifetime, which begins now.
    mutating func setLifetime(_ seconds: Int, now: Int) {
        precondition(seconds > 0)
        lifetimeSeconds = seconds
        if state.isActive { deadline = now + seconds }
    }

    /// Seconds that it has lasted, 0 before the answer.
    func duration(now: Int) -> Int {
        guard answeredAt > 0 else { return 0 }
        return max(0, (endedAt > 0 ? endedAt : now) - answeredAt)
    }
}

/// How long a call may stay in a state, in seconds.
struct DialogTimes: Sendable, Hashable {
    /// Before the answer.
    var early = 300
    /// Between the answer and its ACK.
    var unacknowledged = 60
    /// Behind the end, until it is forgotten.
    var ended = 300
}
