internal import Basics
internal import Glibc
internal import Locations
internal import ModuleKit
internal import SIPSyntax
internal import Synchronization

/// How keepalives come into the module: a job each second, and a look at every reply.
extension UsrlocModule {
    /// Starts to keep contacts alive, if `ka_mode` asks for it.
    func startKeepalive() throws(StartFailure) {
        guard parameters.keepalive.isEnabled else { return }
        let secret = UInt64.random(in: .min ... .max)
        let settings = KeepaliveSettings(
            parameters: parameters.keepalive, natMask: parameters.natMask,
            usesDomain: parameters.usesDomain, serverID: UInt32(clamping: services.serverID),
            callIDPrefix: "ksrulka-\(String(secret, radix: 16))-\(String(getpid(), radix: 16))-")
        let keeper = try Keepalive(settings, services: services) { [weak self] in
            self?.tables ?? []
        }
        keepalive.withLock { $0 = keeper }
        // The share of a row is that of the job that pings it, where nothing else says so.
        if partitions.value == 0 { partitions.set(parameters.timerJobs) }
        services.network.takeReplies { context in
            keeper.take(context, microseconds: Self.microseconds)
        }
        services.every(1, "usrloc.keepalive") {
            keeper.turn(
                now: SystemClock.wall(), second: Int(Self.microseconds / 1_000_000),
                microseconds: Self.microseconds
            ) { Int.random(in: $0) }
        }
    }

    /// The clock that round trips are measured with.
    private static var microseconds: UInt64 { SystemClock.monotonic().nanoseconds / 1_000 }

    // MARK: What parameters may be

    /// A method is a token (RFC 3261 25.1).
    static func methodFault(_ text: String) -> String? {
        let isToken = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isToken && !text.isEmpty && text.utf8.count <= 32 ? nil : "is a SIP method"
    }

    /// From holds a SIP URI, without brackets.
    static func uriFault(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.keepaliveTextBytesMax,
            let uri = try? SIPURI(parsing: bytes.span), uri.isSIP
        else { return "is a SIP URI" }
        return nil
    }

    /// A domain is a host name or an address.
    static func hostFault(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.keepaliveTextBytesMax, Host.kind(of: bytes.span) != nil else {
            return "is a host"
        }
        return nil
    }
}
