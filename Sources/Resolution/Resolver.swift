public import Basics
internal import Synchronization

/// Finds the places where a request may be sent: searches, answers that are kept, name servers.
///
/// Safe from any thread; nothing here waits.
public final class Resolver: Sendable {
    /// Numbers of a resolver and of those that it asks.
    public struct Counters: Sendable, Hashable {
        /// Searches that were begun, by `known` and by `resolve`.
        public var searches = 0
        /// Answers that were there already.
        public var hits = 0
        /// Questions whose answer was not there.
        public var misses = 0
        /// Answers that came, negative ones among them.
        public var answers = 0
        /// Questions that nobody answered in time.
        public var timeouts = 0
        /// Questions without a usable answer for other reasons.
        public var failures = 0
    }

    /// The kept answers.
    public let cache: AnswerCache
    private let source: any AnswerSource
    private let settings: Snapshot<SearchSettings>
    private let clock: @Sendable () -> MonotonicTime
    private let random: @Sendable () -> UInt64
    private let running = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)
    private let searches = Counter()
    private let hits = Counter()
    private let misses = Counter()
    private let answers = Counter()
    private let timeouts = Counter()
    private let failures = Counter()

    /// A resolver.
    ///
    /// - Parameters:
    ///   - source: whom to ask; it is stopped with the resolver.
    ///   - cache: where answers are kept.
    ///   - settings: what the server reaches and likes.
    ///   - clock: the monotonic time.
    ///   - random: a random number, for the choice between SRV records.
    public init(
        source: any AnswerSource, cache: AnswerCache, settings: SearchSettings,
        clock: @escaping @Sendable () -> MonotonicTime = { SystemClock.monotonic() },
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.source = source
        self.cache = cache
        self.settings = Snapshot(settings)
        self.clock = clock
        self.random = random
    }

    /// Settings that hold for searches from now on.
    public func change(_ settings: SearchSettings) { self.settings.update { $0 = settings } }

    /// The places for a target when no name server need be asked, else nil.
    ///
    /// Also nil when the kept answers say that there is no place: `resolve` then says why at once.
    public func known(_ target: Target) -> [Candidate]? {
        searches.add()
        var search = TargetSearch(target, settings: settings.value, random: random())
        while true {
            switch search.step() {
            case .found(let candidates): return candidates
            case .failed, .wait: return nil
            case .ask(let questions):
                for question in questions {
                    guard let answer = kept(question) else { return nil }
                    search.take(answer, to: question)
                }
            }
        }
    }

    /// Finds the places for a target, in the order in which they are to be tried.
    ///
    /// `done` is called exactly once: before this returns when no name server need be asked, else
    /// on the name servers' thread, where it must not linger; with `failed(.stopped)` when the
    /// resolver stops first.
    public func resolve(
        _ target: Target,
        _ done: @escaping @Sendable (Result<[Candidate], ResolutionError>) -> Void
    ) {
        searches.add()
        guard !isStopped.load(ordering: .acquiring) else {
            done(.failure(.failed(.stopped)))
            return
        }
        guard running.add(1, ordering: .relaxed).newValue <= Limits.searchesMax else {
            running.subtract(1, ordering: .relaxed)
            done(.failure(.failed(.busy)))
            return
        }
        let search = TargetSearch(target, settings: settings.value, random: random())
        let run = SearchRun(search, ask: { [self] in ask($0, $1) }) { [self] result in
            running.subtract(1, ordering: .relaxed)
            done(result)
        }
        run.proceed()
    }

    /// Answers one question, from what is kept or by asking; `done` as for `resolve`.
    public func ask(_ question: Question, _ done: @escaping @Sendable (Answer) -> Void) {
        if let answer = kept(question) {
            done(answer)
            return
        }
        misses.add()
        source.ask(question) { [self] answer in
            switch answer.failure {
            case nil: answers.add()
            case .timeout: timeouts.add()
            default: failures.add()
            }
            cache.keep(answer, to: question, now: clock())
            done(answer)
        }
    }

    /// Searches that wait for answers.
    public var searchesRunning: Int { running.load(ordering: .relaxed) }

    /// The numbers now.
    public var counters: Counters {
        Counters(
            searches: searches.value, hits: hits.value, misses: misses.value,
            answers: answers.value, timeouts: timeouts.value, failures: failures.value)
    }

    /// Ends what waits with `failed(.stopped)`; later searches end so at once.
    public func stop() {
        isStopped.store(true, ordering: .releasing)
        source.stop()
    }

    private func kept(_ question: Question) -> Answer? {
        guard let answer = cache.answer(to: question, now: clock()) else { return nil }
        hits.add()
        return answer
    }
}

/// A search that asks as it goes and ends once.
private final class SearchRun: Sendable {
    typealias Ask = @Sendable (Question, @escaping @Sendable (Answer) -> Void) -> Void
    typealias Done = @Sendable (Result<[Candidate], ResolutionError>) -> Void

    /// What the lock guards.
    private struct State {
        var search: TargetSearch
        var done: Done?
    }

    private let state: Guarded<State>
    private let ask: Ask

    init(_ search: TargetSearch, ask: @escaping Ask, done: @escaping Done) {
        state = Guarded(State(search: search, done: done))
        self.ask = ask
    }

    /// Takes the next step: asks, or ends the search.
    func proceed() {
        let (step, done) = state.withLock { state -> (TargetSearch.Step, Done?) in
            let step = state.search.step()
            switch step {
            case .ask, .wait: return (step, nil)
            // Two answers that come at once may both find the search at its end.
            case .found, .failed: return (step, state.done.take())
            }
        }
        switch step {
        case .wait: break
        case .found(let candidates): done?(.success(candidates))
        case .failed(let error): done?(.failure(error))
        case .ask(let questions):
            for question in questions {
                ask(question) { [self] answer in
                    state.withLock { $0.search.take(answer, to: question) }
                    proceed()
                }
            }
        }
    }
}
