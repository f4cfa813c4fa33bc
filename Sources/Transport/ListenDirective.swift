public import Basics

/// One address to listen on, as a configuration names it.
public struct ListenDirective: Sendable, Hashable {
    /// On what.
    public var transport: TransportProtocol
    /// An IPv4 or IPv6 address (without brackets), a host name, the name of a network interface, or
    /// `*` for all addresses of all interfaces.
    public var host: String
    /// The port; 0 lets the system choose one.
    public var port: UInt16
    /// Host and port to show to others instead.
    public var advertised: String?

    /// An address to listen on.
    public init(
        transport: TransportProtocol, host: String, port: UInt16, advertised: String? = nil
    ) {
        self.transport = transport
        self.host = host
        self.port = port
        self.advertised = advertised
    }

    /// `udp:127.0.0.1:5060`, `tcp:[::1]:5060`.
    public var text: String {
        "\(transport.name):" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }

    /// Reads `[proto:]host[:port]`, as `listen` and the option `-l` have it.
    ///
    /// Without a protocol it stands for UDP and TCP; without a port, for `defaultPort`. IPv6
    /// addresses stand in brackets.
    public static func parse(
        _ text: String, defaultPort: UInt16 = 5060, advertised: String? = nil
    ) throws(BindError) -> [ListenDirective] {
        var rest = Substring(text)
        var transports: [TransportProtocol] = [.udp, .tcp]
        for transport in TransportProtocol.allCases {
            let prefix = "\(transport.name):"
            guard rest.lowercased().hasPrefix(prefix) else { continue }
            transports = [transport]
            rest = rest.dropFirst(prefix.count)
            break
        }
        // A host called `udp` could not be named; neither can it in a Kamailio configuration.
        let host = try host(of: &rest, in: text)
        let port = rest.isEmpty ? defaultPort : UInt16(rest.dropFirst())
        guard let port, rest.isEmpty || rest.hasPrefix(":"), rest != ":" else {
            throw BindError(.syntax, directive: text, reason: "the port is no number up to 65535")
        }
        return transports.map {
            ListenDirective(transport: $0, host: host, port: port, advertised: advertised)
        }
    }

    /// Takes the host off the front of `rest`.
    private static func host(
        of rest: inout Substring, in text: String
    ) throws(BindError) -> String {
        var host: Substring
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else {
                throw BindError(.syntax, directive: text, reason: "the closing bracket is missing")
            }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest[host.endIndex...]
        }
        guard !host.isEmpty else {
            throw BindError(.syntax, directive: text, reason: "the host is missing")
        }
        return String(host)
    }
}
