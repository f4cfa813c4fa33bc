internal import Basics
internal import Glibc
internal import Logging
internal import Synchronization

/// Decides whether a request comes in: rate, origin, credentials, in this order.
///
/// The cheapest question comes first, and the one that derives a password last.
final class HTTPGate: Sendable {
    /// What is decided.
    enum Verdict {
        /// It comes in, as somebody where credentials are asked for; a page of `origin` calls.
        case admitted(Account?, origin: String?)
        /// It does not.
        case refused(HTTPReply)
        /// A password has to be derived first, which takes long: `authorize` decides.
        case undecided(origin: String?)
    }
    /// What is looked at.
    struct Question {
        /// The connection.
        var connection: HTTPConnection
        /// The HTTP method.
        var method: String
        /// Whether what is asked for is served without credentials.
        var isOpen: Bool
        /// Authorization.
        var authorization: String?
        /// Origin.
        var origin: String?
        /// Host.
        var host: String?
    }

    private let accounts: AccountBook
    private let realm: String
    private let origins: OriginRules
    /// Whether requests are counted at all: without a limit nobody takes its lock.
    private let hasRate: Bool
    private let rate: Guarded<RateLimit>
    private let failures = Guarded(
        RateLimit(rate: 1.0 / 6, burst: Limits.wrongCredentialsBurst))
    private let logger: Logger

    /// A gate as the configuration has it.
    init(_ configuration: HTTPServer.Configuration, logger: Logger) {
        accounts = configuration.accounts
        realm = configuration.realm
        origins = OriginRules(configuration.origins)
        hasRate = configuration.requestsPerSecondMax > 0
        rate = Guarded(
            RateLimit(
                rate: Double(max(1, configuration.requestsPerSecondMax)),
                burst: max(1, configuration.requestsPerSecondMax, configuration.requestBurst)))
        self.logger = logger
    }

    /// Whether credentials are asked for.
    var asksForCredentials: Bool { !accounts.isEmpty }

    /// Decides, at the time that is now.
    ///
    /// Without `derives` no password is derived.
    func judge(
        _ question: Question, at time: MonotonicTime, derives: Bool = true
    ) -> Verdict {
        let address = question.connection.address
        if hasRate, let wait = rate.withLock({ $0.take(address, at: time) }) {
            return .refused(Self.tooMany(wait))
        }
        var listed: String?
        switch origins.verdict(
            origin: question.origin, host: question.host, isOpen: accounts.isEmpty)
        {
        case .own: break
        case .listed(let origin): listed = origin
        case .foreign:
            return .refused(foreign(question))
        }
        // A preflight carries no credentials (Fetch Standard 3.2.2).
        let isPreflight = listed != nil && question.method == "OPTIONS"
        guard !accounts.isEmpty, !question.isOpen, !isPreflight else {
            return .admitted(nil, origin: listed)
        }
        return authorize(question, listed, at: time, derives: derives)
    }

    /// Decides by the credentials alone; a page of `origin` calls.
    func authorize(
        _ question: Question, _ origin: String?, at time: MonotonicTime, derives: Bool = true
    ) -> Verdict {
        let connection = question.connection
        guard let field = question.authorization else { return .refused(unauthorized) }
        if let known = connection.authorized, known.field == field {
            return .admitted(known.account, origin: origin)
        }
        // Who is known is not kept waiting by others who guess from the same address.
        if let account = accounts.account(authorization: field, derives: false) {
            connection.authorized = (field, account)
            return .admitted(account, origin: origin)
        }
        if let wait = failures.withLock({ $0.wait(connection.address, at: time) }) {
            return .refused(Self.tooMany(wait))
        }
        guard derives else { return .undecided(origin: origin) }
        guard let account = accounts.account(authorization: field) else {
            _ = failures.withLock { $0.take(connection.address, at: time) }
            logger.notice("http: wrong credentials from \(connection.client)")
            return .refused(unauthorized)
        }
        connection.authorized = (field, account)
        return .admitted(account, origin: origin)
    }

    /// 403 for a page that is not of this server and not listed.
    private func foreign(_ question: Question) -> HTTPReply {
        let client = question.connection.client
        guard let origin = question.origin else {
            let host = (question.host ?? "").oneLine
            logger.notice("http: \(client) asked for the host \(host), which is not listed")
            return HTTPReply(
                403,
                text: "Without credentials this server is asked by its address, as localhost, "
                    + "or as the host of an origin in cors_origin.")
        }
        logger.notice("http: a page of \(origin.oneLine) called from \(client)")
        return HTTPReply(403, text: "Pages of other origins may not call; see cors_origin.")
    }

    /// 401 with the ways there are (RFC 9110 11.6.1).
    private var unauthorized: HTTPReply {
        var reply = HTTPReply(401, text: "Credentials are needed.")
        if accounts.hasUsers {
            let value = "Basic realm=\"\(realm)\", charset=\"UTF-8\""
            reply.fields.append((name: "WWW-Authenticate", value: value))
        }
        if accounts.hasTokens {
            reply.fields.append(
                (name: "WWW-Authenticate", value: "Bearer realm=\"\(realm)\""))
        }
        return reply
    }

    /// 429 (RFC 6585 4).
    private static func tooMany(_ seconds: Int) -> HTTPReply {
        var reply = HTTPReply(429, text: "Too many requests; wait \(seconds) s.")
        reply.fields = [(name: "Retry-After", value: String(seconds))]
        return reply
    }
}
