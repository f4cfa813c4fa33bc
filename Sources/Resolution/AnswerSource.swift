/// Whoever answers questions: name servers, or a table in a test.
public protocol AnswerSource: Sendable {
    /// Asks a question; `done` is called exactly once, on any thread, perhaps before this returns.
    func ask(_ question: Question, _ done: @escaping @Sendable (Answer) -> Void)

    /// Answers what waits with `stopped`, and everything from now on.
    func stop()
}
