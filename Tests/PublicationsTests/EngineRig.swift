import Basics
import Testing

@testable import Publications

/// An engine with a store of its own, both without clock and socket.
struct EngineRig {
    var engine: PublicationEngine
    var orders = PUAOrders()
    var now = WallTime(seconds: 1_000_000)
    /// What is stored.
    var records: [PUARecord] = []
    /// What was sent and is not answered.
    var sent: [PUASend] = []
    /// Whom was told what, in order.
    var told: [(ticket: UInt64, reply: PUAReply)] = []
    /// All ends, also of those whom nobody asked for.
    var ends: [PUAReply] = []
    /// Whether the database answers.
    var isAway = false
    /// Whether lookups are answered at once.
    var answersLookups = true
    var lookups: [PUALookup] = []

    static let alice = Array("sip:alice@example.com".utf8)
    static let watcher = Array("sip:watcher@example.com".utf8)

    init(_ change: (inout PUASettings) -> Void = { _ in }) {
        var settings = PUASettings()
        change(&settings)
        var events = PUAEventTable()
        let isNew = events.add(
            PUAEventDeclaration(.registration, "reg", contentType: "application/reginfo+xml") {
                body, facts in
                body.equals("bad")
                    ? nil
                    : PreparedBody(
                        Array(copying: body) + Array(" v\(facts.version)".utf8))
            })
        let isNewToo = events.add(
            PUAEventDeclaration(.presence, "presence", contentType: "application/pidf+xml") {
                body, facts in
                PreparedBody(Array(copying: body), tupleID: facts.tupleID ?? facts.freshID)
            })
        precondition(isNew && isNewToo)
        engine = PublicationEngine(
            settings: settings, events: events, secret: (1, 2, 3, 4), now: now)
    }

    // MARK: What is asked for

    static func publication(
        _ body: String? = "doc", expires: Int = 600, id: String = "one",
        event: PUAEvent = .registration, source: PUASource = .registrationPublish,
        operation: PUAOperation = .update, etag: String? = nil, proxy: String? = nil
    ) -> PublicationRequest {
        PublicationRequest(
            alice, event: event, source: source, id: Array(id.utf8),
            body: body.map { Array($0.utf8) }, expiresSeconds: expires, operation: operation,
            etag: etag.map { Array($0.utf8) }, outboundProxy: proxy.map { Array($0.utf8) })
    }

    static func subscription(
        expires: Int = 600, source: PUASource = .registrationSubscribe,
        operation: PUAOperation = .update, target: String? = nil
    ) -> SubscriptionRequest {
        SubscriptionRequest(
            alice, watcher: watcher, contact: Array("sip:me@10.0.0.1".utf8),
            event: .registration, source: source,
            remoteTarget: target.map { Array($0.utf8) }, expiresSeconds: expires,
            operation: operation)
    }

    mutating func publish(_ request: PublicationRequest, ticket: UInt64 = 0) {
        engine.publish(request, ticket: ticket, now: now, into: &orders)
        settle()
    }

    mutating func subscribe(_ request: SubscriptionRequest, ticket: UInt64 = 0) {
        engine.subscribe(request, ticket: ticket, now: now, into: &orders)
        settle()
    }

    // MARK: What happens

    /// Answers the oldest request that is on its way.
    mutating func answer(
        _ status: Int = 200, etag: String? = nil, expires: Int? = nil, minExpires: Int? = nil,
        retryAfter: Int? = nil, tag: String = "", contact: String = "", routes: String = "",
        challenge: String? = nil
    ) {
        var response = PUAResponse(.answered, status: status)
        response.reason = Array("Because".utf8)
        response.etag = Array((etag ?? "").utf8)
        response.expiresSeconds = expires
        response.minExpiresSeconds = minExpires
        response.retryAfterSeconds = retryAfter
        response.toTag = Array(tag.utf8)
        response.contact = Array(contact.utf8)
        response.routeSet = Array(routes.utf8)
        if let challenge {
            response.challenges = [
                PUAChallenge.Value(isProxy: status == 407, text: Array(challenge.utf8))
            ]
        }
        end(response)
    }

    /// The oldest request ends without a response.
    mutating func fail(_ outcome: PUAResponse.Outcome) {
        end(PUAResponse(outcome, status: outcome == .timedOut ? 408 : 503))
    }

    private mutating func end(_ response: PUAResponse) {
        guard !sent.isEmpty else {
            Issue.record("nothing is on its way")
            return
        }
        let request = sent.removeFirst()
        engine.answered(request.token, response, now: now, into: &orders)
        settle()
    }

    /// The dialog of a subscription is accepted.
    mutating func accept(_ expires: Int = 610, routes: String = "") {
        answer(expires: expires, tag: "their", contact: "sip:peer@10.0.0.9", routes: routes)
    }

    /// Lets time pass, second by second, as the agent's thread does.
    mutating func pass(_ seconds: Int, looksForDue: Bool = false) {
        for _ in 0..<seconds {
            now.seconds += 1
            engine.tick(now: now, into: &orders)
            settle()
            if looksForDue { due() }
        }
    }

    /// Hands the records out that are near their end.
    mutating func due(ahead: Int = 100) {
        let horizon = WallTime(seconds: now.seconds + ahead)
        for record in records where record.expires < horizon {
            engine.due(record, now: now, into: &orders)
        }
        settle()
    }

    /// Carries out what the engine orders.
    mutating func settle() {
        while !orders.isEmpty {
            let taken = orders
            orders.removeAll()
            for change in taken.changes { apply(change) }
            lookups += taken.lookups
            for end in taken.ends {
                ends.append(end.reply)
                told += end.tickets.map { ($0, end.reply) }
            }
            sent += taken.sends
            if answersLookups { answerLookups() }
        }
    }

    mutating func answerLookups() {
        let waiting = lookups
        lookups = []
        for lookup in waiting {
            let matching = records.filter { lookup.key.matches($0) }
            let last = matching.max { $0.expires < $1.expires }
            let finding: PUAFinding = isAway ? .unavailable : last.map { .found($0) } ?? .absent
            engine.found(lookup.job, finding, now: now, into: &orders)
        }
    }

    private mutating func apply(_ change: PUAChange) {
        switch change {
        case .save(let record, let replaced):
            records.removeAll { replaced?.isThat(of: $0) == true || record.identity.isThat(of: $0) }
            records.append(record)
        case .remove(let identity): records.removeAll { identity.isThat(of: $0) }
        }
    }
}

extension PUASend {
    /// The value of a header field, empty without one.
    func value(_ name: String) -> String {
        let text = String(decoding: rest, as: UTF8.self)
        let head = text.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)[0]
        for line in head.split(separator: "\r\n") where line.hasPrefix("\(name): ") {
            return String(line.dropFirst(name.count + 2))
        }
        return ""
    }
    /// The body.
    var body: String {
        let text = String(decoding: rest, as: UTF8.self)
        guard let range = text.range(ofEmptyLine: ()) else { return "" }
        return String(text[range...])
    }
    /// The Request-URI.
    var line: String { "\(method) \(String(decoding: uri, as: UTF8.self))" }
    /// The next hop.
    var hop: String { String(decoding: target, as: UTF8.self) }
}

extension String {
    /// Where the text behind the first empty line begins.
    fileprivate func range(ofEmptyLine: Void) -> String.Index? {
        let bytes = Array(utf8)
        for place in bytes.indices.dropLast(3)
        where bytes[place...].prefix(4) == [13, 10, 13, 10] {
            return utf8.index(utf8.startIndex, offsetBy: place + 4)
        }
        return nil
    }
}
