internal import Basics
internal import Logging
internal import Resolution
internal import Synchronization

/// A client of name servers that starts when the first question comes.
///
/// A registrar that follows addresses only has no thread for names, and starts on a machine without
/// name servers.
final class LazyNameServers: AnswerSource {
    /// What the lock guards.
    private struct State {
        var settings = NameServerClient.Settings()
        var client: NameServerClient?
        var isStopped = false
    }

    private let logger: Logger
    private let state = Guarded(State())

    /// Nobody is asked yet.
    init(logger: Logger) { self.logger = logger }

    /// Whom to ask; it holds for a client that has not started.
    func change(_ settings: NameServerClient.Settings) {
        state.withLock { $0.settings = settings }
    }

    /// Asks a question; see `AnswerSource`.
    func ask(_ question: Question, _ done: @escaping @Sendable (Answer) -> Void) {
        let (client, failure) = state.withLock { state -> (NameServerClient?, ClientError?) in
            if state.client != nil || state.isStopped { return (state.client, nil) }
            do throws(ClientError) {
                let client = try NameServerClient(state.settings)
                state.client = client
                return (client, nil)
            } catch {
                return (nil, error)
            }
        }
        if let client {
            client.ask(question, done)
        } else {
            if let failure { logger.error("no name can be looked up: \(failure)") }
            done(Answer(.failed(failure == nil ? .stopped : .unreachable)))
        }
    }

    /// Ends the client, if there is one; see `AnswerSource`.
    func stop() {
        let client = state.withLock { state in
            state.isStopped = true
            return state.client
        }
        client?.stop()
    }
}
