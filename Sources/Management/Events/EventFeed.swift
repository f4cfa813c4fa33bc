public import Basics
internal import JSONValue
public import ModuleKit
internal import Synchronization

/// Hands what happens in the server to those who watch it over HTTP (WHATWG, server-sent events).
///
/// An event is written once and shared by all readers. Each reader has a queue with a bound: one
/// who does not keep up is dropped, and nobody ever waits for one. The last
/// `Limits.eventsKeptMax` events are kept, so that a reader who comes back with the id of the last
/// one that it saw misses nothing, or is told that it did.
///
/// Nothing is asked of the sources of events while nobody reads: they are told which kinds are
/// wanted, and none are some time after the last reader has gone.
public final class EventFeed: Sendable {
    /// One event as it is sent.
    struct Stored: Sendable {
        /// Its place among all events.
        var number: UInt64
        /// Its kind.
        var kind: String
        /// The text that readers get.
        var bytes: [UInt8]
    }
    /// Since when a kind of events is noted, and until when.
    struct Want: Sendable {
        /// Events that there had been when the first reader came: of those before, some may be
        /// missing.
        var since: UInt64
        /// When the last reader went; in the far future while there is one.
        var gone = MonotonicTime(nanoseconds: .max)
    }
    /// What the lock guards.
    private struct State {
        var readers: [EventReader] = []
        var kept: [Stored] = []
        /// Place of the oldest kept event, once there are as many as may be.
        var oldest = 0
        var count: UInt64 = 0
        /// Kinds that are wanted, each until some time after its last reader has gone.
        var wanted: [String: Want] = [:]
        var isClosed = false
        var dropped = 0
    }

    /// Kinds that a reader gets who asks for none by name: all but those that come with every
    /// refresh.
    public static let quietKinds: Set<String> = ["refresh"]
    /// Seconds that a kind is still noted after its last reader has gone.
    static let lingerSeconds: UInt64 = 60

    /// All kinds that there are, sorted.
    public let kinds: [String]
    /// What this run's ids begin with: an id of another run says nothing here.
    let run: String
    private let sources: [any EventSource]
    private let state = Guarded(State())
    /// Held while sources are told, so that they hear the last word last.
    private let telling = Guarded<Set<String>>([])

    /// Milliseconds of silence after which a reader gets a comment: proxies close connections that
    /// are silent, and a client that is gone shows only when something is sent.
    let heartbeatMilliseconds: Int32

    /// A feed of what the sources tell.
    ///
    /// `heartbeatSeconds` must be shorter than what the server takes for a dead connection.
    public init(sources: [any EventSource], startedAt: WallTime, heartbeatSeconds: Int = 15) {
        precondition((1...3_600).contains(heartbeatSeconds), "no heartbeat")
        heartbeatMilliseconds = Int32(heartbeatSeconds) * 1_000
        self.sources = sources
        run = String(startedAt.seconds, radix: 36)
        kinds = Set(sources.flatMap(\.eventKinds)).sorted()
    }

    /// Readers now.
    public var readers: Int { state.withLock { $0.readers.count } }
    /// Readers that were dropped because they did not keep up.
    public var dropped: Int { state.withLock { $0.dropped } }

    // MARK: Readers

    /// Why a reader is turned away.
    enum Refusal: Error, Equatable {
        /// There is no such kind.
        case unknownKind(String)
        /// There are as many readers as may be, or the server stops.
        case full
    }

    /// Begins to read kinds of events, from the one after `last` on where that is still there.
    func open(kinds wanted: Set<String>?, after last: String?) throws(Refusal) -> EventReader {
        if let wanted, let unknown = wanted.subtracting(kinds).min() {
            throw .unknownKind(unknown)
        }
        let chosen = wanted ?? Set(kinds).subtracting(Self.quietKinds)
        let reader = EventReader(kinds: chosen, feed: self)
        let isTaken = state.withLock { state in
            guard state.readers.count < Limits.eventReadersMax, !state.isClosed else {
                return false
            }
            greet(reader, last, state)
            state.readers.append(reader)
            for kind in chosen {
                state.wanted[kind, default: Want(since: state.count)].gone =
                    MonotonicTime(nanoseconds: .max)
            }
            return true
        }
        guard isTaken else { throw .full }
        tellSources()
        return reader
    }

    /// The first bytes of a reader: how soon to come back, where it stands, and what it missed.
    private func greet(_ reader: EventReader, _ last: String?, _ state: borrowing State) {
        let names = reader.kinds.sorted().map { JSONValue.string($0) }
        var hello = "retry: 2000\n"
        var missed: [Stored] = []
        var isGap = false
        if let last {
            if let number = number(of: last), number <= state.count {
                let oldest = state.count - UInt64(state.kept.count)
                isGap =
                    number < oldest
                    || reader.kinds.contains { state.wanted[$0].map { $0.since > number } ?? true }
                let kept = state.kept.indices.map {
                    state.kept[(state.oldest + $0) % state.kept.count]
                }
                missed = kept.filter { $0.number > number && reader.kinds.contains($0.kind) }
            } else {
                isGap = true
            }
        }
        if isGap {
            hello += "event: gap\ndata: {\"last\":\(JSONValue.string(last ?? "").encoded())}\n\n"
        }
        let begin = missed.first.map { $0.number - 1 } ?? state.count
        hello += "event: ready\nid: \(run)-\(begin)\n"
        hello += "data: \(JSONValue.object([.init("kinds", .array(names))]).encoded())\n\n"
        reader.begin([Array(hello.utf8)] + missed.suffix(Limits.eventsWaitingMax - 1).map(\.bytes))
    }

    /// The number within an id of this run.
    private func number(of id: String) -> UInt64? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        // UInt64 would take "+1" as well, which this server never wrote.
        guard parts.count == 2, parts[0] == run,
            parts[1].utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return UInt64(parts[1])
    }

    /// A reader reads no more.
    func remove(_ reader: EventReader, isDropped: Bool = false) {
        let now = SystemClock.monotonic()
        state.withLock { state in
            let count = state.readers.count
            state.readers.removeAll { $0 === reader }
            guard state.readers.count < count else { return }
            if isDropped { state.dropped += 1 }
            for kind in reader.kinds
            where !state.readers.contains(where: { $0.kinds.contains(kind) }) {
                state.wanted[kind]?.gone = now
            }
        }
    }

    /// Lets sources rest whose last reader has been gone for some time; call it now and then.
    public func tick(_ now: MonotonicTime = SystemClock.monotonic()) {
        let hasChanged = state.withLock { state in
            let count = state.wanted.count
            state.wanted = state.wanted.filter { _, want in
                now.since(want.gone) < Self.lingerSeconds * 1_000_000_000
            }
            return state.wanted.count < count
        }
        if hasChanged { tellSources() }
    }

    /// Tells the sources which kinds are wanted, if that is not what they know.
    private func tellSources() {
        telling.withLock { told in
            let wanted = state.withLock { Set($0.wanted.keys) }
            guard wanted != told else { return }
            told = wanted
            for source in sources {
                source.tell(wanted.intersection(source.eventKinds)) { [weak self] event in
                    self?.publish(event)
                }
            }
        }
    }

    // MARK: Events

    /// Gives an event to all who read its kind; never waits.
    public func publish(_ event: ServerEvent) {
        var data = event.data
        if case .object(let members) = data {
            data = .object([.init("time", .integer(Int64(event.time.seconds)))] + members)
        }
        let text = data.encoded()
        guard text.utf8.count <= Limits.eventBytesMax else { return }
        var slow: [EventReader] = []
        var sleeping: [EventReader] = []
        state.withLock { state in
            guard !state.isClosed, state.wanted[event.kind] != nil else { return }
            let bytes = keep(event.kind, text, &state)
            for reader in state.readers where reader.kinds.contains(event.kind) {
                switch reader.take(bytes) {
                case .taken: break
                case .asleep: sleeping.append(reader)
                case .full: slow.append(reader)
                }
            }
        }
        for reader in sleeping { reader.ring() }
        for reader in slow { reader.drop() }
    }

    /// Gives an event its number and keeps it for readers who come back.
    private func keep(_ kind: String, _ text: String, _ state: inout State) -> [UInt8] {
        state.count += 1
        let head = "event: \(kind)\nid: \(run)-\(state.count)\ndata: "
        let stored = Stored(
            number: state.count, kind: kind, bytes: Array("\(head)\(text)\n\n".utf8))
        if state.kept.count < Limits.eventsKeptMax {
            state.kept.append(stored)
        } else {
            state.kept[state.oldest] = stored
            state.oldest = (state.oldest + 1) % state.kept.count
        }
        return stored.bytes
    }

    /// Ends all readers, for good.
    public func close() {
        let readers = state.withLock { state in
            state.isClosed = true
            state.wanted = [:]
            return state.readers
        }
        for reader in readers { reader.close() }
        tellSources()
    }
}
