internal import Basics
internal import ModuleKit

/// The commands that send a request on without keeping state.
extension Compiler {
    /// `forward()`, `forward(address[, port])` and the two that fix the transport.
    ///
    /// Without an address the destination URI decides, else the request URI. 1 when the request is
    /// on its way; -1 when it cannot go, and the log says why.
    mutating func forwarding(
        _ transport: TransportProtocol?, _ arguments: [Expression], at position: Position
    ) throws(ScriptError) -> Compiled {
        guard kinds.contains(.request) else {
            throw failure(
                .placement, at: position, "forward() can only be called for requests")
        }
        guard let first = arguments.first else {
            return Compiled(
                .integer { context in
                    Self.forward(context) { (context) throws(ForwardFailure) in
                        try context.forward(over: transport)
                    }
                })
        }
        switch try fixedPlace(transport, first, arguments.dropFirst().first) {
        case .hop(let hop):
            return Compiled(
                .integer { context in
                    Self.forward(context) { (context) throws(ForwardFailure) in
                        try context.forward(to: hop)
                    }
                })
        case .uri(let uri):
            return Compiled(
                .integer { context in
                    Self.forward(context) { (context) throws(ForwardFailure) in
                        try context.forward(along: uri)
                    }
                })
        }
    }

    /// What constant arguments name.
    private enum FixedPlace {
        /// An address.
        case hop(Origin)
        /// A name, as a URI that is followed when the request comes.
        case uri([UInt8])
    }

    /// The place that constant arguments name: an address, or a name that is looked up later.
    private mutating func fixedPlace(
        _ transport: TransportProtocol?, _ host: Expression, _ port: Expression?
    ) throws(ScriptError) -> FixedPlace {
        guard let text = try expression(host).constantText, let wanted = HostAddress(text) else {
            throw failure(
                .value, at: host.position, "forward() takes a constant address",
                hint: "set $du for one that is known when the request comes")
        }
        var number = wanted.port
        if let port { number = try self.port(port) }
        let bytes = Array(wanted.host.utf8)
        let transport = transport ?? wanted.transport
        if let address = PeerAddress(literal: bytes.span, port: UInt16(number ?? 5_060)) {
            return .hop(Origin(transport: transport ?? .udp, socket: .none, source: address))
        }
        guard Self.isHostName(bytes) else {
            throw failure(
                .value, at: host.position, "\"\(text)\" is no address",
                hint: "write a host name or an address, IPv6 in brackets")
        }
        var uri = "sip:\(wanted.host)"
        if let number { uri += ":\(number)" }
        if let transport { uri += ";transport=\(transport.name)" }
        return .uri(Array(uri.utf8))
    }

    /// Whether a text may be the name of a host (RFC 3261 25.1, `hostname`).
    ///
    /// The last label begins with a letter, or a mistyped address would be looked up as a name.
    private static func isHostName(_ text: [UInt8]) -> Bool {
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let first = labels.last?.first, text.count <= Limits.domainNameBytesMax else {
            return false
        }
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20)
        return isLetter
            && labels.allSatisfy { label in
                !label.isEmpty && label.count <= Limits.domainLabelBytesMax
                    && label.allSatisfy { byte in
                        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    }
            }
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

    /// Sends the request on; what keeps it is logged as a warning.
    private static func forward(
        _ context: ScriptContext, _ send: (ScriptContext) throws(ForwardFailure) -> Void
    ) -> Int {
        do throws(ForwardFailure) {
            try send(context)
            return 1
        } catch {
            if context.isLogging(.warning) { context.log(.warning, "forward(): \(error.reason)") }
            return -1
        }
    }
}
