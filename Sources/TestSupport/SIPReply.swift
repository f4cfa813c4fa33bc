/// A reply as a test looks at it: read by other code than the server's, so that both do not share
/// a mistake.
public struct SIPReply: Sendable, Equatable {
    /// One binding of a Contact header field.
    public struct Contact: Sendable, Equatable {
        /// The URI between the angle brackets.
        public let uri: String
        /// The parameters behind them, names in lower case.
        public let parameters: [String: String]
        /// Seconds it still lives.
        public var expires: Int? { parameters["expires"].flatMap { Int($0) } }
        /// Its priority.
        public var q: String? { parameters["q"] }
    }

    /// Status code.
    public let status: Int
    /// The words behind it.
    public let reason: String
    /// Header fields in their order, names in lower case and in full.
    public let fields: [(name: String, value: String)]
    /// The whole message.
    public let text: String

    /// Reads a message; nil when it is no SIP reply.
    public init?(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        // A CRLF is one Character, so lines are cut on scalars.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0.last == "\r" ? $0.dropLast() : $0) }
        let start = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard start.count == 3, start[0] == "SIP/2.0", let status = Int(start[1]) else {
            return nil
        }
        self.status = status
        reason = String(start[2])
        fields = lines.dropFirst().prefix { !$0.isEmpty }.compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = Self.trimmed(line[..<colon]).lowercased()
            return (Self.names[name] ?? name, Self.trimmed(line[line.index(after: colon)...]))
        }
    }

    /// The first header field of a name, in full and in lower case.
    public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The bindings that it lists, in their order.
    public var contacts: [Contact] {
        fields.filter { $0.name == "contact" }.flatMap { Self.split($0.value, at: ",") }
            .map(Self.contact)
    }

    /// The URIs of the bindings that it lists, in their order.
    public var uris: [String] { contacts.map(\.uri) }

    /// Equal when every byte is.
    public static func == (left: SIPReply, right: SIPReply) -> Bool { left.text == right.text }

    // MARK: Private

    /// The full names of compact forms (RFC 3261 7.3.3) that the server may use.
    private static let names = [
        "m": "contact", "v": "via", "i": "call-id", "f": "from", "t": "to", "l": "content-length",
        "k": "supported", "c": "content-type",
    ]

    /// One binding: an address in angle brackets and the parameters behind them (RFC 3261 20.10).
    private static func contact(_ text: String) -> Contact {
        var uri = ""
        var rest = Substring(text)
        if let open = text.firstIndex(of: "<"), let close = text.firstIndex(of: ">"), open < close {
            uri = String(text[text.index(after: open)..<close])
            rest = text[text.index(after: close)...]
        }
        var parameters: [String: String] = [:]
        for part in split(String(rest), at: ";") where !part.isEmpty {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { trimmed($0) }
            parameters[pair[0].lowercased()] = pair.count > 1 ? pair[1] : ""
        }
        return Contact(uri: uri, parameters: parameters)
    }

    /// Cuts at a divider that stands neither in quotes nor in angle brackets.
    private static func split(_ text: String, at divider: Character) -> [String] {
        var parts = [""]
        var isQuoted = false
        var isBracketed = false
        for letter in text {
            switch letter {
            case "\"": isQuoted.toggle()
            case "<": isBracketed = true
            case ">": isBracketed = false
            default: break
            }
            if letter == divider, !isQuoted, !isBracketed {
                parts.append("")
            } else {
                parts[parts.count - 1].append(letter)
            }
        }
        return parts.map { trimmed($0[...]) }
    }

    /// The text without spaces and tabs at its ends.
    private static func trimmed(_ text: Substring) -> String {
        let head = text.drop { $0 == " " || $0 == "\t" }
        return String(head.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
