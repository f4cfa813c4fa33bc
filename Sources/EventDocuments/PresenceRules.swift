internal import Basics

/// Presence authorisation rules (RFC 5025) of one presentity: who may see it.
///
/// Of all rules that match a watcher the most generous counts (RFC 4745 10.2). Transformations say
/// which parts of a document a watcher sees; they are read over.
public struct PresenceRules: Sendable, Hashable {
    /// What a watcher may, in the order in which permissions are combined (RFC 5025 3.2.1).
    public enum Permission: Int, Sendable, Hashable, CaseIterable, Comparable {
        /// The subscription is refused.
        case block
        /// It waits until somebody decides.
        case confirm
        /// It is accepted, and shows nothing.
        case politeBlock
        /// It is accepted.
        case allow

        /// Whether one permission yields to another.
        public static func < (one: Permission, two: Permission) -> Bool {
            one.rawValue < two.rawValue
        }

        /// The permission of a text of `sub-handling`.
        init?(_ text: String) {
            switch text.lowercased() {
            case "block": self = .block
            case "confirm": self = .confirm
            case "polite-block": self = .politeBlock
            case "allow": self = .allow
            default: return nil
            }
        }
    }

    /// One rule.
    struct Rule: Sendable, Hashable {
        /// What must hold.
        var conditions: [RuleCondition] = []
        /// What it grants; nil where it says nothing about subscriptions.
        var permission: Permission?

        /// Whether a rule names people, and this one is among them.
        func names(_ watcher: PolicyIdentity) -> Bool {
            conditions.contains { condition in
                if case .identity(let identity) = condition { return identity.matches(watcher) }
                return false
            }
        }
    }

    /// The rules in their order, which does not matter.
    let rules: [Rule]

    /// Rules that grant nothing to anybody.
    public init() { rules = [] }

    /// Rules that were read or merged.
    init(rules: [Rule]) { self.rules = rules }

    /// These rules and those of another document of the same presentity.
    public func merged(with other: PresenceRules) -> PresenceRules {
        PresenceRules(rules: Array((rules + other.rules).prefix(Limits.rulesMax)))
    }

    /// Whether a permission may depend on where the presentity is.
    public var asksForSphere: Bool {
        has { if case .sphere = $0 { true } else { false } }
    }

    /// Whether a permission may change as time passes.
    public var asksForTime: Bool {
        has { if case .validity = $0 { true } else { false } }
    }

    private func has(_ kind: (RuleCondition) -> Bool) -> Bool {
        rules.contains { $0.conditions.contains(where: kind) }
    }

    /// What a watcher may.
    ///
    /// - Parameters:
    ///   - watcher: the watcher's URI
    ///   - sphere: where the presentity is, if it says so; see `PIDF.sphere(of:)`
    ///   - now: seconds since 1970
    /// - Returns: the permission; nil where no rule that grants one matches the watcher
    public func permission(of watcher: String, sphere: String? = nil, now: Int64) -> Permission? {
        let identity = PolicyIdentity(watcher)
        var best: Permission?
        for index in rules.indices {
            guard let permission = rules[index].permission, permission >= best ?? .block,
                matches(index, identity, sphere, now)
            else { continue }
            best = permission
        }
        return best
    }

    private func matches(
        _ index: Int, _ watcher: PolicyIdentity, _ sphere: String?, _ now: Int64
    ) -> Bool {
        rules[index].conditions.allSatisfy { condition in
            switch condition {
            case .identity(let identity): identity.matches(watcher)
            case .sphere(let wanted): sphere == wanted
            case .validity(let intervals): intervals.contains { $0.contains(now) }
            case .anonymous: watcher.isAnonymous
            case .otherIdentity: isNamedNowhere(watcher)
            case .never: false
            }
        }
    }

    /// Whether no rule names a watcher.
    private func isNamedNowhere(_ watcher: PolicyIdentity) -> Bool {
        !watcher.isAnonymous && !rules.contains { $0.names(watcher) }
    }
}
