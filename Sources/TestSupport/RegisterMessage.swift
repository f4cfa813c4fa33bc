/// A REGISTER as a phone writes it.
public struct RegisterMessage: Sendable {
    /// User part of the address-of-record.
    public var user: String
    /// Its domain.
    public var domain = "example.com"
    /// Values of the Contact header field, `<sip:...>;expires=60` or `*`; none asks for a list.
    public var contacts: [String]
    /// The Call-ID, which stays the same for all registrations of one phone.
    public var callID: String
    /// The number in CSeq.
    public var cseq: Int
    /// The Expires header field, nil for none.
    public var expires: Int?
    /// Further header lines, without line ends.
    public var further: [String] = []

    /// A registration of `contact`, a URI.
    public init(
        _ user: String, _ contact: String? = nil, expires: Int? = 3600, callID: String? = nil,
        cseq: Int = 1
    ) {
        self.user = user
        contacts = contact.map { ["<\($0)>"] } ?? []
        self.expires = expires
        self.callID = callID ?? "\(user)-phone@test"
        self.cseq = cseq
    }

    /// The request with a Via for the socket that it leaves by.
    public func text(from socket: ClientSocket) -> String {
        let transport = socket.kind == .stream ? "TCP" : "UDP"
        let host = socket.isIPv6 ? "[::1]" : "127.0.0.1"
        // The branch names the transaction: it is new for each CSeq and the same when sent again.
        let branch = "z9hG4bK-\(callID.hashValue.magnitude)-\(cseq)"
        var lines = [
            "REGISTER sip:\(domain) SIP/2.0",
            "Via: SIP/2.0/\(transport) \(host):\(socket.localPort);branch=\(branch);rport",
            "Max-Forwards: 70",
            "From: <sip:\(user)@\(domain)>;tag=\(user.hashValue.magnitude)",
            "To: <sip:\(user)@\(domain)>",
            "Call-ID: \(callID)",
            "CSeq: \(cseq) REGISTER",
        ]
        lines += contacts.map { "Contact: \($0)" }
        if let expires { lines.append("Expires: \(expires)") }
        lines += further + ["Content-Length: 0", "", ""]
        return lines.joined(separator: "\r\n")
    }
}
