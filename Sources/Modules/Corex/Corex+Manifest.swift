internal import Basics
internal import JSONValue
public import ModuleKit

extension Corex {
    /// A socket: this module's names are in capitals, those of core.sockets_list are not.
    private static let socket = Schema.object(
        [
            .init("PROTO", .string), .init("NAME", .string),
            .init("ADDRLIST", .object([.init("ADDR", .string)], others: nil)),
            .init("PORT", .string), .init("MCAST", .string), .init("MHOMED", .string),
            .init("VIRTUAL", .string), .init("SOCKNAME", .string), .init("ADVERTISE", .string),
        ], others: nil)
    /// A name of the server; port 0 stands for all.
    private static let alias = Schema.object(
        [.init("PROTO", .string), .init("ADDR", .string), .init("PORT", .integer)], others: nil)
    /// The level, or the old and the new one after a change.
    private static let level = Schema.oneOf([
        .object([.init("debug", .integer)], others: nil),
        .object([.init("old", .integer), .init("new", .integer)], others: nil),
    ])

    /// The declaration.
    public static let manifest = Manifest<Corex>(
        "corex", "Branches, extended flags, and commands about sockets, aliases and the log level",
        functions: flagFunctions + [appending],
        methods: [
            MethodRow(
                "corex.list_sockets", result: .array(socket), "The sockets listened on",
                example: RPCExample(
                    [],
                    [
                        [
                            "PROTO": "udp", "NAME": "127.0.0.1", "ADDRLIST": ["ADDR": "127.0.0.1"],
                            "PORT": "5060", "MCAST": "no", "MHOMED": "no", "VIRTUAL": "no",
                            "SOCKNAME": "-", "ADVERTISE": "-",
                        ]
                    ])
            ) { (module, _) in .value(module.sockets()) },
            MethodRow(
                "corex.list_aliases", result: .array(alias), "The names that are this server's own",
                example: RPCExample([], [["PROTO": "*", "ADDR": "example.com", "PORT": 0]])
            ) { (module, _) in .value(module.aliases()) },
            MethodRow(
                "corex.debug",
                [RPCParameter("level", .integer, isOptional: true, "The new level")],
                result: level, isChange: true, "Shows or changes the log level",
                example: RPCExample([2], ["old": 0, "new": 2])
            ) { (module, call) throws(RPCError) in .value(try module.debug(call)) },
        ] + summaries)

    /// The sockets that are listened on.
    private func sockets() -> JSONValue {
        .array(
            services.sockets.map { socket in
                // NAME is the address: names are not looked up for an answer.
                let host = JSONValue.string(socket.address.hostText)
                return [
                    "PROTO": .string("\(socket.transport.name)"), "NAME": host,
                    "ADDRLIST": ["ADDR": host], "PORT": .string(String(socket.address.port)),
                    // Multicast, multihoming and virtual addresses do not exist here; the members
                    // are
                    // there because existing scripts read them.
                    "MCAST": "no", "MHOMED": "no", "VIRTUAL": "no", "SOCKNAME": "-",
                    "ADVERTISE": .string(socket.advertised ?? "-"),
                ]
            })
    }

    /// The names that are the server's own.
    private func aliases() -> JSONValue {
        .array(
            services.aliases.map { alias in
                [
                    // `*` and 0 stand for every transport and every port.
                    "PROTO": .string(alias.transport.map { "\($0.name)" } ?? "*"),
                    "ADDR": .string(alias.host), "PORT": .integer(Int64(alias.port ?? 0)),
                ]
            })
    }

    /// Shows or changes the core parameter `debug`.
    private func debug(_ call: RPCCall) throws(RPCError) -> JSONValue {
        do {
            // Without a parameter the level is only shown.
            guard let level = call.integer(0) else {
                let now = try services.settings.value(group: "core", name: "debug")
                return ["debug": number(now)]
            }
            // The same way as cfg.set, so that bounds hold and workers see it at the next message.
            let old = try services.settings.set(group: "core", name: "debug", to: .integer(level))
            call.note("core.debug", old: number(old), new: .integer(Int64(level)))
            return ["old": number(old), "new": .integer(Int64(level))]
        } catch {
            // 500 is what callers of this command know; the sentence names the bounds.
            throw RPCError(500, error.message)
        }
    }

    /// The level as JSON.
    private func number(_ value: SettingValue) -> JSONValue {
        // `debug` is declared as an integer; the other cases cannot be.
        if case .integer(let number) = value { return .integer(Int64(number)) }
        return .integer(0)
    }
}
