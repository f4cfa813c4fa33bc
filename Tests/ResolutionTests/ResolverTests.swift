import Basics
import Synchronization
import TestSupport
import Testing

@testable import Resolution

/// A source of answers that a test holds back or gives.
final class TableSource: AnswerSource {
    private struct State {
        var zone: NameZone
        var asked: [Question] = []
        var held: [(Question, @Sendable (Answer) -> Void)]?
    }

    private let state: Guarded<State>

    /// Answers at once, or only when `release` is called.
    init(_ zone: NameZone, holds: Bool = false) {
        state = Guarded(State(zone: zone, held: holds ? [] : nil))
    }

    var asked: [Question] { state.withLock { $0.asked } }

    func ask(_ question: Question, _ done: @escaping @Sendable (Answer) -> Void) {
        let answer = state.withLock { state -> Answer? in
            state.asked.append(question)
            if state.held != nil {
                state.held?.append((question, done))
                return nil
            }
            return state.zone.answer(question)
        }
        if let answer { done(answer) }
    }

    /// Answers what is held; how many that were.
    func release() -> Int {
        let (held, zone) = state.withLock { state in
            defer { if state.held != nil { state.held = [] } }
            return (state.held ?? [], state.zone)
        }
        for (question, done) in held { done(zone.answer(question)) }
        return held.count
    }

    func stop() {
        let held = state.withLock { state in
            defer { state.held = nil }
            return state.held ?? []
        }
        for (_, done) in held { done(Answer(.failed(.stopped))) }
    }
}

@Suite("The resolver")
struct ResolverTests {
    private typealias Outcome = Result<[Candidate], ResolutionError>

    /// A resolver with a clock that the test turns.
    private static func resolver(
        _ source: any AnswerSource, cache: AnswerCache = AnswerCache()
    ) -> Resolver {
        Resolver(
            source: source, cache: cache, settings: SearchSettings(reach: .ipv4),
            clock: { MonotonicTime(nanoseconds: 1) }, random: { 1 })
    }

    private static func texts(_ outcome: Outcome) -> [String] {
        switch outcome {
        case .success(let places): places.map { "\($0.transport) \($0.address.text)" }
        case .failure(let error): ["\(error)"]
        }
    }

    @Test("what was found once is known until its time is over")
    func known() throws {
        let source = TableSource(TargetSearchTests.example)
        let clock = Clock()
        let resolver = Resolver(
            source: source, cache: AnswerCache(), settings: SearchSettings(reach: .ipv4),
            clock: { clock.now }, random: { 1 })
        let target = Target("sip:example.com")
        #expect(resolver.known(target) == nil)
        let told = Guarded<[[String]]>([])
        resolver.resolve(target) { outcome in told.withLock { $0.append(Self.texts(outcome)) } }
        let expected = ["tls 192.0.2.1:5061", "tcp 192.0.2.1:5062", "udp 192.0.2.1:5063"]
        #expect(told.withLock { $0 } == [expected])
        let count = source.asked.count
        #expect(resolver.known(target).map { Self.texts(.success($0)) } == expected)
        #expect(source.asked.count == count)
        clock.advance(seconds: 301)
        #expect(resolver.known(target) == nil)
        #expect(resolver.counters.searches == 4)
        #expect(resolver.counters.answers == count)
        #expect(resolver.counters.hits > 0)
    }

    @Test("an address is known without anyone being asked")
    func literal() {
        let source = TableSource(NameZone(""))
        let resolver = Self.resolver(source)
        #expect(resolver.known(Target("sip:192.0.2.1:5070"))?.count == 1)
        #expect(source.asked.isEmpty)
    }

    @Test("what is known to lead nowhere is told by resolve at once")
    func knownFailure() {
        let source = TableSource(NameZone("x.test A 192.0.2.1"))
        let resolver = Self.resolver(source)
        let told = Guarded<[[String]]>([])
        for _ in 0..<2 {
            resolver.resolve(Target("sip:none.test:5060")) { outcome in
                told.withLock { $0.append(Self.texts(outcome)) }
            }
        }
        #expect(told.withLock { $0 } == [["notFound"], ["notFound"]])
        #expect(source.asked.count == 1)
        #expect(resolver.known(Target("sip:none.test:5060")) == nil)
    }

    @Test("each search ends once, however its answers come")
    func once() {
        let source = TableSource(TargetSearchTests.example, holds: true)
        let resolver = Self.resolver(source)
        let told = Guarded<[Int]>([])
        for number in 0..<100 {
            resolver.resolve(Target("sip:example.com")) { _ in
                told.withLock { $0.append(number) }
            }
        }
        #expect(resolver.searchesRunning == 100)
        while source.release() > 0 {}
        #expect(told.withLock { $0 }.sorted() == Array(0..<100))
        #expect(resolver.searchesRunning == 0)
    }

    @Test("a stop ends what waits, once, and what comes later at once")
    func stop() {
        let source = TableSource(TargetSearchTests.example, holds: true)
        let resolver = Self.resolver(source)
        let told = Guarded<[[String]]>([])
        for _ in 0..<10 {
            resolver.resolve(Target("sip:example.com")) { outcome in
                told.withLock { $0.append(Self.texts(outcome)) }
            }
        }
        resolver.stop()
        resolver.resolve(Target("sip:192.0.2.1")) { outcome in
            told.withLock { $0.append(Self.texts(outcome)) }
        }
        let stopped = ["failed(Resolution.Answer.Failure.stopped)"]
        #expect(told.withLock { $0 } == Array(repeating: stopped, count: 11))
        #expect(resolver.searchesRunning == 0)
    }

    @Test("a changed reach holds for the next search")
    func change() {
        let resolver = Self.resolver(TableSource(NameZone("")))
        #expect(resolver.known(Target("sip:[::1]")) == nil)
        resolver.change(SearchSettings(reach: .everything))
        #expect(resolver.known(Target("sip:[::1]"))?.count == 1)
    }

    @Test("it works with name servers from many threads")
    func threads() async throws {
        let server = try LoopbackNameServer(TargetSearchTests.example)
        let client = try NameServerClient(NameServerClientTests.settings(server.port))
        let resolver = Resolver(
            source: client, cache: AnswerCache(), settings: SearchSettings(reach: .ipv4))
        let uris = [
            "sip:example.com", "sip:plain.example.com", "sips:example.com", "sip:www.example.com",
        ]
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                let uri = uris[number % uris.count]
                group.addTask {
                    let outcome = await withCheckedContinuation { waiting in
                        resolver.resolve(Target(uri)) { waiting.resume(returning: $0) }
                    }
                    let expected = Dialogue(
                        uri, in: TargetSearchTests.example, reach: .ipv4
                    ).places
                    return Self.texts(outcome) != expected
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
        #expect(server.questions.count < 40)
        resolver.stop()
    }
}

/// A clock that a test turns.
final class Clock: Sendable {
    private let nanoseconds = Atomic<UInt64>(1_000_000_000)

    var now: MonotonicTime { MonotonicTime(nanoseconds: nanoseconds.load(ordering: .relaxed)) }

    func advance(seconds: UInt64) {
        nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed)
    }
}
