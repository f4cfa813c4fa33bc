import Basics
import Glibc
import JSONValue
import ModuleKit
import Synchronization
import Testing

@testable import Management

/// A source of events that a test drives.
final class SampleSource: EventSource {
    let eventKinds = ["alpha", "beta", "refresh"]
    let wanted = Guarded<[Set<String>]>([])
    private let listener = GuardedFunction<ServerEvent>()

    func tell(_ kinds: Set<String>, _ listener: @escaping @Sendable (ServerEvent) -> Void) {
        wanted.withLock { $0.append(kinds) }
        self.listener.set(kinds.isEmpty ? nil : listener)
    }

    func happen(_ kind: String, _ number: Int) {
        let event = ServerEvent(
            kind, at: WallTime(seconds: 7), ["number": .integer(Int64(number))])
        listener.function?(event)
    }
}

@Suite("events for those who watch")
struct EventFeedTests {
    private let source = SampleSource()

    private func feed() -> EventFeed {
        EventFeed(sources: [source], startedAt: WallTime(seconds: 36))
    }

    /// All that waits at a reader.
    private func text(_ reader: EventReader) -> String {
        String(decoding: reader.next(connection: -1) ?? [], as: UTF8.self)
    }

    @Test("a reader is greeted, and gets the kinds that it asked for with ids and JSON")
    func reading() throws {
        let feed = feed()
        let reader = try feed.open(kinds: ["alpha"], after: nil)
        #expect(
            text(reader)
                == "retry: 2000\nevent: ready\nid: 10-0\ndata: {\"kinds\":[\"alpha\"]}\n\n")
        source.happen("alpha", 1)
        source.happen("beta", 2)
        source.happen("alpha", 3)
        #expect(
            text(reader)
                == "event: alpha\nid: 10-1\ndata: {\"time\":7,\"number\":1}\n\n"
                + "event: alpha\nid: 10-2\ndata: {\"time\":7,\"number\":3}\n\n")
    }

    @Test("without a choice all kinds come but those of refreshes")
    func quiet() throws {
        let reader = try feed().open(kinds: nil, after: nil)
        #expect(reader.kinds == ["alpha", "beta"])
    }

    @Test("sources are asked while somebody reads, and for some time after")
    func asking() throws {
        let feed = feed()
        let reader = try feed.open(kinds: ["alpha"], after: nil)
        let other = try feed.open(kinds: ["alpha", "beta"], after: nil)
        reader.close()
        other.close()
        let soon = SystemClock.monotonic()
        feed.tick(soon)
        #expect(source.wanted.withLock { $0 } == [["alpha"], ["alpha", "beta"]])
        feed.tick(MonotonicTime(nanoseconds: soon.nanoseconds + 61_000_000_000))
        #expect(source.wanted.withLock { $0.last } == [])
    }

    @Test("who comes back gets what it missed")
    func resume() throws {
        let feed = feed()
        let first = try feed.open(kinds: ["alpha"], after: nil)
        for number in 1...5 { source.happen("alpha", number) }
        first.close()
        source.happen("alpha", 6)
        let second = text(try feed.open(kinds: ["alpha"], after: "10-4"))
        #expect(!second.contains("event: gap"))
        #expect(second.contains("id: 10-5\n") && second.contains("id: 10-6\n"))
        #expect(!second.contains("\"number\":4"))
    }

    @Test(
        "who comes back too late, from another run or with nonsense is told of the gap",
        arguments: ["10-0", "11-3", "x", "10-99999", "-", "10-1-1", "10-+1"])
    func gap(_ last: String) throws {
        let feed = feed()
        let first = try feed.open(kinds: ["alpha"], after: nil)
        for number in 0...Limits.eventsKeptMax { source.happen("alpha", number) }
        let second = text(try feed.open(kinds: ["alpha"], after: last))
        #expect(second.contains("event: gap\n"))
        first.close()
    }

    @Test("a kind that nobody read meanwhile is a gap")
    func unread() throws {
        let feed = feed()
        let first = try feed.open(kinds: ["alpha"], after: nil)
        source.happen("alpha", 1)
        let second = text(try feed.open(kinds: ["beta"], after: "10-0"))
        #expect(second.contains("event: gap\n"))
        first.close()
    }

    @Test("a reader that does not keep up is dropped, and the others go on")
    func slow() throws {
        let feed = feed()
        let dropped = Counter()
        let slow = try feed.open(kinds: ["alpha"], after: nil)
        slow.onDrop { dropped.add() }
        let quick = try feed.open(kinds: ["alpha"], after: nil)
        for number in 0..<(Limits.eventsWaitingMax + 1) {
            source.happen("alpha", number)
            _ = quick.next(connection: -1)
        }
        #expect(dropped.value == 1)
        #expect(feed.readers == 1 && feed.dropped == 1)
        #expect(slow.next(connection: -1) == nil)
        source.happen("alpha", -1)
        #expect(text(quick).contains("-1"))
    }

    @Test("an unknown kind, and one reader too many, are refused")
    func refusals() throws {
        let feed = feed()
        #expect(throws: EventFeed.Refusal.unknownKind("gamma")) {
            try feed.open(kinds: ["alpha", "gamma"], after: nil)
        }
        var readers: [EventReader] = []
        for _ in 0..<Limits.eventReadersMax {
            readers.append(try feed.open(kinds: ["alpha"], after: nil))
        }
        #expect(throws: EventFeed.Refusal.full) { try feed.open(kinds: nil, after: nil) }
        readers.removeLast().close()
        _ = try feed.open(kinds: nil, after: nil)
    }

    @Test("the end of the server ends all readers, and nobody comes any more")
    func closing() throws {
        let feed = feed()
        let reader = try feed.open(kinds: nil, after: nil)
        _ = reader.next(connection: -1)
        feed.close()
        #expect(reader.next(connection: -1) == nil)
        #expect(throws: EventFeed.Refusal.full) { try feed.open(kinds: nil, after: nil) }
    }

    @Test("a reader whose client has gone wakes up")
    func gone() throws {
        var ends: [2 of Int32] = [0, 0]
        let status = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
            unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) {
                unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, $0)
            }
        }
        try #require(status == 0)
        let reader = try feed().open(kinds: nil, after: nil)
        _ = reader.next(connection: ends[0])
        close(ends[1])
        #expect(reader.next(connection: ends[0]) == nil)
        close(ends[0])
    }

    @Test("an event that is too large is left out")
    func large() throws {
        let feed = feed()
        let reader = try feed.open(kinds: ["alpha"], after: nil)
        _ = reader.next(connection: -1)
        feed.publish(
            ServerEvent(
                "alpha", at: WallTime(seconds: 1),
                ["x": .string(String(repeating: "x", count: Limits.eventBytesMax))]))
        source.happen("alpha", 2)
        #expect(text(reader).hasPrefix("event: alpha\nid: 10-1\n"))
    }

    @Test("a change of a setting is an event with old and new value")
    func settings() throws {
        let store = SettingsStore()
        store.declare(group: "g", name: "n", value: .integer(1), summary: "N")
        let events = SettingEvents(store)
        let feed = EventFeed(sources: [events], startedAt: WallTime(seconds: 36))
        try store.set(group: "g", name: "n", to: .integer(2))
        let reader = try feed.open(kinds: nil, after: nil)
        _ = reader.next(connection: -1)
        try store.set(group: "g", name: "n", to: .string("3"))
        #expect(text(reader).contains(#""group":"g","name":"n","old":2,"new":3}"#))
    }
}
