import Basics

/// A header field that the server knows; the others are `other` and found by their text.
public enum HeaderName: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// What every message has, and what routes it.
    case via, from, to, callID, cSeq, contact, maxForwards, contentLength, contentType, expires
    /// Where the next requests and this one go.
    case route, recordRoute, path, serviceRoute
    /// What the two ends can do.
    case supported, require, proxyRequire, unsupported, allow, minExpires
    /// Events and their state (RFC 6665, RFC 3903).
    case event, allowEvents, subscriptionState, sipETag, sipIfMatch, retryAfter
    /// About the sender.
    case userAgent, server, date, subject, organization, priority, warning
    /// Credentials and challenges.
    case authorization, proxyAuthorization, wwwAuthenticate, proxyAuthenticate, authenticationInfo
    /// About bodies.
    case accept, acceptEncoding, acceptLanguage
    /// About this body.
    case contentEncoding, contentLanguage, contentDisposition, mimeVersion
    /// Calls that refer to calls.
    case referTo, referredBy, replaces, join, identity, reason, rAck, rSeq
    /// Timers and identities.
    case sessionExpires, minSE, privacy, pAssertedIdentity, pPreferredIdentity, flowTimer
    /// The identities of a registration (RFC 7315), and whatever is not in this list.
    case pAssociatedURI, other

    /// How many cases there are: the length of tables that are indexed by raw value.
    public static let count = Int(HeaderName.other.rawValue) + 1

    /// The grammar of one header field, in so far as the scanner needs it.
    public struct Row: Sendable {
        /// Its name as the RFCs write it.
        public let name: StaticString
        /// Its compact form in lower case, 0 when it has none (RFC 3261 7.3.3).
        public let compact: UInt8
        /// Whether several values may stand in one field, separated by commas.
        public let isList: Bool
        /// Whether a message with two of them is malformed.
        public let isSingle: Bool
    }

    /// The name as the RFCs write it; empty for `other`.
    public var name: StaticString { row.name }

    /// The row of this header field in the table below.
    public var row: Row {
        switch self {
        case .via: .list("Via", "v")
        case .from: .single("From", "f")
        case .to: .single("To", "t")
        case .callID: .single("Call-ID", "i")
        case .cSeq: .single("CSeq")
        case .contact: .list("Contact", "m")
        case .maxForwards: .single("Max-Forwards")
        case .contentLength: .single("Content-Length", "l")
        case .contentType: .single("Content-Type", "c")
        case .expires: .single("Expires")
        case .route: .list("Route")
        case .recordRoute: .list("Record-Route")
        case .path: .list("Path")
        case .serviceRoute: .list("Service-Route")
        case .supported: .list("Supported", "k")
        case .require: .list("Require")
        case .proxyRequire: .list("Proxy-Require")
        case .unsupported: .list("Unsupported")
        case .allow: .list("Allow")
        case .minExpires: .single("Min-Expires")
        case .event: .single("Event", "o")
        case .allowEvents: .list("Allow-Events", "u")
        case .subscriptionState: .single("Subscription-State")
        case .sipETag: .single("SIP-ETag")
        case .sipIfMatch: .single("SIP-If-Match")
        case .retryAfter: .single("Retry-After")
        case .userAgent: .plain("User-Agent")
        case .server: .plain("Server")
        case .date: .plain("Date")
        case .subject: .plain("Subject", "s")
        case .organization: .plain("Organization")
        case .priority: .plain("Priority")
        case .warning: .list("Warning")
        case .authorization: .plain("Authorization")
        case .proxyAuthorization: .plain("Proxy-Authorization")
        case .wwwAuthenticate: .plain("WWW-Authenticate")
        case .proxyAuthenticate: .plain("Proxy-Authenticate")
        case .authenticationInfo: .plain("Authentication-Info")
        case .accept: .list("Accept")
        case .acceptEncoding: .list("Accept-Encoding")
        case .acceptLanguage: .list("Accept-Language")
        case .contentEncoding: .list("Content-Encoding", "e")
        case .contentLanguage: .list("Content-Language")
        case .contentDisposition: .plain("Content-Disposition")
        case .mimeVersion: .plain("MIME-Version")
        case .referTo: .plain("Refer-To", "r")
        case .referredBy: .plain("Referred-By", "b")
        case .replaces: .plain("Replaces")
        case .join: .plain("Join")
        case .identity: .plain("Identity", "y")
        case .reason: .list("Reason")
        case .rAck: .plain("RAck")
        case .rSeq: .plain("RSeq")
        case .sessionExpires: .plain("Session-Expires", "x")
        case .minSE: .plain("Min-SE")
        case .privacy: .plain("Privacy")
        case .pAssertedIdentity: .list("P-Asserted-Identity")
        case .pPreferredIdentity: .list("P-Preferred-Identity")
        case .flowTimer: .plain("Flow-Timer")
        case .pAssociatedURI: .list("P-Associated-URI")
        case .other: .plain("")
        }
    }
}

extension HeaderName.Row {
    /// A field that appears once.
    fileprivate static func single(_ name: StaticString, _ compact: Unicode.Scalar? = nil) -> Self {
        assert(name.utf8CodeUnitCount > 0 && name.utf8CodeUnitCount <= 24)
        return Self(name: name, compact: byte(compact), isList: false, isSingle: true)
    }

    /// A field whose values may be joined with commas.
    fileprivate static func list(_ name: StaticString, _ compact: Unicode.Scalar? = nil) -> Self {
        assert(name.utf8CodeUnitCount > 0 && name.utf8CodeUnitCount <= 24)
        return Self(name: name, compact: byte(compact), isList: true, isSingle: false)
    }

    /// A field with one value, whose repetition does no harm.
    fileprivate static func plain(_ name: StaticString, _ compact: Unicode.Scalar? = nil) -> Self {
        Self(name: name, compact: byte(compact), isList: false, isSingle: false)
    }

    private static func byte(_ compact: Unicode.Scalar?) -> UInt8 {
        assert(compact?.isASCII ?? true)
        return compact.map { UInt8(truncatingIfNeeded: $0.value) } ?? 0
    }
}
