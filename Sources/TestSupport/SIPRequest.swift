/// A request as a phone receives it: read by other code than the server's.
public struct SIPRequest: Sendable, Equatable {
    /// Its method.
    public let method: String
    /// The request URI.
    public let uri: String
    /// Header lines in their order, without line ends.
    public let lines: [String]
    /// What stands behind the empty line.
    public let body: String

    /// Reads a message; nil when it is no SIP request.
    public init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        // A CRLF is one Character, so lines are cut on scalars.
        let all = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0.last == "\r" ? $0.dropLast() : $0) }
        let start = all[0].split(separator: " ")
        guard start.count == 3, start[2] == "SIP/2.0", start[0] != "SIP/2.0" else { return nil }
        method = String(start[0])
        uri = String(start[1])
        lines = Array(all.dropFirst().prefix { !$0.isEmpty })
        body = all.dropFirst(lines.count + 2).joined(separator: "\n")
    }

    /// The values of all header lines of a name, in their order.
    public func values(_ name: String) -> [String] {
        lines.compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let found = String(line[..<colon].filter { $0 != " " }).lowercased()
            guard found == name.lowercased() else { return nil }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
    }

    /// The value of the first header line of a name.
    public subscript(name: String) -> String? { values(name).first }

    /// The reply that a phone gives, with all Via fields as they came (RFC 3261 8.2.6.2).
    public func reply(_ status: Int, _ reason: String, further: [String] = []) -> String {
        var head = ["SIP/2.0 \(status) \(reason)"] + values("Via").map { "Via: \($0)" }
        for name in ["From", "To", "Call-ID", "CSeq"] {
            let isUntagged = name == "To" && !(self[name] ?? "").contains(";tag=")
            head.append("\(name): \(self[name] ?? "")\(isUntagged ? ";tag=phone" : "")")
        }
        return (head + further + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
    }
}

/// Which requests somebody has received, as UDP brings one again whose answer is slow.
struct ReceivedRequests {
    private var transactions: Set<String> = []

    /// Whether a request is not one that came before (RFC 3261 17.2.3: branch and method).
    mutating func isNew(_ request: SIPRequest) -> Bool {
        transactions.insert("\(request.method) \(request["Via"] ?? "")").inserted
    }
}
