import JSONValue
import ModuleKit
import Synchronization
import Testing

@testable import Presence

/// What watchers from outside are told of what time has ended.
@Suite("events of what expires")
struct ExpiredPresenceTests {
    /// The changes that were told.
    private final class Told: Sendable {
        let events = Mutex<[JSONValue]>([])
        var changes: [String] {
            events.withLock { $0.compactMap { $0["change"]?.text } }
        }
    }

    private func watch(_ rig: PresenceRig) -> Told {
        let told = Told()
        rig.presence.tell(["presence"]) { event in
            told.events.withLock { $0.append(event.data) }
        }
        return told
    }

    @Test("a publication and a subscription that nobody refreshes are told when they end")
    func expired() throws {
        let rig = try PresenceRig()
        let told = watch(rig)
        _ = try rig.publish("Messages", expires: 60)
        try rig.answer(rig.subscribe(expires: 120).notify)
        _ = rig.tick(after: 59)
        #expect(told.changes == ["published", "subscribed"])
        _ = rig.tick(after: 62)
        #expect(told.changes.last == "publication_expired")
        _ = rig.tick(after: 122)
        #expect(told.changes.last == "subscription_expired")
        let last = told.events.withLock { $0.last }
        #expect(last?["presentity"] == "sip:alice@example.com")
        #expect(last?["watcher"]?.text?.hasPrefix("sip:bob@") == true)
        #expect(last?["event"] == "message-summary" && last?["expires"] == 0)
        let publication = told.events.withLock { $0[2] }
        #expect(publication["watcher"] == nil)
    }

    @Test("with force_delete a document goes in silence, but its end is told")
    func silently() throws {
        let rig = try PresenceRig("force_delete 1")
        let told = watch(rig)
        _ = try rig.publish("Messages", expires: 60)
        _ = rig.tick(after: 62)
        #expect(told.changes == ["published", "publication_expired"])
    }

    @Test("nobody is told any more who has left")
    func left() throws {
        let rig = try PresenceRig()
        let told = watch(rig)
        _ = try rig.publish("Messages", expires: 60)
        rig.presence.tell([]) { _ in }
        _ = rig.tick(after: 62)
        #expect(told.changes == ["published"])
    }
}
