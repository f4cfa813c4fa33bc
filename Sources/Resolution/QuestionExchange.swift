internal import Basics
internal import Glibc
internal import Synchronization

/// Where callers leave questions and the name servers' thread leaves answers.
///
/// The descriptors of the pipe are closed when nobody holds the exchange any more, so that no
/// wake-up can reach a descriptor that belongs to somebody else by then.
final class QuestionExchange: Sendable {
    private typealias Done = @Sendable (Answer) -> Void

    /// What the lock guards.
    private struct State {
        /// Who waits for each question that is asked.
        var waiting: [Question: [Done]] = [:]
        /// Questions that the thread has not taken up yet.
        var fresh: [Question] = []
        var isStopped = false
        var counters = NameServerClient.Counters()
    }

    /// The end of the pipe that the thread watches.
    let wakeUp: Int32
    private let wakeUpWriter: Int32
    private let state = Guarded(State())

    /// An exchange with nobody on it.
    init() throws(ClientError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .noPipe }
        (wakeUp, wakeUpWriter) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(wakeUp)
        close(wakeUpWriter)
    }

    /// The numbers now.
    var counters: NameServerClient.Counters { state.withLock { $0.counters } }

    /// Leaves a question.
    func ask(_ question: Question, _ done: @escaping @Sendable (Answer) -> Void) {
        let refusal = state.withLock { state -> Answer.Failure? in
            if state.isStopped { return .stopped }
            if state.waiting[question] != nil {
                state.waiting[question]?.append(done)
                state.counters.joined += 1
                return nil
            }
            guard state.waiting.count < Limits.questionsInFlightMax else { return .busy }
            state.waiting[question] = [done]
            state.fresh.append(question)
            state.counters.questions += 1
            return nil
        }
        if let refusal { done(Answer(.failed(refusal))) } else { wake() }
    }

    /// Tells the thread to end.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
    }

    /// The questions since the last call; nil when the thread is to end.
    func take() -> [Question]? {
        var block = [UInt8](repeating: 0, count: 64)
        while unsafe block.withUnsafeMutableBytes({ unsafe read(wakeUp, $0.baseAddress, $0.count) })
            > 0
        {}
        return state.withLock { state in
            if state.isStopped { return nil }
            defer { state.fresh = [] }
            return state.fresh
        }
    }

    /// Leaves an answer for all who wait for it.
    func finish(_ question: Question, _ answer: Answer) {
        let waiting = state.withLock { state -> [Done] in
            guard let waiting = state.waiting.removeValue(forKey: question) else { return [] }
            switch answer.failure {
            case nil: state.counters.answers += 1
            case .timeout: state.counters.timeouts += 1
            default: state.counters.failures += 1
            }
            return waiting
        }
        for done in waiting { done(answer) }
    }

    /// Answers everything that still waits with `stopped`.
    func finishAll() {
        let questions = state.withLock { Array($0.waiting.keys) }
        for question in questions { finish(question, Answer(.failed(.stopped))) }
    }

    private func wake() {
        var byte: UInt8 = 1
        // A full pipe is a wake-up already.
        _ = unsafe write(wakeUpWriter, &byte, 1)
    }
}
