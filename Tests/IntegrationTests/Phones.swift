import JSONValue
import TestSupport

/// What phones send beside REGISTER.
extension SIPClient {
    /// A request to a URI from this phone, with a branch of its own.
    func request(
        _ method: String, _ uri: String, callID: String, further: [String] = [], body: String = "",
        maxForwards: Int = 70
    ) -> String {
        let transport = socket.kind == .stream ? "TCP" : "UDP"
        let lines =
            [
                "\(method) \(uri) SIP/2.0",
                "Via: SIP/2.0/\(transport) 127.0.0.1:\(socket.localPort)"
                    + ";branch=z9hG4bK-\(callID.filter { $0 != "@" });rport",
                "Max-Forwards: \(maxForwards)", "From: <sip:caller@example.com>;tag=caller",
                "To: <\(uri)>", "Call-ID: \(callID)", "CSeq: 1 \(method)",
            ] + further + ["Content-Length: \(body.utf8.count)", "", body]
        return lines.joined(separator: "\r\n")
    }

    /// The final reply to a request that another phone answers.
    func answer(to callID: String, seconds: Double = 10) -> SIPReply? {
        var found: SIPReply?
        _ = eventually(within: seconds) {
            guard let reply = reply(seconds: 0.2) else { return false }
            if reply["call-id"] == callID, reply.status >= 200 { found = reply }
            return found != nil
        }
        return found
    }

    /// Where the server sees this phone, as `Received` shows it.
    var seen: String {
        "sip:127.0.0.1:\(socket.localPort)\(socket.kind == .stream ? ";transport=tcp" : "")"
    }
}

extension ServerProcess {
    /// The only binding of an AoR.
    func contact(of aor: String) throws -> JSONValue? {
        let found = try contacts(of: aor)
        return found.count == 1 ? found[0] : nil
    }

    /// How often a line with a text stands in the log.
    func logged(_ text: String) -> Int {
        log.split(separator: "\n").count { $0.contains(text) }
    }
}
