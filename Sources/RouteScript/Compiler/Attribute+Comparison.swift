internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Reading the parts of a message that the language itself can compare.
extension Attribute {
    /// The value; null where the message has none.
    ///
    /// Texts are ranges of the message wherever they can be; only addresses and the transport are
    /// written out, into the scratch buffer.
    var read: ValueStep {
        switch self {
        case .method: { .text(.message($0.methodName)) }
        case .uri: { $0.message.kind == .request ? .text($0.requestURI) : .null }
        case .fromURI: { context in Self.uri(context.addressURI(.from)) }
        case .toURI: { context in Self.uri(context.addressURI(.to)) }
        case .sourceIP: { context in Self.host(context.origin.source, context) }
        case .destinationIP:
            { context in context.localAddress.map { Self.host($0, context) } ?? .null }
        case .sourcePort: { .integer(Int($0.origin.source.port)) }
        case .destinationPort: { .integer(Int($0.localAddress?.port ?? 0)) }
        case .proto:
            { context in
                .text(context.compose { $0.append(context.origin.transport.name) })
            }
        case .addressFamily: { .integer($0.origin.source.isIPv6 ? 10 : 2) }
        case .status: { .integer($0.message.status) }
        case .messageLength: { .integer($0.messageLength) }
        }
    }

    /// A URI within the message as a value.
    private static func uri(_ range: ByteRange?) -> ScriptValue {
        range.map { .text(.message($0)) } ?? .null
    }

    /// An address without its port as a value.
    private static func host(_ address: PeerAddress, _ context: ScriptContext) -> ScriptValue {
        .text(context.compose { address.writeHost(into: &$0) })
    }

    /// Whether the value is a number.
    var isInteger: Bool {
        switch self {
        case .sourcePort, .destinationPort, .addressFamily, .status, .messageLength: true
        default: false
        }
    }
}

/// Comparing attributes: strings without regard to case, addresses with networks, and `myself`.
extension Compiler {
    /// A comparison whose left operand is an attribute.
    ///
    /// The left operand decides, as everywhere, but by rules of its own (script.md 6): `method ==
    /// "register"` holds for a REGISTER, `$rm == "register"` does not.
    mutating func compare(
        _ attribute: Attribute, _ operation: BinaryOperator, _ right: Expression,
        at position: Position
    ) throws(ScriptError) -> Compiled {
        switch operation {
        case .equal, .notEqual:
            let isEqual = operation == .equal
            if case .word(let word) = right.kind {
                let test = try literal(attribute, word, at: right.position)
                return Compiled(.integer { test($0) == isEqual ? 1 : 0 })
            }
            let operand = try expression(right)
            if attribute.isInteger {
                return Compiled(
                    .integer(
                        Comparison.equality(
                            Compiled(.integer(Compiled(.value(attribute.read)).integer)),
                            operand, isEqual: isEqual)), from: operand)
            }
            if let text = operand.constantText,
                attribute == .sourceIP || attribute == .destinationIP
            {
                let test = try address(attribute, text, at: right.position)
                return Compiled(.integer { test($0) == isEqual ? 1 : 0 })
            }
            let test = Self.text(attribute.read, operand.value)
            return Compiled(.integer { test($0) == isEqual ? 1 : 0 }, from: operand)
        case .match:
            let operand = try expression(right)
            do {
                let left = Compiled(.value(attribute.read))
                return Compiled(.integer(try Comparison.match(left, operand)), from: operand)
            } catch {
                throw failure(.value, at: right.position, error.message)
            }
        case .less, .greater, .lessOrEqual, .greaterOrEqual:
            let operand = try expression(right)
            let (a, b) = (Compiled(.value(attribute.read)).integer, operand.integer)
            return Compiled(
                .integer { context in
                    Arithmetic.apply(operation, a(context), b(context)) ?? 0
                }, from: operand)
        default:
            throw failure(
                .value, at: position,
                "\"\(attribute.rawValue)\" can only be compared, with == != =~ < > <= >=")
        }
    }

    /// A test against a bare word.
    ///
    /// A bare word is read by its attribute: a method, a transport, a family, an address or
    /// `myself`. For the others it would most likely be a definition that is missing.
    private func literal(
        _ attribute: Attribute, _ word: String, at position: Position
    ) throws(ScriptError) -> @Sendable (ScriptContext) -> Bool {
        if word == "myself" { return try myself(attribute, at: position) }
        switch attribute {
        case .method: return Self.same(attribute.read, Array(word.utf8))
        case .proto:
            let known = TransportProtocol.allCases.first { "\($0.name)" == word.lowercased() }
            guard let known else {
                throw failure(
                    .value, at: position, "\"\(word)\" is no transport",
                    hint: "UDP, TCP, TLS, SCTP, WS or WSS")
            }
            return { $0.origin.transport == known }
        case .addressFamily:
            switch word.lowercased() {
            case "inet", "ipv4": return { !$0.origin.source.isIPv6 }
            case "inet6", "ipv6": return { $0.origin.source.isIPv6 }
            default:
                throw failure(
                    .value, at: position, "\"\(word)\" is no address family",
                    hint: "INET or INET6")
            }
        case .sourceIP, .destinationIP: return try address(attribute, word, at: position)
        default:
            throw failure(
                .value, at: position,
                "\"\(attribute.rawValue)\" cannot be compared with \"\(word)\"",
                hint: "put it in quotes")
        }
    }

    /// Whether an address, or the host of a URI, is this server.
    ///
    /// The destination of a message that was received is always this server.
    private func myself(
        _ attribute: Attribute, at position: Position
    ) throws(ScriptError) -> @Sendable (ScriptContext) -> Bool {
        switch attribute {
        case .uri: return { $0.isMyself(uri: $0.requestURI) }
        case .fromURI:
            return { context in
                context.addressURI(.from).map { context.isMyself(uri: .message($0)) } ?? false
            }
        case .toURI:
            return { context in
                context.addressURI(.to).map { context.isMyself(uri: .message($0)) } ?? false
            }
        case .sourceIP: return { $0.isMyself(address: $0.origin.source) }
        case .destinationIP: return { _ in true }
        default:
            throw failure(
                .value, at: position, "\"\(attribute.rawValue)\" cannot be compared with myself",
                hint: "uri, from_uri, to_uri, src_ip and dst_ip can")
        }
    }

    /// A test against an address or a network: `10.0.0.1`, `10.0.0.0/8`, `[2001:db8::]/32`.
    private func address(
        _ attribute: Attribute, _ text: String, at position: Position
    ) throws(ScriptError) -> @Sendable (ScriptContext) -> Bool {
        guard let network = Network(text) else {
            throw failure(
                .value, at: position, "\"\(text)\" is no address and no network",
                hint: "write 10.0.0.1, 10.0.0.0/8 or [2001:db8::]/32")
        }
        if attribute == .sourceIP { return { network.contains($0.origin.source) } }
        return { context in context.localAddress.map { network.contains($0) } ?? false }
    }

    /// A test for fixed bytes, without regard to case.
    ///
    /// No attribute at all equals the empty text only.
    private static func same(
        _ read: @escaping ValueStep, _ bytes: [UInt8]
    ) -> @Sendable (ScriptContext) -> Bool {
        { context in
            guard case .text(let text) = read(context) else { return bytes.isEmpty }
            return context.withBytes(of: text) { $0.matches(bytes.span) }
        }
    }

    /// A test of two texts, without regard to case.
    private static func text(
        _ left: @escaping ValueStep, _ right: @escaping ValueStep
    ) -> @Sendable (ScriptContext) -> Bool {
        { context in
            let first = left(context)
            let second = right(context)
            guard case .text(let a) = first, let b = context.text(second) else { return false }
            return context.withBytes(of: a) { one in
                context.withBytes(of: b) { two in one.matches(two) }
            }
        }
    }
}

/// An address, or all addresses that begin like it.
///
/// Both families are compared as 128 bits, and an IPv4 address never belongs to an IPv6 network,
/// not even to `::/0`: rules for one family should not open the other.
struct Network: Sendable, Hashable {
    /// The address.
    private let address: PeerAddress
    /// How many bits of the 128 count, from the left; IPv4 addresses are the last 32 of them.
    private let highMask: UInt64
    private let lowMask: UInt64

    /// Reads `address` or `address/bits`; nil when the text has another form.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return nil }
        let bytes = Array(parts[0].utf8)
        guard let address = PeerAddress(literal: bytes.span, port: 0) else { return nil }
        let width = address.isIPv6 ? 128 : 32
        var bits = width
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...width).contains(given) else { return nil }
            bits = given
        }
        let counted = bits + 128 - width
        self.address = address
        highMask = counted >= 64 ? .max : Self.mask(counted)
        lowMask = counted > 64 ? Self.mask(counted - 64) : 0
    }

    /// Whether an address belongs to it.
    func contains(_ other: PeerAddress) -> Bool {
        other.isIPv6 == address.isIPv6 && (other.high ^ address.high) & highMask == 0
            && (other.low ^ address.low) & lowMask == 0
    }

    /// A number whose highest bits are set.
    ///
    /// A shift by 64 is undefined for the processor and checked by Swift, so no bits at all are a
    /// case of their own.
    private static func mask(_ bits: Int) -> UInt64 {
        assert(bits >= 0 && bits <= 64)
        return bits == 0 ? 0 : .max << UInt64(64 - bits)
    }
}
