internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Commands about branches, and about how messages are sent.
extension Compiler {
    /// Compiles one of them; what is not about branches is a wish that the sender reads.
    mutating func sending(
        _ command: CoreCommand, _ arguments: [Expression]
    ) throws(ScriptError) -> Compiled {
        switch command {
        case .removeBranch: return try removal(arguments.first)
        case .clearBranches:
            return Self.effect { $0.branches.removeAll(keepingCapacity: true) }
        case .addLocalRport: return Self.wish(.addsLocalRport)
        case .setForwardNoConnect: return Self.wish(.forwardsWithoutConnecting)
        case .forceSendSocket: return try socket(arguments[0])
        case .setAdvertisedAddress:
            let host = Array(try constantText(arguments[0]).utf8)
            guard !host.isEmpty else {
                throw failure(.value, at: arguments[0].position, "expected an address")
            }
            return Self.effect { $0.sending.advertisedHost = host }
        case .setAdvertisedPort:
            let text = try constantText(arguments[0])
            guard let number = ScriptNumber.parse(text), (1...65_535).contains(number) else {
                throw failure(
                    .value, at: arguments[0].position, "\"\(text)\" is no port",
                    hint: "ports are 1 to 65535")
            }
            return Self.effect { $0.sending.advertisedPort = UInt16(number) }
        default:
            // `set_reply_no_connect`: a reply goes back the way its request came, and no connection
            // is ever opened for one. So what it asks for holds without it.
            return Self.effect { _ in }
        }
    }

    /// A command that changes the context and is worth 1.
    private static func effect(_ change: @escaping @Sendable (ScriptContext) -> Void) -> Compiled {
        Compiled(
            .integer { context in
                change(context)
                return 1
            })
    }

    /// A command that turns one wish on.
    private static func wish(_ flag: SendingWishes.Flags) -> Compiled {
        effect { $0.sending.flags.insert(flag) }
    }

    /// `remove_branch([index])`: the first one without an index; -1 when there is none.
    private mutating func removal(_ argument: Expression?) throws(ScriptError) -> Compiled {
        var index = Compiled(.constant(.integer(0)))
        if let argument { index = try expression(argument) }
        let read = index.integer
        return Compiled(
            .integer { context in
                let place = read(context)
                guard context.branches.indices.contains(place) else { return -1 }
                context.branches.remove(at: place)
                return 1
            }, from: index)
    }

    /// `force_send_socket([transport:]address[:port])`: one that is listened on.
    ///
    /// Which sockets there are shows when the server has started, so it is looked for at the call;
    /// -1 when the address is none of them, and then nothing changes.
    private mutating func socket(_ argument: Expression) throws(ScriptError) -> Compiled {
        let text = try constantText(argument)
        guard let wanted = HostAddress(text), let address = Self.literal(wanted) else {
            throw failure(
                .value, at: argument.position, "\"\(text)\" is no address of a socket",
                hint: "write [transport:]address[:port], IPv6 in brackets")
        }
        let (transport, port) = (wanted.transport, wanted.port)
        return Compiled(
            .integer { context in
                let sockets = context.services.sockets
                for place in sockets.indices {
                    let socket = sockets[place]
                    guard socket.address.high == address.high, socket.address.low == address.low,
                        socket.address.isIPv6 == address.isIPv6,
                        port.map({ UInt16($0) == socket.address.port }) ?? true,
                        transport.map({ $0 == socket.transport }) ?? true
                    else { continue }
                    context.sending.socket = SocketIndex(place)
                    return 1
                }
                context.log(.error, "force_send_socket(): nothing listens on \(text)")
                return -1
            })
    }

    /// The address of a socket without its port.
    private static func literal(_ address: HostAddress) -> PeerAddress? {
        let host = Array(address.host.utf8)
        return PeerAddress(literal: host.span, port: 0)
    }

    // MARK: Parameters of the request URI

    /// `userphone()` and `sethostporttrans("host:port;transport=tcp")`.
    mutating func parameters(
        _ command: CoreCommand, _ arguments: [Expression]
    ) throws(ScriptError) -> Compiled {
        if command == .userPhone {
            return Compiled(.integer { $0.addUserPhone() ? 1 : -1 })
        }
        let text = try constantText(arguments[0])
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let host = Array(parts[0].utf8)
        var transport: [UInt8] = []
        if parts.count == 2 {
            guard parts[1].hasPrefix("transport=") else {
                throw failure(
                    .value, at: arguments[0].position,
                    "\"\(parts[1])\" is no transport", hint: "write host:port;transport=tcp")
            }
            transport = Array(parts[1].utf8)
        }
        let parameter = transport
        return Compiled(
            .integer { context in
                context.setRequestURI(.hostAndPort, host.span)
                    && context.setRequestTransport(parameter) ? 1 : -1
            })
    }
}

/// Changing the parameters of the request URI.
extension ScriptContext {
    /// Adds `user=phone` unless the URI has a user parameter (RFC 3261 19.1.1).
    func addUserPhone() -> Bool {
        changeParameters { list in
            let hasOne = list.contains { $0 == "user" || $0.hasPrefix("user=") }
            return hasOne ? list : list + ["user=phone"]
        }
    }

    /// Replaces the transport parameter, and puts it first; an empty text removes it.
    func setRequestTransport(_ parameter: [UInt8]) -> Bool {
        let text = Substring(String(decoding: parameter, as: UTF8.self))
        return changeParameters { list in
            (text.isEmpty ? [] : [text]) + list.filter { !$0.lowercased().hasPrefix("transport=") }
        }
    }

    /// Rewrites the list of parameters; false when the URI has none by its kind.
    private func changeParameters(_ change: ([Substring]) -> [Substring]) -> Bool {
        let text: String? = withRequestURI { bytes in
            guard let uri = try? SIPURI(parsing: bytes), uri.isSIP else { return nil }
            let head = bytes.extracting(0..<(uri.hostEnd(in: bytes)))
            let list = String(copying: bytes.part(uri.parameters)).split(separator: ";")
            let changed = change(list).map { ";\($0)" }.joined()
            let tail = uri.headers.isEmpty ? "" : "?" + String(copying: bytes.part(uri.headers))
            return String(copying: head) + changed + tail
        }
        guard let text else { return false }
        return setRequestURI(Array(text.utf8))
    }
}

extension SIPURI {
    /// Offset just behind host and port.
    fileprivate func hostEnd(in bytes: Span<UInt8>) -> Int {
        if !parameters.isEmpty { return parameters.start - 1 }
        if !headers.isEmpty { return headers.start - 1 }
        return whole.end
    }
}
