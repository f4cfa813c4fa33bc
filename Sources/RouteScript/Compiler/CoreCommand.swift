internal import Basics
internal import ModuleKit

/// The commands that belong to the language and not to a module.
enum CoreCommand: String, CaseIterable {
    case log
    case setFlag = "setflag"
    case resetFlag = "resetflag"
    case isFlagSet = "isflagset"
    case forceRport = "force_rport"
    case addRport = "add_rport"
    case setURI = "seturi"
    case rewriteURI = "rewriteuri"
    case setHost = "sethost"
    case rewriteHost = "rewritehost"
    case setHostPort = "sethostport"
    case rewriteHostPort = "rewritehostport"
    case setUser = "setuser"
    case rewriteUser = "rewriteuser"
    case setUserPassword = "setuserpass"
    case rewriteUserPassword = "rewriteuserpass"
    case setPort = "setport"
    case rewritePort = "rewriteport"
    case revertURI = "revert_uri"
    case prefix
    case strip
    case stripTail = "strip_tail"
    case stringLength = "strlen"
    case isEmptyString = "strempty"
    case select = "selval"
    case userPhone = "userphone"
    case setHostPortTransport = "sethostporttrans"
    case rewriteHostPortTransport = "rewritehostporttrans"
    case removeBranch = "remove_branch"
    case clearBranches = "clear_branches"
    case addLocalRport = "add_local_rport"
    case forceSendSocket = "force_send_socket"
    case setAdvertisedAddress = "set_advertised_address"
    case setAdvertisedPort = "set_advertised_port"
    case setForwardNoConnect = "set_forward_no_connect"
    case setReplyNoConnect = "set_reply_no_connect"
    case selectInstance = "cfg_select"
    case resetInstance = "cfg_reset"
    case forward
    case forwardUDP = "forward_udp"
    case forwardTCP = "forward_tcp"

    /// Their names.
    static let names = Set(allCases.map(\.rawValue))

    /// Commands whose argument is an address that may stand without quotes.
    static let addressNames: Set<String> = [
        CoreCommand.forceSendSocket.rawValue, CoreCommand.setAdvertisedAddress.rawValue,
        CoreCommand.forward.rawValue, CoreCommand.forwardUDP.rawValue,
        CoreCommand.forwardTCP.rawValue,
    ]

    /// Commands that Kamailio has and this server refuses, each with its reason.
    ///
    /// They are refused by name, so that nobody relies on what does not happen.
    static let later: [String: String] = [
        "forward_tls": "the server speaks no TLS", "forward_sctp": "the server speaks no SCTP",
        "udp_mtu_try_proto": "a request stays on the transport that its destination names",
        "set_forward_close": "whoever is at the other end decides when a connection is closed",
        "exec": "a script cannot run programs: whoever could change a message would run them too",
        "error": "it does nothing in Kamailio either: use xlog()",
        "force_tcp_alias": "connections have no aliases here",
        "set_reply_close": "the client decides when its connection is closed",
    ]

    /// How many arguments it takes.
    var arity: ClosedRange<Int> {
        switch self {
        case .forceRport, .addRport, .revertURI, .userPhone, .clearBranches, .addLocalRport,
            .setForwardNoConnect, .setReplyNoConnect:
            0...0
        case .forward, .forwardUDP, .forwardTCP: 0...2
        case .removeBranch: 0...1
        case .log: 1...2
        case .selectInstance: 2...2
        case .select: 3...3
        default: 1...1
        }
    }

    /// Whether it is computed like an operator, and has no code.
    var isValue: Bool { [.stringLength, .isEmptyString, .select].contains(self) }

    /// Whether it may stand in `onsend_route`, whose message is on its way already (script.md 4).
    var isAllowedWhileSending: Bool {
        switch self {
        case .log, .setFlag, .resetFlag, .isFlagSet, .stringLength, .isEmptyString, .select,
            .setForwardNoConnect, .setReplyNoConnect, .selectInstance, .resetInstance:
            true
        default: false
        }
    }
}

extension Compiler {
    /// Compiles a command of the language.
    mutating func command(
        _ command: CoreCommand, _ arguments: [Expression], at position: Position
    ) throws(ScriptError) -> Compiled {
        guard command.arity.contains(arguments.count) else {
            let expected = command.arity
            let words =
                expected.count == 1
                ? "\(expected.lowerBound)" : "\(expected.lowerBound) to \(expected.upperBound)"
            throw failure(
                .value, at: position,
                "\(command.rawValue)() takes \(words) arguments, found \(arguments.count)")
        }
        guard kinds != .send || command.isAllowedWhileSending else {
            throw failure(
                .placement, at: position,
                "\"\(command.rawValue)\" cannot be called in onsend_route")
        }
        switch command {
        case .removeBranch, .clearBranches, .addLocalRport, .forceSendSocket,
            .setAdvertisedAddress, .setAdvertisedPort, .setForwardNoConnect, .setReplyNoConnect:
            return try sending(command, arguments)
        case .selectInstance: return try selecting(arguments, at: position)
        case .resetInstance: return try resetting(arguments[0], at: position)
        case .forward: return try forwarding(nil, arguments, at: position)
        case .forwardUDP: return try forwarding(.udp, arguments, at: position)
        case .forwardTCP: return try forwarding(.tcp, arguments, at: position)
        case .userPhone, .setHostPortTransport, .rewriteHostPortTransport:
            return try parameters(command, arguments)
        case .log: return try logging(arguments)
        case .setFlag, .resetFlag, .isFlagSet: return try flag(command, arguments[0])
        case .forceRport, .addRport:
            return Compiled(
                .integer { context in
                    context.forcesRport = true
                    return 1
                })
        case .stringLength, .isEmptyString, .select: return try test(command, arguments)
        default: return try rewriting(command, arguments)
        }
    }

    /// `log([level,] "text")`: the text is taken as it is.
    private mutating func logging(_ arguments: [Expression]) throws(ScriptError) -> Compiled {
        let level = arguments.count == 2 ? try self.level(arguments[0]) : .debug
        let text = try constantText(arguments[arguments.count - 1])
        return Compiled(
            .integer { context in
                if context.isLogging(level) { context.log(level, text) }
                return 1
            })
    }

    /// The level of a line: a number, or a name such as `L_ERR`.
    private mutating func level(_ expression: Expression) throws(ScriptError) -> ScriptLevel {
        if case .word(let name) = expression.kind, let level = ScriptLevel(name: name) {
            return level
        }
        guard case .constant(.integer(let number)) = try self.expression(expression).form else {
            throw failure(
                .value, at: expression.position, "log() takes a constant level from -5 to 3")
        }
        return ScriptLevel(number: number)
    }

    /// `setflag`, `resetflag` and `isflagset`.
    private mutating func flag(
        _ command: CoreCommand, _ argument: Expression
    ) throws(ScriptError) -> Compiled {
        let number: Int
        if case .word(let name) = argument.kind {
            guard let declared = flags[name] else {
                throw failure(
                    .value, at: argument.position, "there is no flag \"\(name)\"",
                    hint: NearestName.find(name, among: flags.keys.sorted()).map {
                        "did you mean \"\($0)\"?"
                    } ?? "flags are 0 to 31, or declared: flags \(name)")
            }
            number = declared
        } else if case .constant(let constant) = try expression(argument).form,
            (0...31).contains(constant.number)
        {
            number = constant.number
        } else {
            throw failure(.value, at: argument.position, "a flag is a number from 0 to 31")
        }
        let bit = UInt32(1) << UInt32(number)
        switch command {
        case .setFlag:
            return Compiled(
                .integer { context in
                    context.flags |= bit
                    return 1
                })
        case .resetFlag:
            return Compiled(
                .integer { context in
                    context.flags &= ~bit
                    return 1
                })
        default: return Compiled(.integer { $0.flags & bit == 0 ? -1 : 1 })
        }
    }

    /// `strlen`, `strempty` and `selval`, which are values.
    private mutating func test(
        _ command: CoreCommand, _ arguments: [Expression]
    ) throws(ScriptError) -> Compiled {
        let first = try expression(arguments[0])
        let read = first.value
        if command == .select {
            let condition = first.integer
            let yes = try expression(arguments[1])
            let no = try expression(arguments[2])
            let (a, b) = (yes.value, no.value)
            return Compiled(
                .value { context in condition(context) > 0 ? a(context) : b(context) },
                from: first, yes, no)
        }
        let wantsLength = command == .stringLength
        return Compiled(
            .integer { context in
                let length = context.text(read(context)).map { context.length(of: $0) } ?? 0
                return wantsLength ? length : (length == 0 ? 1 : 0)
            }, from: first)
    }

    /// The text of an argument that must be known now.
    mutating func constantText(_ argument: Expression) throws(ScriptError) -> String {
        guard let text = try expression(argument).constantText else {
            throw failure(
                .value, at: argument.position, "expected a constant string",
                hint: "assign to a pseudo-variable such as $ru for anything else")
        }
        return text
    }

    // MARK: The request URI

    /// The commands that change the request URI.
    private mutating func rewriting(
        _ command: CoreCommand, _ arguments: [Expression]
    ) throws(ScriptError) -> Compiled {
        if command == .revertURI {
            return Compiled(
                .integer { context in
                    context.rewrittenURI = nil
                    return 1
                })
        }
        let text = try constantText(arguments[0])
        let bytes = Array(text.utf8)
        switch command {
        case .setURI, .rewriteURI:
            return Compiled(.integer { $0.setRequestURI(bytes) ? 1 : -1 })
        case .strip, .stripTail:
            guard let count = ScriptNumber.parse(text), count >= 0 else {
                throw failure(
                    .value, at: arguments[0].position,
                    "\(command.rawValue)() takes a number of characters")
            }
            let isTail = command == .stripTail
            return Compiled(
                .integer { context in
                    Self.changeUser(context) { user in
                        let kept = max(0, user.count - count)
                        return isTail ? Array(user.prefix(kept)) : Array(user.suffix(kept))
                    }
                })
        case .prefix:
            return Compiled(.integer { context in Self.changeUser(context) { bytes + $0 } })
        default:
            let part = Self.part(command)
            return Compiled(.integer { $0.setRequestURI(part, bytes.span) ? 1 : -1 })
        }
    }

    /// The part that a command replaces.
    private static func part(_ command: CoreCommand) -> URIPart {
        switch command {
        case .setHost, .rewriteHost: .host
        case .setHostPort, .rewriteHostPort: .hostAndPort
        case .setPort, .rewritePort: .port
        case .setUserPassword, .rewriteUserPassword: .userAndPassword
        default: .user
        }
    }

    /// Changes the user part; -1 when the URI has none.
    private static func changeUser(
        _ context: ScriptContext, _ change: ([UInt8]) -> [UInt8]
    ) -> Int {
        guard let user = context.requestUser else { return -1 }
        let changed = change(user)
        return context.setRequestURI(.user, changed.span) ? 1 : -1
    }
}
