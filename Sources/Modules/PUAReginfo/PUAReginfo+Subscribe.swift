internal import Basics
internal import Logging
internal import ModuleKit
internal import PUA
internal import Publications
internal import SIPSyntax
internal import Synchronization

/// Following the registrations of other servers.
extension PUAReginfoModule {
    /// Seconds of a subscription where the script names none.
    static let subscriptionSeconds = 3_600

    /// Follows a URI (`reginfo_subscribe`).
    func follow(_ context: ScriptContext, _ uri: ScriptText, _ seconds: Int) -> Int {
        let bytes = context.bytes(of: uri)
        if follow(bytes, seconds) { return 1 }
        services.logger.warning(
            "reginfo_subscribe: no SIP URI, seconds below 0, or too many wait already",
            metadata: ["uri": "\(String(decoding: bytes.prefix(255), as: UTF8.self))"])
        return -1
    }

    /// Follows a URI: the SUBSCRIBE leaves when its turn has come; false when it cannot.
    func follow(_ uri: [UInt8], _ seconds: Int) -> Bool {
        guard uri.count <= Limits.presentityBytesMax, seconds >= 0,
            let parsed = try? SIPURI(parsing: uri.span), parsed.isSIP
        else { return false }
        let wish = SubscriptionLane.Wish(uri: uri, seconds: min(seconds, Int(Int32.max)))
        guard lane.withLock({ $0.add(wish) }) else { return false }
        order.withLock { $0.hasFollowed = true }
        turnLane()
        return true
    }

    /// Sends what may leave.
    func turnLane() {
        while let wish = lane.withLock({ $0.next() }) {
            guard subscribe(wish) else { return }
        }
    }

    /// Hands one wish to the user agent; false when it wants no more now.
    private func subscribe(_ wish: SubscriptionLane.Wish) -> Bool {
        let address = Array(parameters.serverAddress.utf8)
        let request = SubscriptionRequest(
            wish.uri, watcher: address, contact: address, event: .registration,
            source: .registrationSubscribe, expiresSeconds: wish.seconds,
            outboundProxy: parameters.nextHop)
        let admission = pua.subscribe(request) { [weak self] reply in
            self?.subscribed(wish, reply)
        }
        guard case .refused(let why) = admission else { return true }
        lane.withLock { $0.finish() }
        if why == .full || why == .notRunning {
            // The timer comes back to it.
            _ = lane.withLock { $0.add(wish) }
            return false
        }
        services.logger.warning(
            "reginfo_subscribe: the user agent does not take it",
            metadata: ["uri": "\(String(decoding: wish.uri, as: UTF8.self))", "why": "\(why)"])
        return true
    }

    /// A SUBSCRIBE has ended; what failed is the user agent's to try again.
    private func subscribed(_ wish: SubscriptionLane.Wish, _ reply: PUAReply) {
        lane.withLock { $0.finish() }
        if !reply.isSuccess {
            services.logger.warning(
                "a server refuses to tell of its registrations",
                metadata: [
                    "uri": "\(String(decoding: wish.uri, as: UTF8.self))",
                    "status": "\(reply.status)", "again": "\(reply.isRetried)",
                ])
        }
        turnLane()
    }
}
