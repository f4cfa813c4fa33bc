/// The event routes that modules run.
extension Scope {
    /// Whether a loaded module runs an event route: one of its names, or one of a family whose
    /// declaration ends in `*`, as `htable:expired:*` does.
    func knows(event name: String) -> Bool {
        if events.contains(name) { return true }
        return events.contains { family in
            family.hasSuffix("*") && name.count >= family.count
                && name.hasPrefix(family.dropLast())
        }
    }
}
