import Basics
import Dispatch
import JSONValue
import ModuleKit
import Subscriptions
import Synchronization
import Testing

@testable import Presence

@Suite("commands that wait for a database")
struct CommandQueueTests {
    private func entry(_ user: String) -> CommandQueue.Entry {
        CommandQueue.Entry(
            command: .reauthorise, uri: Array("sip:\(user)@h".utf8), event: Array("presence".utf8))
    }

    /// A queue whose first command holds all others up until the semaphore says otherwise.
    private func held() -> (queue: CommandQueue, gate: DispatchSemaphore) {
        let queue = CommandQueue()
        let gate = DispatchSemaphore(value: 0)
        let begun = DispatchSemaphore(value: 0)
        _ = queue.add(entry("first")) { _ in
            begun.signal()
            gate.wait()
        }
        begun.wait()
        return (queue, gate)
    }

    @Test("who adds one does not wait; one that waits already is done once")
    func once() {
        let (queue, gate) = held()
        let done = Guarded<[CommandQueue.Entry]>([])
        for user in ["a", "b", "a", "a"] {
            #expect(queue.add(entry(user)) { entry in done.withLock { $0.append(entry) } })
        }
        // The one that is being done has read what was there before: it is asked for again.
        #expect(queue.add(entry("first")) { entry in done.withLock { $0.append(entry) } })
        gate.signal()
        queue.drain()
        #expect(done.withLock { $0 } == [entry("a"), entry("b"), entry("first")])
    }

    @Test("more than the bound are refused")
    func bound() {
        let (queue, gate) = held()
        let count = Counter()
        for number in 0..<Limits.watcherCommandsMax {
            #expect(queue.add(entry("u\(number)")) { _ in count.add() })
        }
        #expect(!queue.add(entry("one too many")) { _ in count.add() })
        #expect(queue.add(entry("u7")) { _ in count.add() }, "it waits already")
        gate.signal()
        queue.drain()
        #expect(count.value == Limits.watcherCommandsMax)
    }

    @Test("a queue that is closed forgets what waits and takes nothing")
    func close() {
        let (queue, gate) = held()
        let count = Counter()
        #expect(queue.add(entry("a")) { _ in count.add() })
        queue.close()
        #expect(!queue.add(entry("b")) { _ in count.add() })
        gate.signal()
        queue.drain()
        #expect(count.value == 0)
    }

    @Test("a document that cannot be read now is not withdrawn; one that is gone is")
    func hardState() throws {
        let rig = try PresenceRig()
        try rig.answer(rig.subscribe().notify)
        let services = rig.rig.services
        func refresh(_ place: String) throws -> Bool {
            try services.call(
                "presence.refreshWatchers", "sip:alice@example.com", "message-summary", 2,
                .string(place),
                "index")["error"] == nil
        }
        #expect(try refresh("pidf"))
        let told = rig.takeSent()
        #expect(told.map(\.body) == ["Messages open"])
        try rig.answer(told[0])
        #expect(try !refresh("away"))
        #expect(rig.takeSent().isEmpty, "what was taken up before holds")
        #expect(try refresh("nowhere"))
        #expect(rig.takeSent().map(\.body) == [""])
    }
}
