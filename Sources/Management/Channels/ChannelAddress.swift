internal import Basics

/// Where a control socket is, as module parameters and kamcmd's `-s` have it.
public struct ChannelAddress: Sendable, Hashable {
    /// What kind of place it is.
    public enum Place: Sendable, Hashable {
        /// A Unix stream socket at a path.
        case unixStream(path: String)
        /// A Unix datagram socket at a path.
        case unixDatagram(path: String)
        /// UDP at a host and port.
        case udp(host: String, port: UInt16)
        /// TCP at a host and port.
        case tcp(host: String, port: UInt16)
    }
    /// The place.
    public var place: Place

    /// The port where an address names none, as kamcmd has it.
    public static let defaultPort: UInt16 = 2049

    /// An address that is known.
    public init(_ place: Place) { self.place = place }

    /// Why a text is no address.
    public struct Fault: Error, Sendable, Hashable {
        /// What is wrong, in words that follow the text.
        public var message: String
    }

    /// Reads `[unixs:|unix:|unixd:|udp:|tcp:]address`, an address being a path, or `host[:port]`
    /// with IPv6 addresses in brackets and `*` for all IPv4 addresses.
    ///
    /// Without a protocol a path with a slash is a Unix stream socket and anything else is UDP.
    public init(_ text: String) throws(Fault) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count == 2 ? String(parts[1]) : ""
        switch String(parts[0]) {
        case "unix" where parts.count == 2, "unixs" where parts.count == 2:
            place = .unixStream(path: try Self.path(rest))
        case "unixd" where parts.count == 2: place = .unixDatagram(path: try Self.path(rest))
        case "udp" where parts.count == 2:
            let (host, port) = try Self.hostAndPort(rest)
            place = .udp(host: host, port: port)
        case "tcp" where parts.count == 2:
            let (host, port) = try Self.hostAndPort(rest)
            place = .tcp(host: host, port: port)
        default:
            if text.contains("/") {
                place = .unixStream(path: try Self.path(text))
            } else {
                let (host, port) = try Self.hostAndPort(text)
                place = .udp(host: host, port: port)
            }
        }
    }

    /// The path, unless it has none or one that the system's addresses have no room for.
    static func path(_ text: String) throws(Fault) -> String {
        guard !text.isEmpty else { throw Fault(message: "has no path") }
        guard text.utf8.count <= Self.pathBytesMax else {
            throw Fault(
                message: "has a path of \(text.utf8.count) bytes; the system takes "
                    + "\(Self.pathBytesMax)")
        }
        guard !text.utf8.contains(0) else { throw Fault(message: "has a zero byte in its path") }
        return text
    }

    /// The longest path of a Unix socket, without the zero byte at its end.
    static let pathBytesMax = 107

    private static func hostAndPort(_ text: String) throws(Fault) -> (String, UInt16) {
        guard !text.isEmpty else { throw Fault(message: "has no host") }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw Fault(message: "has no ] behind its IPv6 address")
            }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard !host.isEmpty else { throw Fault(message: "has no host") }
            if rest.isEmpty { return (host, defaultPort) }
            guard rest.hasPrefix(":") else {
                throw Fault(message: "has more than a port behind its IPv6 address")
            }
            return (host, try port(rest.dropFirst()))
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw Fault(message: "has an IPv6 address without brackets, or two ports")
        }
        guard !parts[0].isEmpty else { throw Fault(message: "has no host") }
        let host = parts[0] == "*" ? "0.0.0.0" : String(parts[0])
        return (host, parts.count == 2 ? try port(parts[1]) : defaultPort)
    }

    private static func port(_ text: Substring) throws(Fault) -> UInt16 {
        guard let port = UInt16(text), text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            throw Fault(message: "has no port from 0 to 65535 but \"\(text)\"")
        }
        return port
    }

    /// The transport in the words of `ctl.listen`.
    public var transportName: String {
        switch place {
        case .unixStream: "unix_stream"
        case .unixDatagram: "unix_dgram"
        case .udp: "udp"
        case .tcp: "tcp"
        }
    }

    /// Whether the system keeps strangers out: by the mode of a file, or by being of this machine.
    public var isGuarded: Bool {
        switch place {
        case .unixStream, .unixDatagram: true
        case .udp(let host, _), .tcp(let host, _):
            host == "localhost"
                || PeerAddress(literal: host.utf8.span, port: 0)?.isLoopback ?? false
        }
    }

    /// The address as the log shows it.
    public var text: String {
        switch place {
        case .unixStream(let path): "unixs:\(path)"
        case .unixDatagram(let path): "unixd:\(path)"
        case .udp(let host, let port): "udp:\(Self.bracketed(host)):\(port)"
        case .tcp(let host, let port): "tcp:\(Self.bracketed(host)):\(port)"
        }
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }
}
