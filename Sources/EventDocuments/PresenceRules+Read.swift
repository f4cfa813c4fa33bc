internal import Basics

extension PresenceRules {
    /// Reads a document of rules: the root is `ruleset` of common policy.
    ///
    /// - Throws: `malformed` for what is no ruleset, `tooLarge` beyond the bounds.
    public init(parsing bytes: Span<UInt8>) throws(DocumentError) {
        let root = try XMLDocument(bytes, .rules).root
        guard root.isNamed("ruleset") else {
            throw DocumentError(.malformed, "the root is \(root.name)", line: root.line)
        }
        var rules: [Rule] = []
        for element in root.children where element.isNamed("rule") {
            guard rules.count < Limits.rulesMax else {
                throw DocumentError(.tooLarge, "more than \(Limits.rulesMax) rules")
            }
            rules.append(Rule(element))
        }
        self.rules = rules
    }
}

extension PresenceRules.Rule {
    fileprivate init(_ element: XMLElement) {
        for child in element.children {
            if child.isNamed("conditions") { conditions += child.children.map(RuleCondition.init) }
            guard child.isNamed("actions") else { continue }
            for action in child.children where action.isNamed("sub-handling") {
                permission = PresenceRules.Permission(action.text)
            }
        }
    }
}

extension RuleCondition {
    /// A condition; one that is not understood never holds.
    fileprivate init(_ element: XMLElement) {
        if element.isNamed("identity") {
            self = .identity(IdentityCondition(element))
        } else if element.isNamed("sphere") {
            let value = element.attribute("value") ?? element.text
            self = value.isEmpty ? .never : .sphere(value)
        } else if element.isNamed("validity") {
            self = .validity(Self.intervals(element))
        } else if element.isNamed("anonymous-request") || element.isNamed("anonymous") {
            self = .anonymous
        } else if element.isNamed("other-identity") {
            self = .otherIdentity
        } else {
            self = .never
        }
    }

    /// The intervals of `validity`: each `from` belongs to the `until` behind it.
    private static func intervals(_ element: XMLElement) -> [Range<Int64>] {
        var intervals: [Range<Int64>] = []
        var from: Int64?
        for child in element.children {
            if child.isNamed("from") { from = PolicyTime.seconds(child.text) }
            guard child.isNamed("until") else { continue }
            if let start = from, let end = PolicyTime.seconds(child.text), start < end {
                intervals.append(start..<end)
            }
            from = nil
        }
        return intervals
    }
}

extension IdentityCondition {
    fileprivate init(_ element: XMLElement) {
        for child in element.children {
            if child.isNamed("one") {
                if let id = child.attribute("id") { people.insert(PolicyIdentity(id)) }
            } else if child.isNamed("many") {
                crowds.append(Many(child))
            }
        }
    }
}

extension IdentityCondition.Many {
    fileprivate init(_ element: XMLElement) {
        domain = element.attribute("domain")?.lowercased()
        for child in element.children where child.isNamed("except") {
            if let id = child.attribute("id") { exceptions.insert(PolicyIdentity(id)) }
            if let domain = child.attribute("domain") { exceptDomains.insert(domain.lowercased()) }
        }
    }
}
