internal import Basics
internal import JSONValue
internal import ModuleKit

/// Commands about sockets, names and what was loaded.
extension Core {
    /// A socket as remote controls know it: the port is a string.
    private static let socket = Schema.object(
        [
            .init("proto", .string), .init("address", .string), .init("port", .string),
            .init("mcast", .string), .init("mhomed", .string), .init("virtual", .string),
            // Only sockets that are known by another address outside have it.
            .init("advertise", .string, isRequired: false),
        ], others: nil)
    /// A name of the server: `*` for every transport or every port.
    private static let alias = Schema.object(
        [
            .init("proto", .string), .init("address", .string),
            .init("port", .oneOf([.integer, .string])),
        ], others: nil)

    /// The rows of commands about sockets and names.
    static let network: [MethodRow<Core>] = [
        MethodRow(
            "core.sockets_list",
            result: .array(.object([.init("socket", socket)], others: nil)),
            "Lists the sockets that are listened on",
            example: RPCExample(
                [],
                [
                    [
                        "socket": [
                            "proto": "udp", "address": "127.0.0.1", "port": "5060", "mcast": "no",
                            "mhomed": "no", "virtual": "no",
                        ]
                    ]
                ])
        ) { (core, _) in .value(.array(core.services.sockets.map(describe))) },
        MethodRow(
            "core.aliases_list",
            result: .object(
                [
                    .init("myself_callbacks", .string),
                    .init("aliases", .array(.object([.init("alias", alias)], others: nil))),
                ], others: nil),
            "Lists the names that are this server's own",
            example: RPCExample(
                [],
                [
                    "myself_callbacks": "no",
                    "aliases": [["alias": ["proto": "*", "address": "example.com", "port": "*"]]],
                ])
        ) { (core, _) in
            .value([
                "myself_callbacks": "no",
                "aliases": .array(core.services.aliases.map { ["alias": describe($0)] }),
            ])
        },
    ]

    /// The rows of commands about what was loaded and defined.
    static let configuration: [MethodRow<Core>] = [
        MethodRow(
            "core.modules", result: .array(.string), "Lists the modules, the last loaded first",
            example: RPCExample([], ["registrar", "usrloc"])
        ) { (core, _) in
            .value(
                .array(
                    // Newest first is Kamailio's order; the core is no module there and is left
                    // out.
                    core.services.loadedModules.reversed().map(\.name)
                        .filter { $0 != manifest.name }.map { .string($0) }))
        },
        MethodRow(
            "core.ppdefines", result: .array(.string), "Lists what the preprocessor has defined",
            example: RPCExample([], ["KAMAILIO_5", "WITH_TLS"])
        ) { (core, _) in .value(.array(core.services.defines.map { .string($0.name) })) },
        MethodRow(
            "core.ppdefines_full",
            result: .array(
                .object(
                    [.init("name", .string), .init("type", .integer), .init("value", .string)],
                    others: nil)),
            "Lists what the preprocessor has defined, with values",
            example: RPCExample([], [["name": "DBURL", "type": 0, "value": "none"]])
        ) { (core, _) in
            .value(
                .array(
                    core.services.defines.map {
                        // Type 0 is a plain definition, the only kind; "none" stands for no value.
                        ["name": .string($0.name), "type": 0, "value": .string($0.value ?? "none")]
                    }))
        },
    ]

    /// One socket; multicast, multihoming and virtual addresses do not exist here.
    private static func describe(_ socket: ListeningSocket) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("proto", .string("\(socket.transport.name)")),
            .init("address", .string(socket.address.hostText)),
            .init("port", .string(String(socket.address.port))),
            // Always there: remote controls index them without asking.
            .init("mcast", "no"), .init("mhomed", "no"), .init("virtual", "no"),
        ]
        if let advertised = socket.advertised {
            members.append(.init("advertise", .string(advertised)))
        }
        return ["socket": .object(members)]
    }

    /// One name.
    private static func describe(_ alias: HostAlias) -> JSONValue {
        [
            "proto": .string(alias.transport.map { "\($0.name)" } ?? "*"),
            "address": .string(alias.host),
            "port": alias.port.map { .integer(Int64($0)) } ?? "*",
        ]
    }
}
