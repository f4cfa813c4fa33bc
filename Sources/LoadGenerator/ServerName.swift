/// Host and port as the user typed them; not yet resolved.
public struct ServerName: Sendable, Equatable, CustomStringConvertible {
    /// Host name or address, without the brackets of an IPv6 reference.
    public let host: String
    /// Port, 1 to 65535.
    public let port: UInt16

    /// A host and a port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host`, `host:port`, `[address]` or `[address]:port`; the port is 5060 when absent.
    public init(_ text: String) throws(LoadError) {
        let wanted = LoadError(.badPlan, "'\(text)' is no HOST:PORT, such as 127.0.0.1:5060")
        var rest = text[...]
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw wanted }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
        }
        guard !host.isEmpty else { throw wanted }
        if rest.isEmpty {
            port = 5060
            return
        }
        let digits = rest.dropFirst()
        // The conversion would take a sign.
        guard rest.first == ":", digits.first != "+", let number = UInt16(digits), number > 0 else {
            throw wanted
        }
        port = number
    }

    /// Host and port as they are typed.
    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
