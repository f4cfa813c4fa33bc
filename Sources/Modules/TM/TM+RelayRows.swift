internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The declarations of what sends requests on.
extension TMModule {
    private typealias Row = FunctionRow<TMModule>

    /// `t_relay` and its like.
    static var relayRows: [FunctionRow<TMModule>] {
        let codes = "1 sent on, negative when not, and then the client has its answer"
        let routes: RouteKinds = [.request, .failure]
        var rows = ["t_relay", "t_forward_nonack"].map { name in
            Row(
                name, Argument<ScriptText>.string("host").optional,
                Argument<Int>.integer("port").optional, routes: routes, returns: codes,
                "Opens a transaction and sends the request on."
            ) { (module, context, host, port) in
                guard let forced = Self.forced(host, port, nil, context) else { return -1 }
                return module.relay(context, forced)
            }
        }
        rows += Self.transports.flatMap { transport in
            ["t_relay_to_", "t_forward_nonack_"].map { prefix in
                Row(
                    "\(prefix)\(transport.name)", Argument<ScriptText>.string("host").optional,
                    Argument<Int>.integer("port").optional, routes: routes, returns: codes,
                    "The same over one transport."
                ) { (module, context, host, port) in
                    guard let forced = Self.forced(host, port, transport, context) else {
                        return -1
                    }
                    return module.relay(context, forced)
                }
            }
        }
        rows.append(
            Row(
                "t_relay_to", Argument<ScriptText>.string("proxy").optional,
                Argument<Int>.integer("flags").optional, routes: routes, returns: codes,
                "Sends on to a proxy; flags: 1 no 100, 2 no reply to errors, 4 one address only.",
                call: { (module, context, proxy, flags) in
                    module.relay(context, to: proxy, flags)
                }))
        rows.append(
            Row(
                "t_relay_to_proto", .string("proto"), Argument<ScriptText>.string("host").optional,
                Argument<Int>.integer("port").optional, routes: routes, returns: codes,
                "Sends on over a transport that is named.",
                call: { (module, context, proto, host, port) in
                    let name = context.bytes(of: proto)
                    guard let transport = TransportProtocol.named(name.span),
                        let forced = Self.forced(host, port, transport, context)
                    else { return -1 }
                    return module.relay(context, forced)
                }))
        rows.append(
            Row(
                "t_relay_to_proxy", .string("uri"), Argument<Int>.integer("flags").optional,
                routes: routes, returns: codes, "Sends on to a proxy.",
                call: { (module, context, uri: ScriptText, flags) in
                    module.relay(context, to: uri, flags)
                }))
        return rows
    }

    private static let transports: [TransportProtocol] = [.udp, .tcp, .tls, .sctp]

    /// `t_replicate` and its like.
    static var replicaRows: [FunctionRow<TMModule>] {
        var rows = ["t_replicate", "t_replicate_to"].map { name in
            Row(
                name, .string("target"), Argument<Int>.integer("port").optional,
                routes: .request, returns: "1 sent, -1 not",
                "Sends a copy of the request to a URI, or to host and port, and ignores what "
                    + "comes back."
            ) { (module, context, target, port) in
                module.replicate(context, target, port, nil)
            }
        }
        rows += Self.transports.map { transport in
            Row(
                "t_replicate_\(transport.name)", .string("target"),
                Argument<Int>.integer("port").optional, routes: .request,
                returns: "1 sent, -1 not", "The same over one transport."
            ) { (module, context, target, port) in
                module.replicate(context, target, port, transport)
            }
        }
        return rows
    }

    // MARK: Targets

    /// `t_relay_to`: the first argument is a proxy, or the flags when it is a number alone.
    private func relay(_ context: ScriptContext, to proxy: ScriptText?, _ flags: Int?) -> Int {
        guard let proxy else { return relay(context, .none, RelayFlags(rawValue: flags ?? 0)) }
        let text = context.string(proxy)
        if flags == nil, let number = ScriptNumber.parse(text) {
            return relay(context, .none, RelayFlags(rawValue: number))
        }
        guard let forced = Self.forced(proxy: text) else { return -1 }
        return relay(context, forced, RelayFlags(rawValue: flags ?? 0))
    }

    /// A destination of host and port; nil when they are none.
    static func forced(
        _ host: ScriptText?, _ port: Int?, _ transport: TransportProtocol?,
        _ context: ScriptContext
    ) -> ForcedHop? {
        guard let host else { return ForcedHop(uri: nil, transport: transport) }
        return forced(host: context.string(host), port, transport)
    }

    /// The destination that a host, a port and a transport name together, written as a URI so that
    /// it
    /// is looked up like any other (RFC 3263 4); nil when the text is no host.
    private static func forced(
        host: String, _ port: Int?, _ transport: TransportProtocol?
    ) -> ForcedHop? {
        var text = host.hasPrefix("sip:") || host.hasPrefix("sips:") ? host : "sip:\(host)"
        if let port {
            guard (1...65_535).contains(port) else { return nil }
            text += ":\(port)"
        }
        if let transport, transport != .udp { text += ";transport=\(transport.name)" }
        let bytes = Array(text.utf8)
        guard (try? SIPURI(parsing: bytes.span)) != nil else { return nil }
        return ForcedHop(uri: bytes, transport: transport)
    }

    /// A proxy as Kamailio writes it: a URI, `tcp:host:port`, or `host:port`.
    static func forced(proxy text: String) -> ForcedHop? {
        for transport in transports where text.lowercased().hasPrefix("\(transport.name):") {
            let host = String(text.dropFirst("\(transport.name):".count))
            return forced(host: host, nil, transport)
        }
        return forced(host: text, nil, nil)
    }
}
