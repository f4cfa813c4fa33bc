internal import Basics

/// The search for the places where a request to a target may be sent (RFC 3263 4).
///
/// A value without sockets, clock or randomness: `step` says what to ask or what was found,
/// `take` brings an answer. It looks at all answers afresh at each step, in the same order, so
/// that questions that do not depend on each other are asked at once and it does not matter in
/// which order their answers come.
///
/// The way, each stage only where the one before led nowhere:
///  1. an address is taken as it is;
///  2. a port: addresses of the host (RFC 3263 4.2);
///  3. a transport: its SRV records, then addresses of the host with the default port;
///  4. neither: NAPTR records, each leading to SRV records; then the SRV records of each transport
///     that the server speaks; then addresses of the host with the default port.
///
/// A `sips` target is never led to a transport that is not secure (RFC 3261 26.2.2).
public struct TargetSearch: Sendable {
    /// What the search wants next.
    public enum Step: Sendable, Hashable {
        /// Ask these, which were not asked before, and bring the answers.
        case ask([Question])
        /// Answers to what was asked before are awaited.
        case wait
        /// Places to send to, in the order in which they are tried (RFC 3263 4.3).
        case found([Candidate])
        /// There is no place.
        case failed(ResolutionError)
    }

    /// What is searched for.
    public let target: Target
    private let settings: SearchSettings
    private let random: UInt64
    private var answers: [Question: Answer] = [:]
    private var asked: Set<Question> = []

    /// A search; `random` decides between SRV records of one priority.
    public init(_ target: Target, settings: SearchSettings, random: UInt64) {
        self.target = target
        self.settings = settings
        self.random = random
    }

    /// Brings an answer; a second one to the same question is ignored.
    public mutating func take(_ answer: Answer, to question: Question) {
        if answers[question] == nil, asked.contains(question) { answers[question] = answer }
    }

    /// What to do next, given the answers so far.
    public mutating func step() -> Step {
        var walk = SearchWalk(target, settings, random: random, answers: answers)
        let result = walk.run()
        guard !walk.missing.isEmpty else {
            switch result {
            case .success(let candidates): return .found(candidates)
            case .failure(let error): return .failed(error)
            }
        }
        let fresh = walk.missing.filter { asked.insert($0).inserted }
        return fresh.isEmpty ? .wait : .ask(fresh)
    }
}
