/// One condition of a rule (RFC 4745 7); a rule matches when all of its conditions hold.
enum RuleCondition: Sendable, Hashable {
    /// The watcher is one of some people.
    case identity(IdentityCondition)
    /// The presentity is at some place (RFC 4745 7.2).
    case sphere(String)
    /// The time is within one of some intervals (RFC 4745 7.3).
    case validity([Range<Int64>])
    /// The watcher does not say who it is (OMA `anonymous-request`).
    case anonymous
    /// No other rule's identities match the watcher (OMA `other-identity`).
    case otherIdentity
    /// Never: `false`, and whatever is not understood (RFC 4745 6).
    case never
}

/// The condition `identity` of a rule (RFC 4745 7.1); one of its parts must match.
struct IdentityCondition: Sendable, Hashable {
    /// Everybody, or everybody of a domain, but for some.
    struct Many: Sendable, Hashable {
        /// The domain in lower case; nil for everybody who has said who he is.
        var domain: String?
        /// People that are left out.
        var exceptions: Set<PolicyIdentity> = []
        /// Domains that are left out, in lower case.
        var exceptDomains: Set<String> = []

        /// Whether somebody is meant.
        func matches(_ identity: PolicyIdentity) -> Bool {
            guard !identity.isAnonymous else { return false }
            if let domain, domain != identity.host { return false }
            return !exceptions.contains(identity) && !exceptDomains.contains(identity.host)
        }
    }

    /// People named one by one.
    var people: Set<PolicyIdentity> = []
    /// Crowds.
    var crowds: [Many] = []

    /// Whether somebody is meant.
    func matches(_ identity: PolicyIdentity) -> Bool {
        people.contains(identity) || crowds.contains { $0.matches(identity) }
    }
}
