internal import Basics
internal import Digest
internal import Publications
internal import SIPSyntax

/// Answers challenges (RFC 3261 22, RFC 7616 3.4, RFC 8760).
enum PUADigest {
    /// One challenge, taken apart.
    struct Challenge {
        /// What it names, by name in lower case; quotes are taken off.
        var parameters: [String: [UInt8]] = [:]

        /// Reads the value of a field; nil when it is no Digest.
        init?(_ text: [UInt8]) {
            guard text.count <= Limits.challengeBytesMax else { return nil }
            let span = text.span
            var cursor = Cursor(span)
            cursor.skip(.digestSpace)
            guard span.part(cursor.run(of: .digestToken)).matches("digest") else { return nil }
            while !cursor.isAtEnd {
                cursor.skip(.digestSeparator)
                let name = cursor.run(of: .digestToken)
                guard !name.isEmpty else { break }
                cursor.skip(.digestSpace)
                guard cursor.take(UInt8(ascii: "=")) else { return nil }
                cursor.skip(.digestSpace)
                guard let value = Self.value(&cursor) else { return nil }
                let key = String(copying: span.part(name)).lowercased()
                if parameters[key] == nil { parameters[key] = value }
            }
        }

        /// A value, without its quotes and with the pairs within them resolved.
        @_lifetime(cursor: copy cursor)
        private static func value(_ cursor: inout Cursor) -> [UInt8]? {
            guard cursor.take(UInt8(ascii: "\"")) else {
                return Array(copying: cursor.bytes.part(cursor.run(of: .digestToken)))
            }
            var value: [UInt8] = []
            while let byte = cursor.current {
                cursor.advance()
                if byte == UInt8(ascii: "\"") { return value }
                guard byte == UInt8(ascii: "\\") else {
                    value.append(byte)
                    continue
                }
                guard let next = cursor.current else { return nil }
                value.append(next)
                cursor.advance()
            }
            return nil
        }

        /// The algorithm; nil when it is none of ours.
        var algorithm: (digest: DigestAlgorithm, isSession: Bool)? {
            let name = parameters["algorithm"].map { String(decoding: $0, as: UTF8.self) }
            switch (name ?? "MD5").uppercased() {
            case "MD5": return (.md5, false)
            case "MD5-SESS": return (.md5, true)
            case "SHA-256": return (.sha256, false)
            case "SHA-256-SESS": return (.sha256, true)
            default: return nil
            }
        }

        /// The quality of protection that is taken; nil without one (RFC 2069), empty when none
        /// can be had.
        var protection: String? {
            guard let qop = parameters["qop"] else { return nil }
            let offered = String(decoding: qop, as: UTF8.self).lowercased().split {
                $0 == "," || $0 == " "
            }
            if offered.contains("auth") { return "auth" }
            return offered.contains("auth-int") ? "auth-int" : ""
        }

        /// Whether the nonce is only too old.
        var isStale: Bool {
            parameters["stale"].map { $0.span.matches("true") } ?? false
        }
    }

    /// The header lines that answer a challenge; nil when nothing fits.
    static func answer(_ asked: PUAChallenge) -> [UInt8]? {
        var best: [(isProxy: Bool, challenge: Challenge, credentials: PUACredentials)] = []
        for value in asked.values.prefix(Limits.challengesMax) {
            guard let challenge = Challenge(value.text), let realm = challenge.parameters["realm"],
                challenge.parameters["nonce"] != nil, let algorithm = challenge.algorithm,
                challenge.protection != "", !asked.isRepeated || challenge.isStale,
                let credentials = asked.credentials.first(where: {
                    $0.realm == realm || $0.realm.isEmpty
                })
            else { continue }
            // Of several for one realm the strongest is answered (RFC 8760 2.4).
            if let place = best.firstIndex(where: {
                $0.isProxy == value.isProxy && $0.challenge.parameters["realm"] == realm
            }) {
                guard algorithm.digest == .sha256,
                    best[place].challenge.algorithm?.digest == .md5
                else { continue }
                best[place].challenge = challenge
            } else {
                best.append((value.isProxy, challenge, credentials))
            }
        }
        guard !best.isEmpty else { return nil }
        var writer = ByteWriter(capacity: 512)
        for entry in best {
            write(asked, entry.challenge, entry.credentials, entry.isProxy, into: &writer)
        }
        return Array(copying: writer.span)
    }

    private static func write(
        _ asked: PUAChallenge, _ challenge: Challenge, _ credentials: PUACredentials,
        _ isProxy: Bool, into writer: inout ByteWriter
    ) {
        let realm = challenge.parameters["realm"] ?? []
        let nonce = challenge.parameters["nonce"] ?? []
        writer.append(isProxy ? "Proxy-Authorization: Digest " : "Authorization: Digest ")
        quoted("username", credentials.user, into: &writer)
        writer.append(", ")
        quoted("realm", realm, into: &writer)
        writer.append(", ")
        quoted("nonce", nonce, into: &writer)
        writer.append(", ")
        quoted("uri", asked.uri, into: &writer)
        writer.append(", ")
        quoted(
            "response", response(asked, challenge, credentials, realm, nonce), into: &writer)
        if let name = challenge.parameters["algorithm"] {
            writer.append(", algorithm=")
            writer.append(name)
        }
        if let opaque = challenge.parameters["opaque"] {
            writer.append(", ")
            quoted("opaque", opaque, into: &writer)
        }
        if let protection = challenge.protection {
            writer.append(", qop=\(protection), nc=00000001, ")
            quoted("cnonce", asked.clientNonce, into: &writer)
        }
        writer.append("\r\n")
    }

    /// RFC 7616 3.4.1 to 3.4.3.
    private static func response(
        _ asked: PUAChallenge, _ challenge: Challenge, _ credentials: PUACredentials,
        _ realm: [UInt8], _ nonce: [UInt8]
    ) -> [UInt8] {
        let (digest, isSession) = challenge.algorithm ?? (.md5, false)
        var secret = hash(digest, [credentials.user, realm, credentials.password])
        if isSession { secret = hash(digest, [secret, nonce, asked.clientNonce]) }
        let protection = challenge.protection
        var request = [asked.method, asked.uri]
        if protection == "auth-int" { request.append(hash(digest, [asked.body])) }
        let second = hash(digest, request)
        guard let protection else { return hash(digest, [secret, nonce, second]) }
        return hash(
            digest,
            [
                secret, nonce, Array("00000001".utf8), asked.clientNonce,
                Array(protection.utf8), second,
            ])
    }

    /// The digest of texts with colons between them, in hexadecimal.
    private static func hash(_ digest: DigestAlgorithm, _ parts: [[UInt8]]) -> [UInt8] {
        let text = Array(parts.joined(separator: [UInt8(ascii: ":")]))
        var writer = ByteWriter(capacity: 64)
        digest.writeHexadecimal(text.span, to: &writer)
        return Array(copying: writer.span)
    }

    private static func quoted(
        _ name: StaticString, _ value: [UInt8], into writer: inout ByteWriter
    ) {
        writer.append(name)
        writer.append("=\"")
        for byte in value where byte >= 32 && byte != 127 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                writer.append(UInt8(ascii: "\\"))
            }
            writer.append(byte)
        }
        writer.append(UInt8(ascii: "\""))
    }
}

extension ByteSet {
    /// Bytes of names and values without quotes.
    fileprivate static let digestToken = ByteSet(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~/")
    /// White space, line ends of folded fields included.
    fileprivate static let digestSpace = ByteSet(" \t\r\n")
    /// What stands between parameters.
    fileprivate static let digestSeparator = ByteSet(" \t\r\n,")
}
