internal import Basics
internal import ModuleKit

/// `forward()` and its siblings: sending a request on without a transaction.
extension Compiler {
    /// `forward()`, `forward(host[, port])`; `forward_tcp` and its like name the transport.
    ///
    /// Without arguments the request goes where `$du` or its URI leads. Worth 1, or -1 when it may
    /// not go, with the reason in the log.
    mutating func forwarding(
        _ command: CoreCommand, _ arguments: [Expression], at position: Position
    ) throws(ScriptError) -> Compiled {
        guard kinds.contains(.request) else {
            throw failure(
                .placement, at: position,
                "\"\(command.rawValue)\" can only be called for requests")
        }
        let transport = Self.transport(command)
        guard let first = arguments.first else {
            return Self.forward { (context) throws(ForwardFailure) in
                var hop = try context.nextHop()
                if let transport, transport != hop.transport {
                    hop.transport = transport
                    hop.socket = .none
                    hop.connection = -1
                }
                return hop
            }
        }
        let host = try constantText(first)
        var port = transport == .tls ? 5061 : 5060
        if arguments.count == 2 { port = try self.port(arguments[1]) }
        let bytes = Array(host.utf8)
        guard let address = PeerAddress(literal: bytes.span, port: UInt16(port)) else {
            throw failure(
                .value, at: first.position, "\"\(host)\" is no address",
                hint: "only addresses are followed; forward() goes where the URI leads")
        }
        let hop = Origin(transport: transport ?? .udp, socket: .none, source: address)
        return Self.forward { _ in hop }
    }

    /// Sends the request on, and logs why it may not go.
    private static func forward(
        _ hop: @escaping @Sendable (ScriptContext) throws(ForwardFailure) -> Origin
    ) -> Compiled {
        Compiled(
            .integer { context in
                do throws(ForwardFailure) {
                    try context.forward(to: try hop(context))
                    return 1
                } catch {
                    context.log(.error, "the request is not forwarded: \(error.reason)")
                    return -1
                }
            })
    }

    /// A port as an argument: a number, in quotes or not.
    mutating func port(_ argument: Expression) throws(ScriptError) -> Int {
        let text = try constantText(argument)
        guard let number = ScriptNumber.parse(text), (1...65_535).contains(number) else {
            throw failure(
                .value, at: argument.position, "\"\(text)\" is no port",
                hint: "ports are 1 to 65535")
        }
        return number
    }

    /// The transport that a command names.
    private static func transport(_ command: CoreCommand) -> TransportProtocol? {
        switch command {
        case .forwardUDP: .udp
        case .forwardTCP: .tcp
        case .forwardTLS: .tls
        default: nil
        }
    }
}
