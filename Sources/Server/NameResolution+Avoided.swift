package import Basics
package import ModuleKit
internal import Resolution
internal import Synchronization

/// Destinations that have failed, and are left alone for a while.
extension NameResolution: AvoidedDestinations {
    /// Whether any is avoided: asked for each request that is sent on, so it costs three loads.
    package var isAvoiding: Bool {
        refresh()
        return avoids.load(ordering: .relaxed)
    }

    /// Whether a destination is avoided now.
    package func avoids(_ destination: Origin) -> Bool {
        guard let place = Candidate(destination) else { return false }
        return blocklist.isBlocked(place, now: SystemClock.monotonic())
    }

    /// Avoids a destination, if that is what the settings want.
    package func avoid(_ destination: Origin, seconds: Int?, reason: Int) {
        guard isAvoiding, let place = Candidate(destination) else { return }
        let seconds = seconds ?? avoidedSeconds.load(ordering: .relaxed)
        guard seconds > 0 else { return }
        let now = SystemClock.monotonic()
        let end = MonotonicTime(
            nanoseconds: now.nanoseconds &+ UInt64(seconds) * 1_000_000_000)
        blocklist.block(place, until: end, now: now, flags: reason)
    }

    /// All that are avoided.
    package var avoided: [AvoidedDestination] {
        let now = SystemClock.monotonic()
        return blocklist.rows(now: now).map { row in
            AvoidedDestination(
                destination: Origin(row.destination),
                secondsLeft: Int((row.end.since(now) + 999_999_999) / 1_000_000_000),
                reason: row.flags)
        }
    }

    /// How many are kept, and how many may be.
    package var avoidedCount: (used: Int, most: Int) {
        (blocklist.count, Limits.blockedDestinationsMax)
    }

    /// Avoids none of them any more.
    package func avoidNone() { blocklist.releaseAll() }
}

extension Candidate {
    /// The same place in the words of name servers; nil for a transport that no name leads to.
    fileprivate init?(_ origin: Origin) {
        switch origin.transport {
        case .udp: self.init(transport: .udp, address: origin.source)
        case .tcp: self.init(transport: .tcp, address: origin.source)
        case .tls: self.init(transport: .tls, address: origin.source)
        case .ws, .wss, .sctp: return nil
        }
    }
}

extension Origin {
    /// The same place in the words of messages.
    fileprivate init(_ place: Candidate) {
        let transport: TransportProtocol =
            switch place.transport {
            case .udp: .udp
            case .tcp: .tcp
            case .tls: .tls
            }
        self.init(transport: transport, socket: .none, source: place.address)
    }
}
