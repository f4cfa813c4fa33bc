internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Why a request does not make sense, as it is answered.
struct SanityFailure {
    /// The status.
    var status = 400
    /// The reason phrase.
    var reason: String
    /// What a 420 says in Unsupported.
    var unsupported: [UInt8] = []
}

/// The checks of `sanity_check`, one bit each, with the words of Kamailio's replies.
struct SanityChecks {
    /// Which checks, as a sum of bits.
    let checks: Int
    /// Which URIs, as a sum of bits.
    let uris: Int
    /// The extensions that Proxy-Require may ask for.
    let supported: [[UInt8]]

    /// The checks of the request line: version, scheme, and the method that CSeq repeats.
    static let ofRequests = 1 | 2 | 32

    /// The first failure, nil when the message passes.
    ///
    /// The order is Kamailio's. A list of checks would be made anew for every message, so they
    /// stand one behind the other; bits 8 and 16 do nothing in Kamailio either.
    func failure(_ context: ScriptContext) -> SanityFailure? {
        context.withMessage { message in
            if let failure = firstLine(message) ?? mandatory(message) { return failure }
            return numbers(message) ?? extensions(message)
        }
    }

    private func has(_ bit: Int) -> Bool { checks & bit != 0 }

    private func firstLine(_ message: borrowing SIPMessage) -> SanityFailure? {
        if has(1), let failure = version(message) { return failure }
        return has(2) ? scheme(message) : nil
    }

    private func mandatory(_ message: borrowing SIPMessage) -> SanityFailure? {
        if has(4), let failure = requiredFields(message) { return failure }
        return has(16384) ? topVia(message) : nil
    }

    private func numbers(_ message: borrowing SIPMessage) -> SanityFailure? {
        if has(32), let failure = cSeqMethod(message) { return failure }
        if has(64), let failure = cSeqNumber(message) { return failure }
        if has(128), let failure = contentLength(message) { return failure }
        return has(256) ? expires(message) : nil
    }

    private func extensions(_ message: borrowing SIPMessage) -> SanityFailure? {
        if has(512), message.has(.proxyRequire), let failure = proxyRequire(message) {
            return failure
        }
        if has(1024), let failure = parsedURIs(message) { return failure }
        if has(2048), let failure = credentials(message) { return failure }
        if has(4096), let failure = tags(message) { return failure }
        return has(8192) ? authorization(message) : nil
    }

    private func version(_ message: borrowing SIPMessage) -> SanityFailure? {
        message[message.versionRange].matches("SIP/2.0")
            ? nil : SanityFailure(status: 505, reason: "Version Not Supported (R-URI)")
    }

    private func scheme(_ message: borrowing SIPMessage) -> SanityFailure? {
        // Asked of the message, which has read it already.
        guard let uri = try? message.parsedRequestURI else {
            return SanityFailure(reason: "Bad Request URI")
        }
        guard uri.scheme == .other else { return nil }
        return SanityFailure(status: 416, reason: "Unsupported URI Scheme in Request URI")
    }

    private func requiredFields(_ message: borrowing SIPMessage) -> SanityFailure? {
        let isComplete =
            // RFC 3261 8.1.1, but for Max-Forwards, which older phones leave out.
            message.has(.to) && message.has(.from) && message.has(.cSeq) && message.has(.callID)
            && message.has(.via)
        return isComplete ? nil : SanityFailure(reason: "Bad Headers")
    }

    private func topVia(_ message: borrowing SIPMessage) -> SanityFailure? {
        (try? message.topVia) == nil ? SanityFailure(reason: "Bad Headers") : nil
    }

    private func cSeqMethod(_ message: borrowing SIPMessage) -> SanityFailure? {
        guard let cSeq = try? message.cSeq else {
            return SanityFailure(reason: "Missing method in CSeq header")
        }
        guard message[cSeq.methodRange].equals(message[message.methodRange]) else {
            return SanityFailure(reason: "CSeq method does not match request method")
        }
        return nil
    }

    private func cSeqNumber(_ message: borrowing SIPMessage) -> SanityFailure? {
        guard let value = message.header(.cSeq) else {
            return SanityFailure(reason: "Missing number in CSeq header")
        }
        var cursor = Cursor(message.bytes, in: value)
        // RFC 3261 8.1.1.5 asks for less than 2^31; Kamailio takes 32 bits, and so do phones.
        guard cursor.decimal(upTo: UInt64(UInt32.max)) != nil else {
            return SanityFailure(reason: "CSeq number is illegal")
        }
        return nil
    }

    private func contentLength(_ message: borrowing SIPMessage) -> SanityFailure? {
        guard let value = message.header(.contentLength) else { return nil }
        guard let length = message[value].decimal(upTo: UInt64(UInt32.max)) else {
            return SanityFailure(reason: "Content-Length Failure")
        }
        // Compared with the bytes that came: over UDP a cut datagram shows here.
        return Int(length) == message.bytes.count - message.body.start
            ? nil : SanityFailure(reason: "Content-Length mis-match")
    }

    private func expires(_ message: borrowing SIPMessage) -> SanityFailure? {
        message.expires == .malformed ? SanityFailure(reason: "Expires value is illegal") : nil
    }

    private func proxyRequire(_ message: borrowing SIPMessage) -> SanityFailure? {
        var unsupported = ByteWriter(capacity: 64)
        let known = supported
        let count = message.writeUnsupported(.proxyRequire, into: &unsupported) { tag in
            known.contains { tag.matches($0.span) }
        }
        guard count > 0 else { return nil }
        return SanityFailure(
            status: 420, reason: "Bad Proxy Require Extension",
            unsupported: Array(copying: unsupported.span))
    }

    // MARK: URIs and tags

    private func parsedURIs(_ message: borrowing SIPMessage) -> SanityFailure? {
        if uris & 1 != 0, Self.isMissing(try? message.parsedRequestURI) {
            return SanityFailure(reason: "Bad Request URI")
        }
        if uris & 2 != 0, Self.isMissing(try? message.fromURI) {
            return SanityFailure(reason: "Invalid From Header")
        }
        if uris & 4 != 0, Self.isMissing(try? message.toURI) {
            return SanityFailure(reason: "Invalid To Header")
        }
        return uris & 8 != 0 ? contacts(message) : nil
    }

    /// Whether a URI could not be read, or the field that should have it is not there.
    private static func isMissing(_ uri: SIPURI?) -> Bool { uri == nil }

    private func contacts(_ message: borrowing SIPMessage) -> SanityFailure? {
        var contacts = message.contacts
        do throws(SyntaxError) {
            while let contact = try contacts.next() {
                // `*` stands for all contacts and has no URI (RFC 3261 10.2.2).
                if contact.isStar { continue }
                if (try? SIPURI(parsing: message.bytes, in: contact.uri)) == nil {
                    return SanityFailure(reason: "Bad Contact URI")
                }
            }
        } catch {
            return SanityFailure(reason: "Bad Contact Header")
        }
        return nil
    }

    private func tags(_ message: borrowing SIPMessage) -> SanityFailure? {
        if tagCount(message, .from) > 1 {
            return SanityFailure(reason: "Many From Tag Params")
        }
        return tagCount(message, .to) > 1 ? SanityFailure(reason: "Many To Tag Params") : nil
    }

    private func tagCount(_ message: borrowing SIPMessage, _ name: HeaderName) -> Int {
        guard let address = try? (name == .from ? message.from : message.to) else { return 0 }
        var all = HeaderParameters(message.bytes, in: address.parameters)
        var count = 0
        while let parameter = all.next() {
            // A second tag would let two elements disagree about the dialog (RFC 3261 12).
            if message[parameter.name].matches("tag") { count += 1 }
        }
        return count
    }

    // MARK: Credentials

    /// All credentials must be of the scheme Digest and complete.
    private func credentials(_ message: borrowing SIPMessage) -> SanityFailure? {
        for name in [HeaderName.authorization, .proxyAuthorization] {
            var number = message.firstField(name)
            while let field = number {
                let value = message[message.field(field).value]
                guard DigestWords.isDigest(value) else {
                    return SanityFailure(reason: "Bad Auth Credentials")
                }
                if let failure = DigestWords(value).failure { return failure }
                number = message.nextField(after: field)
            }
        }
        return nil
    }

    /// Only Authorization, and only when its scheme is Digest.
    private func authorization(_ message: borrowing SIPMessage) -> SanityFailure? {
        guard let range = message.header(.authorization) else { return nil }
        let value = message[range]
        guard DigestWords.isDigest(value) else { return nil }
        let words = DigestWords(value)
        return words.isMalformed ? SanityFailure(reason: "Bad Auth Header") : words.failure
    }
}

/// The parameters of digest credentials that must be there (RFC 2617 3.2.2).
struct DigestWords {
    private var lengths: [String: Int] = [:]
    /// Whether something in it is no parameter.
    private(set) var isMalformed = false
    private static let needed = ["username", "realm", "nonce", "uri", "response"]

    /// Whether the scheme of credentials is Digest.
    static func isDigest(_ value: Span<UInt8>) -> Bool { value.hasPrefix(matching: "Digest ") }

    /// Reads credentials of the scheme Digest.
    init(_ value: Span<UInt8>) {
        var cursor = Cursor(value)
        cursor.advance(7)
        while !cursor.isAtEnd {
            let part = Array(copying: value.part(cursor.listPart()))
            // `a=b,,c=d`: lists may have empty parts (RFC 3261 7.3.1 by way of RFC 2616 2.1).
            if part.isEmpty { continue }
            let name = part.prefix { $0 != UInt8(ascii: "=") && $0 > 32 }
            let rest = part[name.count...].drop { $0 <= 32 }
            guard rest.first == UInt8(ascii: "="), !name.isEmpty else {
                isMalformed = true
                continue
            }
            let text = rest.dropFirst().drop { $0 <= 32 }
            let isQuoted = text.count >= 2 && text.first == 34 && text.last == 34
            // Names of parameters have no case; the value is only measured.
            let key = String(decoding: name, as: UTF8.self).lowercased()
            lengths[key] = isQuoted ? text.count - 2 : text.count
        }
    }

    /// What is missing or empty, nil for nothing.
    var failure: SanityFailure? {
        if isMalformed || Self.needed.contains(where: { lengths[$0] == nil }) {
            return SanityFailure(reason: "Bad Auth Credentials")
        }
        if lengths["username"] == 0 { return SanityFailure(reason: "Auth Empty User") }
        if lengths["nonce"] == 0 { return SanityFailure(reason: "Auth Empty Nonce") }
        return lengths["response"] == 0 ? SanityFailure(reason: "Auth Empty Response") : nil
    }
}
