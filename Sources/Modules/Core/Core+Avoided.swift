internal import Basics
internal import JSONValue
internal import ModuleKit

/// Destinations that have failed and are left alone for a while: parameters and commands.
extension Core {
    /// Whether there are any, and for how long.
    static let avoidance: [ParameterRow<Parameters>] = [
        ParameterRow(
            "use_dst_blocklist", \.avoidsDestinations,
            "Whether destinations that have failed are left alone for a while",
            runtime: .changeable),
        ParameterRow(
            "dst_blocklist_expire", \.avoidedSeconds, 1...86_400,
            "Seconds for which a destination that has failed is left alone",
            runtime: .changeable),
    ]

    private static let row = Schema.object(
        [
            .init("protocol", .string), .init("ip", .string), .init("port", .integer),
            .init("expires", .integer), .init("flags", .integer),
        ], others: nil)

    private static let example: JSONValue = [
        "protocol": "tcp", "ip": "192.0.2.1", "port": 5_060, "expires": 41, "flags": 2,
    ]

    /// The rows of commands about them.
    static let avoidedDestinations: [MethodRow<Core>] = [
        MethodRow(
            "dst_blocklist.view", result: .array(row),
            "Lists the destinations that are left alone; flags: 2 unreachable, 16 silent, "
                + "32 overloaded, others as an operator has given them",
            example: RPCExample([], [example])
        ) { (core, _) throws(RPCError) in
            .value(
                .array(
                    try core.avoided().avoided.map { one in
                        [
                            "protocol": .string("\(one.destination.transport.name)"),
                            "ip": .string(one.destination.source.hostText),
                            "port": .integer(Int64(one.destination.source.port)),
                            "expires": .integer(Int64(one.secondsLeft)),
                            "flags": .integer(Int64(one.reason)),
                        ]
                    }))
        },
        MethodRow(
            "dst_blocklist.debug", result: .array(.oneOf([.string, .integer])),
            "Lists the same as one flat list: protocol, address, port, seconds left, flags",
            example: RPCExample([], ["tcp", "192.0.2.1", 5_060, 41, 2])
        ) { (core, _) throws(RPCError) in
            .value(
                .array(
                    try core.avoided().avoided.flatMap { one -> [JSONValue] in
                        [
                            .string("\(one.destination.transport.name)"),
                            .string(one.destination.source.hostText),
                            .integer(Int64(one.destination.source.port)),
                            .integer(Int64(one.secondsLeft)), .integer(Int64(one.reason)),
                        ]
                    }))
        },
        MethodRow(
            "dst_blocklist.mem_info", result: .array(.integer),
            "Shows how many destinations are kept, and how many may be",
            example: RPCExample([], [1, 16_384])
        ) { (core, _) throws(RPCError) in
            let count = try core.avoided().avoidedCount
            return .value([.integer(Int64(count.used)), .integer(Int64(count.most))])
        },
        MethodRow(
            "dst_blocklist.delete_all", result: .nothing, isChange: true,
            "Leaves no destination alone any more", example: RPCExample([], [:])
        ) { (core, _) throws(RPCError) in
            try core.avoided().avoidNone()
            return .value([:])
        },
        addition,
    ]

    private static let addition = MethodRow<Core>(
        "dst_blocklist.add",
        [
            RPCParameter("ip", .string, "The address"),
            RPCParameter("port", .integer, "The port"),
            RPCParameter("proto", .string, "udp, tcp or tls"),
            RPCParameter("flags", .integer, isOptional: true, "Bits for dst_blocklist.view"),
        ],
        result: .nothing, isChange: true,
        "Leaves a destination alone for dst_blocklist_expire seconds",
        example: RPCExample(["192.0.2.1", 5_060, "tcp", 0], [:])
    ) { (core, call) throws(RPCError) in
        let avoided = try core.avoided()
        let text = Array((call.string(0) ?? "").utf8)
        let name = Array((call.string(2) ?? "").utf8)
        guard let port = UInt16(exactly: call.integer(1) ?? -1), port > 0,
            let address = PeerAddress(literal: text.span, port: port)
        else { throw RPCError(400, "no address and port") }
        guard let transport = TransportProtocol.named(name.span),
            [.udp, .tcp, .tls].contains(transport)
        else { throw RPCError(400, "the protocol is udp, tcp or tls") }
        let flags = call.integer(3) ?? 0
        guard (0...255).contains(flags) else { throw RPCError(400, "flags are 0 to 255") }
        avoided.avoid(
            Origin(transport: transport, socket: .none, source: address), seconds: nil,
            reason: flags)
        return .value([:])
    }

    /// Who keeps them; an error while none is left alone, with the words that callers know.
    private func avoided() throws(RPCError) -> any AvoidedDestinations {
        guard services.settings.current(settings).avoidsDestinations,
            let avoided = services.avoided
        else { throw RPCError(500, "dst blocklist support disabled") }
        return avoided
    }
}
