public import Basics
internal import Logging
internal import SIPSyntax

/// Sending a request on to where a name leads (RFC 3263), without keeping a worker waiting.
extension ScriptContext {
    /// Sends the request on to where its URIs lead, or a URI that the script gives.
    ///
    /// An address, or a name whose records are known, is followed at once. Otherwise the request is
    /// kept as it is and leaves when a name server has answered; the caller goes on meanwhile. When
    /// nothing comes of it the log says so and the request is answered with 478. A `transport`
    /// takes the place of the one found.
    public func forward(
        along uri: [UInt8]? = nil, over transport: TransportProtocol? = nil
    ) throws(ForwardFailure) {
        guard message.kind == .request else { throw .wrongKind }
        if uri == nil, let hop = try addressedHop() {
            try forward(to: Self.hop(hop, over: transport))
            return
        }
        let uri = uri ?? destinationURI ?? withRequestURI { Array(copying: $0) }
        guard let hops = try services.resolver.known(uri.span) else {
            followLater(uri, over: transport)
            return
        }
        guard let first = hops.first else { throw .unresolvedHost }
        try forward(to: Self.hop(withTarget(first), over: transport))
    }

    /// Where the request goes next if that needs no name server, nil where it may need one.
    private func addressedHop() throws(ForwardFailure) -> Origin? {
        do throws(ForwardFailure) {
            return try nextHop()
        } catch {
            // A resolver may know how to reach what addresses alone cannot tell.
            if error == .unresolvedHost || error == .noSocket { return nil }
            throw error
        }
    }

    /// Keeps the request until a name server has answered.
    private func followLater(_ uri: [UInt8], over transport: TransportProtocol?) {
        let kept = KeptRequest(self)
        // It counts as sent on: the script has done its part.
        forwardedRequests += 1
        services.resolver.resolve(uri) { [services] result in
            services.perform { context in
                guard kept.restore(into: context) else { return }
                do throws(ForwardFailure) {
                    guard let hop = try result.get().first else { throw .unresolvedHost }
                    try context.forward(to: Self.hop(context.withTarget(hop), over: transport))
                } catch {
                    let place = String(decoding: uri, as: UTF8.self)
                    services.logger.warning("forward() to \(place): \(error.reason)")
                    context.refuse(error)
                }
            }
        }
    }

    /// Answers a request that could not be sent on after its script had ended, as the script would
    /// have done.
    private func refuse(_ failure: ForwardFailure) {
        switch failure {
        // Whoever drops a request wants no answer to it.
        case .dropped: break
        case .tooManyHops: refuse(483, "Too Many Hops")
        default: refuse(478, "Unresolvable destination")
        }
    }

    private func refuse(_ status: Int, _ reason: String) {
        let bytes = Array(reason.utf8)
        _ = reply(status, bytes.span)
    }

    /// A hop with another transport, if one is asked for; no connection is of both.
    private static func hop(_ hop: Origin, over transport: TransportProtocol?) -> Origin {
        guard let transport, hop.transport != transport else { return hop }
        return Origin(transport: transport, socket: hop.socket, source: hop.source)
    }
}
