internal import Basics
internal import Core
internal import ModuleKit
internal import Resolution

/// The core parameters about names, in the words of the layer below.
extension NameServerClient.Settings {
    /// Whom to ask, and how long.
    init(_ parameters: Core.Parameters) throws(StartFailure) {
        self.init()
        for text in parameters.nameServers.split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let address = Self.server(text) else {
                throw StartFailure("dns_servers: \"\(text)\" is no address, or has no right port")
            }
            servers.append(address)
        }
        if parameters.nameServersMax > 0 { serversMax = parameters.nameServersMax }
        if parameters.nameServerSeconds > 0 {
            attemptMilliseconds = parameters.nameServerSeconds * 1_000
        }
        if parameters.nameServerAttempts > 0 { attempts = parameters.nameServerAttempts }
        usesSearchList = parameters.usesSearchList
    }

    /// An address with or without a port; IPv6 with a port in brackets.
    private static func server(_ text: Substring) -> PeerAddress? {
        let bytes = Array(text.utf8)
        if let address = PeerAddress(literal: bytes.span, port: 53) { return address }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        let host = Array(text[..<colon].utf8)
        return PeerAddress(literal: host.span, port: port)
    }
}

extension AnswerCache.Settings {
    /// How long answers are kept.
    init(_ parameters: Core.Parameters) {
        self.init()
        isEnabled = parameters.keepsAnswers
        secondsMin = parameters.answerSecondsMin
        secondsMax = parameters.answerSecondsMax
        negativeSecondsMax = parameters.negativeSecondsMax
    }
}

extension SearchSettings {
    /// What the server reaches with its sockets, and what it likes.
    init(_ parameters: Core.Parameters, _ sockets: [ListeningSocket]) {
        var allowed = AddressFamilies.both
        // Both bits at once would leave nothing; Kamailio lets IPv4 win.
        if parameters.answerFlags & 2 != 0 { allowed = .ipv6 }
        if parameters.answerFlags & 1 != 0 { allowed = .ipv4 }
        var reach = Reach()
        for socket in sockets {
            let family = AddressFamilies(socket.address).intersection(allowed)
            switch socket.transport {
            case .udp: reach.udp.formUnion(family)
            case .tcp: reach.tcp.formUnion(family)
            case .tls: reach.tls.formUnion(family)
            // Connections of these are opened by the others only.
            case .sctp, .ws, .wss: break
            }
        }
        self.init(reach: reach)
        triesIPv6 = parameters.triesIPv6
        prefersIPv6 = parameters.answerFlags & 4 != 0
        triesPointers = parameters.triesPointers
        ignoresPointerOrder = parameters.ignoresPointerOrder
        balancesServices = parameters.balancesServices
        udpLiking = parameters.udpLiking
        tcpLiking = parameters.tcpLiking
        tlsLiking = parameters.tlsLiking
    }
}

extension AddressFamilies {
    /// The family of one address.
    fileprivate init(_ address: PeerAddress) { self = address.isIPv6 ? .ipv6 : .ipv4 }
}
