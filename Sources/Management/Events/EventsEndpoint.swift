internal import Basics
internal import JSONValue

/// `GET /events`: what happens in the server, as it happens.
///
/// `?kinds=registration,expiry` chooses; without it everything comes but `refresh`. A client that
/// comes back sends the id of the last event that it saw in Last-Event-ID, as browsers do by
/// themselves, or in the query's `last`.
public final class EventsEndpoint: HTTPEndpoint {
    /// Where events are served.
    public let path = "/events"
    /// The only method.
    public let method = "GET"
    /// Where a reader goes on.
    public let fields = ["Last-Event-ID"]
    private let feed: EventFeed

    /// An endpoint of a feed.
    public init(_ feed: EventFeed) { self.feed = feed }

    /// Begins to read; 400 for an unknown kind, 503 when there are as many readers as may be.
    public func answer(_ request: HTTPRequest) -> HTTPAnswer {
        if let unknown = request.query.first(where: { $0.name != "kinds" && $0.name != "last" }) {
            return .reply(HTTPReply(400, text: "There is no parameter \"\(unknown.name)\"."))
        }
        let given = request.query.first { $0.name == "kinds" }?.value
        let words = given.map { Set($0.split(separator: ",").map(String.init)) }
        let last =
            request.fields["Last-Event-ID"] ?? request.query.first { $0.name == "last" }?.value
        // HEAD asks what GET would say, and must not leave a reader behind.
        guard request.method == "GET" else {
            return .reply(HTTPReply(200, type: Self.type))
        }
        do throws(EventFeed.Refusal) {
            return .feed(try feed.open(kinds: words, after: last), type: Self.type)
        } catch {
            switch error {
            case .unknownKind(let kind):
                let known = feed.kinds.joined(separator: ", ")
                return .reply(
                    HTTPReply(400, text: "There is no kind \"\(kind)\"; there are \(known)."))
            case .full:
                var reply = HTTPReply(503, text: "There are too many readers.")
                reply.fields = [(name: "Retry-After", value: "10")]
                return .reply(reply)
            }
        }
    }

    private static let type = "text/event-stream"

    /// Ends all readers.
    public func close() { feed.close() }
}
