internal import Basics
internal import Digest

/// A page that never changes while the server runs: a document, a script, a picture.
///
/// It is served with an entity tag, so that a browser that has it asks and gets 304, and with a
/// policy that lets the page load from this server and nothing from elsewhere: what strangers put
/// into a User-Agent cannot become a script.
public final class StaticPage: HTTPEndpoint {
    /// The path.
    public let path: String
    /// The only method; HEAD comes with it.
    public let method = "GET"
    /// What tells whether the client has it.
    public let fields = ["If-None-Match"]
    /// The entity tag, quotes included.
    public let etag: String
    /// Whether it is served without credentials.
    public let isOpen: Bool
    private let type: String
    private let body: [UInt8]

    /// What pages of this server may load and do (CSP Level 3, Trusted Types).
    ///
    /// No script and no style stands in a document, and none is made of text at run time.
    public static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'"

    /// What browsers are told of every page.
    private static let protection: [(name: String, value: String)] = [
        (name: "Content-Security-Policy", value: policy),
        (name: "Referrer-Policy", value: "no-referrer"),
        // For those that know no frame-ancestors.
        (name: "X-Frame-Options", value: "DENY"),
        (name: "Cross-Origin-Resource-Policy", value: "same-origin"),
        (name: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()"),
    ]

    /// A page with its media type, `text/html; charset=utf-8`.
    public init(path: String, type: String, body: [UInt8], isOpen: Bool = false) {
        precondition(path.hasPrefix("/"), "a path begins with a slash")
        self.path = path
        self.type = type
        self.body = body
        self.isOpen = isOpen
        var writer = ByteWriter(capacity: 64)
        DigestAlgorithm.sha256.writeHexadecimal(body.span, to: &writer)
        etag = "\"\(writer.text.prefix(32))\""
    }

    /// The same: the page is in memory.
    public func briefAnswer(_ request: HTTPRequest) -> HTTPAnswer? { answer(request) }

    /// The page, or 304 when the client has it (RFC 9110 13.1.2).
    public func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let common = [
            (name: "ETag", value: etag), (name: "Cache-Control", value: "no-cache"),
        ]
        if let known = request.fields["If-None-Match"], matches(known) {
            return .reply(HTTPReply(304, fields: common))
        }
        return .reply(
            HTTPReply(
                200, type: type, fields: common + Self.protection, body: body))
    }

    /// Whether a list of entity tags has this one; weak ones count (RFC 9110 8.8.3.2).
    private func matches(_ list: String) -> Bool {
        list.split(separator: ",").contains { tag in
            var tag = tag.drop { $0 == " " || $0 == "\t" }
            while tag.last == " " { tag.removeLast() }
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            return tag == "*" || tag == etag
        }
    }
}
