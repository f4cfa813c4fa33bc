internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The functions of `KSR` itself.
enum CoreFunctions {
    /// All of them.
    static let all = logging + methods + transports + own + flags + request

    private static func core(
        _ name: String, _ parameters: StaticString, _ result: KEMIFunction.Result,
        _ body: @escaping @Sendable (KEMICall) -> KEMIResult
    ) -> KEMIFunction { .native("", name, parameters, result, body) }

    // MARK: Log

    private static let levels: [(String, ScriptLevel)] = [
        ("dbg", .debug), ("info", .info), ("notice", .notice), ("warn", .warning),
        ("err", .error), ("crit", .critical),
    ]

    /// Lines of the log: the text as it is, pseudo-variables in it are not expanded.
    private static let logging =
        levels.map { name, level in
            core(name, "s", .none) { call in
                write(call, 0, level)
                return .null
            }
        } + [
            core("log", "ss", .none) { call in
                let name = call.string(0)
                let level = levels.first { $0.0 == name }?.1 ?? .error
                write(call, 1, level)
                return .null
            },
            core("get_debug", "", .int) { call in
                let all = ScriptLevel.allCases.reversed()
                return .integer((all.first { call.context.isLogging($0) } ?? .alert).rawValue)
            },
        ]

    private static func write(_ call: KEMICall, _ place: Int, _ level: ScriptLevel) {
        guard call.context.isLogging(level) else { return }
        if call.state.showsPlaces {
            call.context.log(level, "\(call.state.place): \(call.string(place))")
        } else {
            call.withText(place) { call.context.log(level, $0) }
        }
    }

    // MARK: Method

    /// Methods with a function of their own, and the letter that `is_method_in` knows them by.
    private static let named: [(name: StaticString, letter: Unicode.Scalar?)] = [
        ("INVITE", "I"), ("ACK", "A"), ("BYE", "B"), ("CANCEL", "C"), ("MESSAGE", "M"),
        ("REGISTER", "R"), ("PRACK", "E"), ("PUBLISH", "P"), ("SUBSCRIBE", "S"),
        ("NOTIFY", "N"), ("OPTIONS", "O"), ("REFER", "F"), ("UPDATE", "U"), ("GET", "G"),
        ("DELETE", "D"), ("POST", "T"), ("PUT", "V"), ("KDMQ", "K"), ("INFO", nil),
    ]

    private static let methods =
        named.map { method in
            core("is_\(method.name)", "", .bool) { call in
                .boolean(withMethod(call) { $0.equals(method.name) })
            }
        } + [
            core("is_method", "s", .bool) { call in
                .boolean(withMethod(call) { name in call.withText(0) { name.matches($0) } })
            },
            core("is_method_in", "s", .bool) { call in
                .boolean(withMethod(call) { name in call.withText(0) { isMethod(name, in: $0) } })
            },
        ]

    /// Lends the method of a request, or of the request that a reply answers.
    private static func withMethod(_ call: KEMICall, _ body: (Span<UInt8>) -> Bool) -> Bool {
        call.context.withBytes(of: .message(call.context.methodName), body)
    }

    private static func isMethod(_ name: Span<UInt8>, in letters: Span<UInt8>) -> Bool {
        for method in named where name.equals(method.name) {
            guard let letter = method.letter else { return false }
            let byte = UInt8(ascii: letter)
            return letters.indices.contains { letters[$0] & 0xdf == byte }
        }
        return false
    }

    // MARK: Where the message came from

    private static let transports =
        [
            ("is_UDP", [TransportProtocol.udp]), ("is_TCP", [.tcp]), ("is_TLS", [.tls]),
            ("is_SCTP", [.sctp]), ("is_WS", [.ws]), ("is_WSS", [.wss]), ("is_WSX", [.ws, .wss]),
        ].map { name, transports in
            core(name, "", .bool) { .boolean(transports.contains($0.context.origin.transport)) }
        } + [
            core("is_IPv4", "", .bool) { .boolean(!$0.context.origin.source.isIPv6) },
            core("is_IPv6", "", .bool) { .boolean($0.context.origin.source.isIPv6) },
            core("is_proto", "s", .bool) { call in
                let letter = letter(of: call.context.origin.transport)
                return .boolean(
                    call.withText(0) { text in
                        text.indices.contains { text[$0] & 0xdf == letter }
                    })
            },
            core("is_src_port", "i", .bool) { call in
                .boolean(Int(call.context.origin.source.port) == call.number(0))
            },
            core("is_dst_port", "i", .bool) { call in
                .boolean(localAddress(call.context).map { Int($0.port) } == call.number(0))
            },
        ]

    private static func letter(of transport: TransportProtocol) -> UInt8 {
        switch transport {
        case .udp: UInt8(ascii: "U")
        case .tcp: UInt8(ascii: "T")
        case .tls: UInt8(ascii: "E")
        case .sctp: UInt8(ascii: "S")
        case .ws: UInt8(ascii: "W")
        case .wss: UInt8(ascii: "V")
        }
    }

    /// The address that received the message, nil for one that came on no socket of ours.
    private static func localAddress(_ context: ScriptContext) -> PeerAddress? {
        let sockets = context.services.sockets
        let place = Int(context.origin.socket.value)
        return place < sockets.count ? sockets[place].address : nil
    }

    // MARK: What is ours

    private static let own = [
        core("is_myself", "s", .bool) { call in
            .boolean(call.withText(0) { isMyself($0, call.context) })
        },
        core("is_myself_ruri", "", .bool) { call in
            .boolean(call.context.withRequestURI { isMyself($0, call.context) })
        },
        core("is_myself_furi", "", .bool) { .boolean(isMyself(.from, $0.context)) },
        core("is_myself_turi", "", .bool) { .boolean(isMyself(.to, $0.context)) },
        core("is_myself_duri", "", .bool) { call in
            .boolean(call.context.destinationURI.map { isMyself($0.span, call.context) } ?? false)
        },
        core("is_myself_nhuri", "", .bool) { call in
            if let next = call.context.destinationURI {
                return .boolean(isMyself(next.span, call.context))
            }
            return .boolean(call.context.withRequestURI { isMyself($0, call.context) })
        },
        core("is_myself_suri", "", .bool) { .boolean(isSourceMyself($0.context, anyPort: false)) },
        core("is_myself_srcip", "", .bool) { .boolean(isSourceMyself($0.context, anyPort: true)) },
    ]

    private static func isMyself(_ uri: Span<UInt8>, _ context: ScriptContext) -> Bool {
        guard let parsed = try? SIPURI(parsing: uri), parsed.isSIP else { return false }
        return context.services.isMyself(uri.part(parsed.host), port: parsed.port ?? 0)
    }

    private static func isMyself(_ name: HeaderName, _ context: ScriptContext) -> Bool {
        guard let uri = context.addressURI(name) else { return false }
        return context.withBytes(of: .message(uri)) { isMyself($0, context) }
    }

    private static func isSourceMyself(_ context: ScriptContext, anyPort: Bool) -> Bool {
        let source = context.origin.source
        var host = ByteWriter(capacity: 48)
        source.writeHost(into: &host)
        return context.services.isMyself(host.span, port: anyPort ? 0 : source.port)
    }

    // MARK: Flags

    private static let flags = [
        core("setflag", "i", .bool) { change($0, \.flags, isSet: true) },
        core("resetflag", "i", .bool) { change($0, \.flags, isSet: false) },
        core("isflagset", "i", .bool) { .boolean($0.context.flags & (bit($0) ?? 0) != 0) },
        core("setbflag", "i", .bool) { change($0, \.branchFlags, isSet: true) },
        core("resetbflag", "i", .bool) { change($0, \.branchFlags, isSet: false) },
        core("isbflagset", "i", .bool) { .boolean($0.context.branchFlags & (bit($0) ?? 0) != 0) },
        core("setbiflag", "ii", .bool) { changeBranch($0, isSet: true) },
        core("resetbiflag", "ii", .bool) { changeBranch($0, isSet: false) },
        core("isbiflagset", "ii", .bool) { call in
            .boolean((branchFlags(call).map { $0 & (bit(call) ?? 0) } ?? 0) != 0)
        },
    ]

    /// The bit of the flag that the first argument numbers, nil where there is none.
    private static func bit(_ call: KEMICall) -> UInt32? {
        let number = call.number(0)
        return (0...31).contains(number) ? 1 << UInt32(number) : nil
    }

    private static func change(
        _ call: KEMICall, _ path: ReferenceWritableKeyPath<ScriptContext, UInt32>, isSet: Bool
    ) -> KEMIResult {
        guard let bit = bit(call) else { return .boolean(false) }
        if isSet {
            call.context[keyPath: path] |= bit
        } else {
            call.context[keyPath: path] &= ~bit
        }
        return .boolean(true)
    }

    /// The flags of the branch that the second argument numbers: 0 is the request itself.
    private static func branchFlags(_ call: KEMICall) -> UInt32? {
        let place = call.number(1)
        if place == 0 { return call.context.branchFlags }
        let branches = call.context.branches
        return (1...branches.count + 1).contains(place) && place <= branches.count
            ? branches[place - 1].flags : nil
    }

    private static func changeBranch(_ call: KEMICall, isSet: Bool) -> KEMIResult {
        guard let bit = bit(call), var flags = branchFlags(call) else { return .boolean(false) }
        flags = isSet ? flags | bit : flags & ~bit
        let place = call.number(1)
        if place == 0 {
            call.context.branchFlags = flags
        } else {
            call.context.branches[place - 1].flags = flags
        }
        return .boolean(true)
    }

    // MARK: The request

    private static let request = [
        core("seturi", "s", .bool) { .boolean($0.context.setRequestURI($0.bytes(0))) },
        core("setuser", "s", .bool) { call in
            .boolean(call.withText(0) { call.context.setRequestURI(.user, $0) })
        },
        core("sethost", "s", .bool) { call in
            .boolean(call.withText(0) { call.context.setRequestURI(.host, $0) })
        },
        core("setdsturi", "s", .bool) { call in
            let uri = call.bytes(0)
            guard (try? SIPURI(parsing: uri.span)) != nil else { return .boolean(false) }
            call.context.destinationURI = uri
            return .boolean(true)
        },
        core("resetdsturi", "", .bool) { call in
            call.context.destinationURI = nil
            return .boolean(true)
        },
        core("isdsturiset", "", .bool) { .boolean($0.context.destinationURI != nil) },
        core("force_rport", "", .bool) { call in
            call.context.forcesRport = true
            return .boolean(true)
        },
        core("set_drop", "", .none) { call in
            call.context.isDropped = true
            return .null
        },
        core("route", "s", .int) { call in
            guard let route = call.state.script.route(call.string(0)) else {
                call.context.log(.error, "Lua: there is no route[\(call.string(0))]")
                return .integer(-1)
            }
            return .integer(route(call.context))
        },
    ]
}

/// The functions of `KSR.x`: those that belong to the interpreter.
enum ControlFunctions {
    /// All of them; `modf` takes as many arguments as the function that it calls.
    static let all = [
        KEMIFunction.native("x", "exit", "", .none) { _ in .exit },
        KEMIFunction.native("x", "drop", "", .none) { call in
            call.context.isDropped = true
            return .exit
        },
        KEMIFunction(object: "x", name: "modf", result: .int, body: .byName),
    ]
}
