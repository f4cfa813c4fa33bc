import Basics
import Locations
import ModuleKit

/// Which contacts are pinged, and how: the settings as a tick needs them.
struct PingRules: Sendable {
    /// Seconds in which each contact is pinged once.
    let interval: Int
    /// Whether contacts behind a proxy get packets through its Path.
    let pingsThroughPath: Bool
    /// The socket to send from; nil for that of the registration.
    let socket: SocketIndex?
    /// URI of From in requests.
    let from: [UInt8]
    /// Method of requests.
    let method: [UInt8]
    /// Branch flags that a contact needs one of; 0 for none.
    private let needed: UInt32
    /// Branch flags with which it is left alone.
    private let disabling: UInt32
    /// Branch flags with which it gets a request.
    private let requesting: UInt32
    /// The server whose contacts are meant; nil for all.
    private let server: UInt32?
    /// Seconds without an answer after which a binding ends; 0 is never.
    private let timeout: Int

    /// The rules that settings make; errors name the parameter that is wrong.
    init(
        _ parameters: NATHelperParameters, natMask: UInt32, _ services: any Services
    ) throws(StartFailure) {
        precondition(parameters.interval > 0)
        guard !parameters.pingsNATOnly || natMask != 0 else {
            throw StartFailure("nathelper: ping_nated_only needs nat_bflag of usrloc")
        }
        interval = parameters.interval
        pingsThroughPath = parameters.pingsThroughPath
        needed = parameters.pingsNATOnly ? natMask : 0
        disabling = parameters.disablingFlag < 0 ? 0 : 1 << UInt32(parameters.disablingFlag)
        from = Array((parameters.requestFrom ?? "").utf8)
        method = Array(parameters.requestMethod.utf8)
        requesting =
            parameters.requestFlag < 0 || from.isEmpty ? 0 : 1 << UInt32(parameters.requestFlag)
        server = parameters.filtersServerID ? UInt32(clamping: services.serverID) : nil
        timeout = parameters.timeout
        socket = try Self.socket(
            parameters.forcedSocket ?? parameters.sourceSocket, services.sockets)
    }

    /// The socket of a name, which must be one that is listened on.
    private static func socket(
        _ name: String?, _ sockets: [ListeningSocket]
    ) throws(StartFailure) -> SocketIndex? {
        guard let name else { return nil }
        let wanted = name.hasPrefix("udp:") ? name : "udp:\(name)"
        guard let index = sockets.firstIndex(where: { $0.name == wanted }) else {
            throw StartFailure(
                "nathelper: force_socket \"\(name)\" is no UDP socket that is listened on")
        }
        return SocketIndex(index)
    }

    /// Whether a contact is pinged at all.
    func isMeant(_ binding: borrowing BindingView, now: WallTime) -> Bool {
        guard binding.isValid(now) else { return false }
        let values = binding.values
        if values.cflags & disabling != 0 || needed != 0 && values.cflags & needed == 0 {
            return false
        }
        return server.map { $0 == values.serverID } ?? true
    }

    /// Whether a contact gets a request instead of a packet.
    func asksByRequest(_ values: ContactValues) -> Bool { values.cflags & requesting != 0 }

    /// Whether a contact has not answered for too long.
    func hasTimedOut(_ target: PingTarget, _ now: WallTime) -> Bool {
        timeout > 0 && target.lastKeepalive.seconds + timeout < now.seconds
    }
}
