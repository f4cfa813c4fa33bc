internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The variables of routing, identities, sockets, flags and times.
extension PVModule {
    /// Where a request goes and what it asks for.
    static var routing: [VariableRow<PVModule>] {
        [
            VariableRow("dP", "Transport of the destination URI.") {
                Read.destinationTransport($0)
            },
            VariableRow("op", "Port of the request URI as it was received.") {
                Read.originalPort($0)
            },
            VariableRow("oP", "Transport of the request URI as it was received.") {
                Read.originalTransport($0)
            },
            VariableRow(
                "nh", inner: .required, "The next hop: u URI, U user, d host, p port, P transport.",
                access: { (reference) throws(ArgumentError) in
                    try reference.refuseIndex()
                    let field = try reference.word(NextHopField.self)
                    return VariableAccess { Read.nextHop($0, field) }
                }),
            VariableRow("rUl", "Bytes of $rU.") { Read.length(Read.requestPart($0, .user), $0) },
            VariableRow("oUl", "Bytes of $oU.") { Read.length(Read.originalPart($0, .user), $0) },
            VariableRow("fUl", "Bytes of $fU.") {
                Read.length(Read.uriPart($0, .from, .user), $0)
            },
            VariableRow("tUl", "Bytes of $tU.") { Read.length(Read.uriPart($0, .to, .user), $0) },
            VariableRow(
                "expires", inner: .required, "The shortest or longest life asked for: min, max.",
                access: { (reference) throws(ArgumentError) in
                    let isLongest = try reference.word(ExpiresField.self) == .max
                    return VariableAccess { Read.expires($0, longest: isLongest) }
                }),
            VariableRow("route_uri", "URI of the first Route.") { Read.routeURI($0) },
            VariableRow("rsi", "Status of a reply as a number, 0 in a request.") {
                Read.statusNumber($0)
            },
            VariableRow("rmid", "Number of the method.") { Read.methodNumber($0) },
            VariableRow("mts", "rq for a request, rp for a reply.") { context in
                let isRequest = context.message.kind == .request
                return .text(context.compose { $0.append(isRequest ? "rq" : "rp") })
            },
            VariableRow(
                "msg", inner: .required, "A part of the message: len, buf, body, hdrs, fline, …",
                access: { (reference) throws(ArgumentError) in
                    try reference.refuseIndex()
                    let part = try reference.word(MessagePart.self)
                    return VariableAccess { part.read($0) }
                }),
        ]
    }

    /// What `$expires(name)` takes.
    private enum ExpiresField: String, CaseIterable {
        case min, max
    }

    /// Header fields that name somebody.
    static var identities: [VariableRow<PVModule>] {
        let rows: [(String, StaticString, IdentityVariable.Part, String)] = [
            ("ai", "P-Asserted-Identity", .uri, "URI of P-Asserted-Identity."),
            ("pu", "P-Preferred-Identity", .uri, "URI of P-Preferred-Identity."),
            ("pU", "P-Preferred-Identity", .user, "User of P-Preferred-Identity."),
            ("pd", "P-Preferred-Identity", .host, "Host of P-Preferred-Identity."),
            (
                "pn", "P-Preferred-Identity", .displayName,
                "Display name of P-Preferred-Identity."
            ),
            ("di", "Diversion", .uri, "URI of Diversion."),
            ("dir", "Diversion", .parameter("reason"), "Parameter reason of Diversion."),
            ("dip", "Diversion", .parameter("privacy"), "Parameter privacy of Diversion."),
            ("dic", "Diversion", .parameter("counter"), "Parameter counter of Diversion."),
            ("re", "Remote-Party-ID", .uri, "URI of Remote-Party-ID."),
            ("rt", "Refer-To", .uri, "URI of Refer-To."),
        ]
        return rows.map { name, field, part, summary in
            VariableRow(name, summary, read: IdentityVariable.read(field, part))
        }
    }

    /// Sockets.
    static var sockets: [VariableRow<PVModule>] {
        let plain: [(String, String, @Sendable (ScriptContext) -> ScriptValue)] = [
            ("RAi", "Advertised address of $Ri.", SocketVariable.advertisedHost),
            ("RAp", "Advertised port of $Rp.", SocketVariable.advertisedPort),
            (
                "RAu", "The receiving socket as advertised, as a URI.",
                SocketVariable.uri(advertised: true, full: false)
            ),
            (
                "RAut", "The same, always with its transport.",
                SocketVariable.uri(advertised: true, full: true)
            ),
            (
                "Ru", "The receiving socket as a URI.",
                SocketVariable.uri(advertised: false, full: false)
            ),
            (
                "Rut", "The same, always with its transport.",
                SocketVariable.uri(advertised: false, full: true)
            ),
            ("sut", "The source as a URI, with its transport.", SocketVariable.fullSourceURI),
            ("sas", "The source as transport:address:port.", SocketVariable.sourceSocket),
            ("siz", "The source address, IPv6 in brackets.", SocketVariable.bracketedSource),
            ("fsp", "Port of the socket to send from, 0 for none.", SocketVariable.forcedPort),
        ]
        return plain.map { VariableRow($0, $1, read: $2) } + [
            VariableRow(
                "fs", isWritable: true, "The socket to send from: transport:address:port.",
                access: { _ in SocketVariable.forced }),
            VariableRow("prid", "Number of the transport: 1 UDP, 2 TCP, 3 TLS, …") {
                .integer(Int($0.origin.transport.rawValue))
            },
            VariableRow(
                "rcv", inner: .required, "What was received: buf, len, srcip, rcvip, …",
                access: { (reference) throws(ArgumentError) in
                    let field = try reference.word(ReceivedField.self)
                    return VariableAccess { field.read($0) }
                }),
            sending("snd", isTarget: true), sending("sndto", isTarget: true),
            sending("sndfrom", isTarget: false),
        ]
    }

    private static func sending(_ name: String, isTarget: Bool) -> VariableRow<PVModule> {
        VariableRow(
            name, inner: .required,
            isTarget
                ? "Where a request is being sent; null outside onsend_route."
                : "The socket that a request is being sent from; null outside onsend_route.",
            access: { (reference) throws(ArgumentError) in
                let field = try reference.word(SendField.self)
                return VariableAccess { field.read($0, isTarget: isTarget) }
            })
    }

    /// Flags: each is a bit, so that flag 3 is 8.
    static var flags: [VariableRow<PVModule>] {
        [
            flagRow("mf", "The message flags as a number.", false, { $0.flags }) {
                $0.flags = $1
            },
            flagRow("mF", "The message flags in hexadecimal.", true, { $0.flags }) {
                $0.flags = $1
            },
            flagRow("bf", "The branch flags as a number.", false, { $0.branchFlags }) {
                $0.branchFlags = $1
            },
            flagRow("bF", "The branch flags in hexadecimal.", true, { $0.branchFlags }) {
                $0.branchFlags = $1
            },
            VariableRow(
                "Mf", inner: .required, isWritable: true, "One message flag, 1 when it is set.",
                access: { (reference) throws(ArgumentError) in
                    try FlagVariable.bit(reference, { $0.flags }) { $0.flags = $1 }
                }),
            VariableRow(
                "Bf", inner: .required, isWritable: true, "One branch flag, 1 when it is set.",
                access: { (reference) throws(ArgumentError) in
                    try FlagVariable.bit(reference, { $0.branchFlags }) { $0.branchFlags = $1 }
                }),
        ]
    }

    private static func flagRow(
        _ name: String, _ summary: String, _ hexadecimal: Bool,
        _ read: @escaping @Sendable (ScriptContext) -> UInt32,
        _ write: @escaping @Sendable (ScriptContext, UInt32) -> Void
    ) -> VariableRow<PVModule> {
        VariableRow(
            name, isWritable: true, summary,
            access: { _ in FlagVariable.access(hexadecimal: hexadecimal, read, write) })
    }

    /// Times.
    static var times: [VariableRow<PVModule>] {
        [
            VariableRow("TS", "Time of now in seconds since 1970.") { _ in
                .integer(SystemClock.wall().seconds)
            },
            VariableRow("Tb", "Time of the start in seconds since 1970.") {
                .integer($0.services.startedAt.seconds)
            },
            VariableRow("Tf", "Time of the message as text.") {
                TimeVariable.readable($0, $0.now.seconds)
            },
            VariableRow("TF", "Time of now as text.") {
                TimeVariable.readable($0, SystemClock.wall().seconds)
            },
            VariableRow(
                "TV", inner: .required, "Time with microseconds: s, u, sn, un, Sn.",
                check: { (reference) throws(ArgumentError) in
                    _ = try reference.word(PreciseTime.self)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let part = try reference.word(PreciseTime.self)
                    return VariableAccess { part.read($0, module.workspace($0)) }
                }),
            clock("time", isUTC: false, "A part of the local time: sec, min, hour, mday, …"),
            clock("utime", isUTC: true, "A part of the time in UTC."),
            formatted("timef", isUTC: false, "The local time in a format of strftime."),
            formatted("utimef", isUTC: true, "The time in UTC in a format of strftime."),
        ]
    }

    private static func clock(
        _ name: String, isUTC: Bool, _ summary: String
    ) -> VariableRow<PVModule> {
        VariableRow(
            name, inner: .required, summary,
            access: { (reference) throws(ArgumentError) in
                try TimeVariable.field(reference, isUTC: isUTC)
            })
    }

    private static func formatted(
        _ name: String, isUTC: Bool, _ summary: String
    ) -> VariableRow<PVModule> {
        VariableRow(
            name, inner: .required, summary,
            access: { (reference) throws(ArgumentError) in
                try TimeVariable.formatted(reference, isUTC: isUTC)
            })
    }

    /// Values that depend on no message.
    static var constants: [VariableRow<PVModule>] {
        [
            VariableRow("mi", "Number of the message in its worker.") {
                .integer(Int(clamping: $0.messageNumber))
            },
            VariableRow("sid", "Core parameter server_id.") { .integer($0.serverID) },
            VariableRow(
                "K", inner: .required, "Number of IPv4, IPv6, UDP, TCP, TLS, SCTP, WS or WSS.",
                access: { (reference) throws(ArgumentError) in
                    let number = try reference.word(ProtocolConstant.self).number
                    return VariableAccess { _ in .integer(number) }
                }),
            VariableRow(
                "version", inner: .required, "This server: num, full.",
                access: { (reference) throws(ArgumentError) in
                    let text = try reference.word(VersionField.self).text
                    return VariableAccess { _ in .text(.owned(text)) }
                }),
            VariableRow(
                "_s", inner: .required, accepts: .dynamicInner,
                "The text in parentheses with its pseudo-variables expanded.",
                access: { reference in
                    let constant = ScriptValue.string(reference.inner ?? "")
                    guard let read = reference.dynamicInner else {
                        return VariableAccess { _ in constant }
                    }
                    return VariableAccess { context in
                        let value = read(context)
                        if case .null = value { return .string("<null>") }
                        return context.text(value).map { .text($0) } ?? .null
                    }
                }),
        ]
    }

    /// What `$version(name)` takes.
    private enum VersionField: String, CaseIterable {
        case num, full

        /// The text, made once.
        var text: [UInt8] {
            let number = ProductVersion.number
            return Array((self == .num ? number : ProductVersion.banner).utf8)
        }
    }
}
