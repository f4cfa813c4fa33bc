internal import Basics
internal import ModuleKit

/// The commands that send a request on without keeping state.
extension Compiler {
    /// `forward()`, `forward(address[, port])` and the two that fix the transport.
    ///
    /// Without an address the destination URI decides, else the request URI. 1 when the request is on
    /// its way; -1 when it cannot go, and the log says why.
    mutating func forwarding(
        _ transport: TransportProtocol?, _ arguments: [Expression]
    ) throws(ScriptError) -> Compiled {
        guard let first = arguments.first else {
            return Compiled(
                .integer { context in
                    Self.forward(context) { (context) throws(ForwardFailure) in
                        var hop = try context.nextHop()
                        if let transport, hop.transport != transport {
                            hop.transport = transport
                            hop.connection = -1
                        }
                        return hop
                    }
                })
        }
        let hop = try fixedHop(transport, first, arguments.dropFirst().first)
        return Compiled(.integer { context in Self.forward(context) { _ in hop } })
    }

    /// The hop that constant arguments name.
    private mutating func fixedHop(
        _ transport: TransportProtocol?, _ host: Expression, _ port: Expression?
    ) throws(ScriptError) -> Origin {
        guard let text = try expression(host).constantText, let wanted = HostAddress(text) else {
            throw failure(
                .value, at: host.position, "forward() takes a constant address",
                hint: "set $du for one that is known when the request comes")
        }
        var number = wanted.port ?? 5_060
        if let port {
            guard case .constant(let constant) = try expression(port).form,
                (1...65_535).contains(constant.number)
            else { throw failure(.value, at: port.position, "a port is a number from 1 to 65535") }
            number = constant.number
        }
        let bytes = Array(wanted.host.utf8)
        guard let address = PeerAddress(literal: bytes.span, port: UInt16(number)) else {
            throw failure(
                .value, at: host.position, "\"\(text)\" is no address",
                hint: "names are not looked up: write an address, IPv6 in brackets")
        }
        return Origin(
            transport: transport ?? wanted.transport ?? .udp, socket: .none, source: address)
    }

    /// Sends the request on; what keeps it is logged as a warning.
    private static func forward(
        _ context: ScriptContext, to hop: (ScriptContext) throws(ForwardFailure) -> Origin
    ) -> Int {
        do throws(ForwardFailure) {
            try context.forward(to: try hop(context))
            return 1
        } catch {
            if context.isLogging(.warning) { context.log(.warning, "forward(): \(error.reason)") }
            return -1
        }
    }
}
