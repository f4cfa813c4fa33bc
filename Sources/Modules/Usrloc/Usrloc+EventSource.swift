internal import Basics
internal import JSONValue
internal import Locations
public import ModuleKit
internal import Synchronization

/// Events of bindings for those who watch the server from outside: `registration` (a binding was
/// added or removed), `refresh` (it was renewed or changed) and `expiry` (its time was up).
///
/// While nobody wants any, no table notes anything for them.
extension UsrlocModule: EventSource {
    /// The kinds.
    public var eventKinds: [String] { ["registration", "refresh", "expiry"] }

    /// Tells from now on of these kinds, or no more.
    public func tell(_ kinds: Set<String>, _ listener: @escaping @Sendable (ServerEvent) -> Void) {
        var events = BindingEvents()
        if kinds.contains("registration") { events.formUnion([.inserted, .removed]) }
        if kinds.contains("refresh") { events.insert(.updated) }
        if kinds.contains("expiry") { events.insert(.expired) }
        listeners.withLock { $0.removeAll(where: \.isOutside) }
        guard !events.isEmpty else {
            let wanted = wantedEvents
            for table in tables { table.listen(to: wanted) }
            return
        }
        let wanted = events
        listenPromptly(to: wanted, isOutside: true) { table, noted, now in
            noted.forEach { event, origin, binding in
                guard wanted.contains(event) else { return }
                listener(Self.event(event, origin, binding, table, now))
            }
        }
    }

    private static func event(
        _ event: BindingEvents, _ origin: ChangeOrigin, _ binding: borrowing BindingView,
        _ table: LocationTable, _ now: WallTime
    ) -> ServerEvent {
        let (kind, change) =
            switch event {
            case .inserted: ("registration", "added")
            case .removed: ("registration", "removed")
            case .updated: ("refresh", "refreshed")
            default: ("expiry", "expired")
            }
        var name = ByteWriter(capacity: 48)
        binding.writeRuid(into: &name)
        // Seconds that it still lives; null for one that never expires.
        let left = binding.expires.map {
            JSONValue.integer(Int64(max(0, $0.seconds - now.seconds)))
        }
        return ServerEvent(
            kind, at: now,
            [
                "change": .string(change), "cause": .string("\(origin.cause)"),
                "table": .string(table.name), "aor": .string(String(copying: binding.aor)),
                "contact": .string(String(copying: binding.uri)), "expires": left ?? .null,
                "user_agent": .string(String(copying: binding.userAgent)),
                "received": .string(String(copying: binding.received)),
                "ruid": .string(name.text),
            ])
    }
}
