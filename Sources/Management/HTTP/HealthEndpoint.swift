internal import Basics
internal import JSONValue
public import ModuleKit

/// `/health` and `/ready`, for supervisors and load balancers; served without credentials.
///
/// `/health` is 200 as long as the server answers: a supervisor that restarts what is not healthy
/// would only make things worse while a database is away. `/ready` is 503 while new requests should
/// go elsewhere: before the tables are loaded, and once a stop has begun.
public final class HealthEndpoint: HTTPEndpoint {
    /// Which of the two questions it answers.
    public enum Question: String, Sendable, CaseIterable {
        /// Whether the process works.
        case health
        /// Whether it should be sent requests.
        case ready
    }

    /// `/health` or `/ready`.
    public let path: String
    /// The only method; HEAD comes with it.
    public let method = "GET"
    /// Load balancers have no password.
    public let isOpen = true
    private let question: Question
    private let services: any Services

    /// The answer to a question about a server.
    public init(_ question: Question, services: any Services) {
        self.question = question
        self.services = services
        path = "/\(question.rawValue)"
    }

    /// The state of the server and of the databases of its modules.
    ///
    /// No error's text is in it: it is read by everyone who can connect.
    public func answer(_ request: HTTPRequest) -> HTTPAnswer {
        var uses: [(name: String, use: DatabaseUse)] = []
        for loaded in services.loadedModules {
            guard let user = loaded.instance as? any DatabaseUser, let use = user.databaseUse
            else { continue }
            uses.append((loaded.name, use))
        }
        let isDraining = services.isDraining
        let isLoaded = uses.allSatisfy(\.use.status.isLoaded)
        let isAway = uses.contains { $0.use.status.state == .away }
        let isReady = isLoaded && !isDraining
        let now = SystemClock.wall()
        let word = isDraining ? "draining" : !isLoaded ? "loading" : isAway ? "degraded" : "ok"
        let body: JSONValue = [
            "status": .string(word), "ready": .bool(isReady), "draining": .bool(isDraining),
            "loaded": .bool(isLoaded),
            "uptime": .integer(Int64(now.seconds - services.startedAt.seconds)),
            "databases": .array(uses.map { Self.json($0.name, $0.use) }),
        ]
        return .reply(HTTPReply(question == .ready && !isReady ? 503 : 200, json: body))
    }

    private static func json(_ name: String, _ use: DatabaseUse) -> JSONValue {
        [
            "module": .string(name), "state": .string(use.status.state.rawValue),
            "since": .integer(Int64(use.status.since.seconds)),
            "loaded": .bool(use.status.isLoaded), "waiting": .integer(Int64(use.waiting)),
            "oldest_waiting": .integer(Int64(use.oldestSeconds)),
        ]
    }
}
