import Basics
import Locations
import SIPSyntax

/// What the registrar asks of clients and proxies for flows (RFC 5626 6).
struct OutboundRules {
    /// Whether there are flows.
    let mode: RegistrarParameters.OutboundMode
    /// When a reg-id counts.
    let regIDMode: RegistrarParameters.RegIDMode
    /// Seconds in Flow-Timer; 0 is none.
    let flowTimer: Int

    /// The rules that the settings make.
    init(_ parameters: borrowing RegistrarParameters) {
        mode = parameters.outboundMode
        regIDMode = parameters.regIDMode
        flowTimer = parameters.flowTimer
    }

    /// Whether a client says that it supports flows.
    private func isIndicated(_ message: borrowing SIPMessage) -> Bool {
        message.supports("outbound") || message.lists("outbound", in: .require)
    }

    /// Checks a request that was read, and takes its reg-ids away where they cannot count.
    ///
    /// A reg-id counts when the client is a hop away, or when the proxy nearest to it has put `ob`
    /// into its Path. A client that counts on it is told with 439 that the proxy does not.
    func apply(
        to request: inout RegistrationRequest, _ message: borrowing SIPMessage
    ) throws(RegistrarFailure) {
        guard mode != .none else { return }
        let isIndicated = isIndicated(message)
        if mode == .required, !isIndicated { throw .outboundRequired }
        guard !request.contacts.isEmpty, regIDMode == .proven, Self.hasProxies(message) else {
            return
        }
        if try PathVector.isOutbound(message) { return }
        if isIndicated, request.contacts[0].regID > 0 { throw .firstHopLacksOutbound }
        request.dropRegIDs()
    }

    /// Whether a request came over proxies: it has more than one Via.
    private static func hasProxies(_ message: borrowing SIPMessage) -> Bool {
        var vias = message.vias
        do throws(SyntaxError) {
            guard try vias.next() != nil else { return false }
            return try vias.next() != nil
        } catch {
            return true
        }
    }

    /// Writes what a 200 says of flows: that they are there, and to a client that supports them how
    /// often it has to show that it lives (RFC 5626 5.4).
    func writeAnswer(_ message: borrowing SIPMessage, into writer: inout ByteWriter) {
        switch mode {
        case .none: return
        case .supported:
            writer.append("Supported: outbound\r\n")
            guard isIndicated(message) else { return }
            writer.append("Require: outbound\r\n")
        case .required: writer.append("Require: outbound\r\nSupported: outbound\r\n")
        }
        guard flowTimer > 0 else { return }
        writer.append("Flow-Timer: ")
        writer.append(decimal: flowTimer)
        writer.append("\r\n")
    }
}

/// Extensions that a REGISTER may require of a registrar, and that settings may switch off.
struct RequiredExtensions: OptionSet, Equatable {
    /// One bit for each.
    let rawValue: UInt8
    /// RFC 3327.
    static let path = RequiredExtensions(rawValue: 1)
    /// RFC 5627.
    static let gruu = RequiredExtensions(rawValue: 2)
    /// RFC 5626.
    static let outbound = RequiredExtensions(rawValue: 4)

    /// Those that a message requires.
    init(requiredBy message: borrowing SIPMessage) {
        var all: RequiredExtensions = []
        if message.lists("path", in: .require) { all.insert(.path) }
        if message.lists("gruu", in: .require) { all.insert(.gruu) }
        if message.lists("outbound", in: .require) { all.insert(.outbound) }
        self = all
    }

    /// A set of bits.
    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Those that the settings have.
    init(offeredBy parameters: borrowing RegistrarParameters) {
        var all: RequiredExtensions = []
        if parameters.usesPath { all.insert(.path) }
        if parameters.isGRUUEnabled { all.insert(.gruu) }
        if parameters.outboundMode != .none { all.insert(.outbound) }
        self = all
    }

    /// Writes the header field Unsupported (RFC 3261 8.2.2.3).
    func writeUnsupported(into writer: inout ByteWriter) {
        writer.append("Unsupported: ")
        var isFirst = true
        for (tag, name) in Self.names where contains(tag) {
            if !isFirst { writer.append(", ") }
            writer.append(name)
            isFirst = false
        }
        writer.append("\r\n")
    }

    private static var names: [(RequiredExtensions, StaticString)] {
        [(.path, "path"), (.gruu, "gruu"), (.outbound, "outbound")]
    }
}
