public import Basics
internal import Synchronization

/// Answers of name servers, kept for as long as they may be.
///
/// Safe from any thread: one lock, held for one look-up in a dictionary.
public final class AnswerCache: Sendable {
    /// For how long answers are kept; the names in quotes are Kamailio's core parameters.
    public struct Settings: Sendable, Hashable {
        /// Whether anything is kept ("use_dns_cache").
        public var isEnabled = true
        /// Seconds for which records are kept at least ("dns_cache_min_ttl").
        public var secondsMin = 0
        /// Seconds for which records are kept at most ("dns_cache_max_ttl").
        public var secondsMax = Int(Int32.max)
        /// Seconds for which it is kept at most that there is nothing
        /// ("dns_cache_negative_ttl").
        public var negativeSecondsMax = 60
        /// Most answers that are kept.
        public var answersMax = Limits.cachedAnswersMax

        /// The defaults of Kamailio.
        public init() {}
    }

    /// One kept answer, as management lists it.
    public struct Row: Sendable, Hashable {
        /// What was asked.
        public let question: Question
        /// What was answered.
        public let answer: Answer
        /// Seconds for which it is still kept, rounded up.
        public let secondsLeft: Int
    }

    /// A kept answer.
    private struct Entry {
        var answer: Answer
        /// When it is forgotten, in nanoseconds of monotonic time.
        var end: UInt64
        /// Whether an operator has put it here to stay.
        var isPermanent = false
    }

    /// What the lock guards.
    private struct State {
        var settings: Settings
        var entries: [Question: Entry] = [:]
    }

    private let state: Guarded<State>

    /// An empty cache.
    public init(_ settings: Settings = Settings()) {
        precondition(settings.answersMax > 0)
        state = Guarded(State(settings: settings))
    }

    /// Settings that hold for what is kept from now on.
    public func change(_ settings: Settings) {
        precondition(settings.answersMax > 0)
        state.withLock {
            $0.settings = settings
            if !settings.isEnabled { $0.entries = [:] }
        }
    }

    /// The kept answer to a question, nil when there is none or its time is over.
    public func answer(to question: Question, now: MonotonicTime) -> Answer? {
        state.withLock { state in
            guard let entry = state.entries[question], entry.end > now.nanoseconds else {
                return nil
            }
            return entry.answer
        }
    }

    /// Keeps an answer for as long as it and the settings say; failures are not kept.
    public func keep(_ answer: Answer, to question: Question, now: MonotonicTime) {
        guard answer.failure == nil else { return }
        state.withLock { state in
            let seconds = Self.life(of: answer, state.settings)
            guard state.settings.isEnabled, seconds > 0 else { return }
            // What an operator has put here to stay is not what name servers say.
            if let old = state.entries[question], old.isPermanent { return }
            if state.entries.count >= state.settings.answersMax, state.entries[question] == nil {
                Self.makeRoom(&state, now: now)
            }
            let end = now.nanoseconds &+ UInt64(seconds) * 1_000_000_000
            state.entries[question] = Entry(answer: answer, end: end)
        }
    }

    /// Keeps a record that an operator gives, beside those that are there; nil says that there is
    /// none, and takes the place of those.
    ///
    /// The settings' bounds do not hold for it: the operator has said for how long. False when
    /// nothing is kept at all, or when there are as many records as an answer may have.
    public func add(
        _ record: Record?, to question: Question, seconds: Int, isPermanent: Bool,
        now: MonotonicTime
    ) -> Bool {
        precondition(seconds > 0)
        return state.withLock { state in
            guard state.settings.isEnabled else { return false }
            var records: [Record] = []
            if let old = state.entries[question], old.isPermanent || old.end > now.nanoseconds {
                records = old.answer.records
            }
            if state.entries.count >= state.settings.answersMax, state.entries[question] == nil {
                Self.makeRoom(&state, now: now)
            }
            if let record {
                guard records.count < Limits.recordsPerAnswerMax else { return false }
                if !records.contains(record) { records.append(record) }
            } else {
                records = []
            }
            let answer =
                records.isEmpty
                ? Answer(.noName, secondsToLive: seconds)
                : Answer(records: records, secondsToLive: seconds)
            state.entries[question] = Entry(
                answer: answer,
                end: isPermanent
                    ? .max : now.nanoseconds &+ UInt64(seconds) * 1_000_000_000,
                isPermanent: isPermanent)
            return true
        }
    }

    /// Whether the answer to a question was put here to stay.
    public func isPermanent(_ question: Question) -> Bool {
        state.withLock { $0.entries[question]?.isPermanent ?? false }
    }

    /// Forgets the answer to one question; false when there was none.
    @discardableResult
    public func forget(_ question: Question) -> Bool {
        state.withLock { $0.entries.removeValue(forKey: question) != nil }
    }

    /// Forgets everything, or all but what was put here to stay.
    public func forgetAll(evenPermanent: Bool = true) {
        state.withLock { state in
            state.entries = evenPermanent ? [:] : state.entries.filter { $0.value.isPermanent }
        }
    }

    /// How many answers are kept, those among them whose time is over.
    public var count: Int { state.withLock { $0.entries.count } }

    /// What is kept, ordered by name and type.
    public func rows(now: MonotonicTime) -> [Row] {
        let entries = state.withLock { $0.entries }
        return entries.compactMap { question, entry -> Row? in
            guard entry.end > now.nanoseconds else { return nil }
            let left =
                entry.isPermanent
                ? UInt64(entry.answer.secondsToLive ?? 0)
                : (entry.end - now.nanoseconds + 999_999_999) / 1_000_000_000
            return Row(question: question, answer: entry.answer, secondsLeft: Int(left))
        }.sorted {
            ($0.question.name, $0.question.type.rawValue)
                < ($1.question.name, $1.question.type.rawValue)
        }
    }

    /// For how many seconds an answer is kept.
    private static func life(of answer: Answer, _ settings: Settings) -> Int {
        guard answer.outcome == .found else {
            return max(0, min(answer.secondsToLive ?? Int.max, settings.negativeSecondsMax))
        }
        let least = max(answer.secondsToLive ?? 0, settings.secondsMin)
        return max(0, min(least, settings.secondsMax, Int(Int32.max)))
    }

    /// Forgets what is over and, when that is too little, an eighth of what ends first.
    ///
    /// A part at once, so that a flood of names does not cost a search through all for each.
    private static func makeRoom(_ state: inout State, now: MonotonicTime) {
        state.entries = state.entries.filter { $0.value.end > now.nanoseconds }
        let wanted = state.settings.answersMax - max(1, state.settings.answersMax / 8)
        guard state.entries.count > wanted else { return }
        let ends = state.entries.map { ($0.value.end, $0.key) }.sorted { $0.0 < $1.0 }
        for (_, question) in ends.prefix(state.entries.count - wanted) {
            state.entries.removeValue(forKey: question)
        }
    }
}
