/// One load of the presence server and the rows that it fills.
enum PresenceWorkload: CaseIterable, Sendable {
    /// New subscriptions with their first NOTIFY.
    case subscribe
    /// Publications with one watcher each.
    case publish
    /// Publications with ten watchers each.
    case ten
    /// Publications with a thousand watchers each.
    case thousand

    /// The row that compares with Kamailio's default modes.
    var usual: Figure {
        switch self {
        case .subscribe: .presenceSubscribe
        case .publish: .presencePublish
        case .ten: .presenceTen
        case .thousand: .presenceThousand
        }
    }

    /// The row that compares with Kamailio without a database.
    var memory: Figure {
        switch self {
        case .subscribe: .presenceSubscribeMemory
        case .publish: .presencePublishMemory
        case .ten: .presenceTenMemory
        case .thousand: .presenceThousandMemory
        }
    }

    /// The row for the CPU time, if there is one.
    var cost: Figure? {
        switch self {
        case .subscribe: .presenceSubscribeCost
        case .publish: .presencePublishCost
        case .ten: .presenceNotifyCost
        case .thousand: nil
        }
    }

    /// Whether its rows count NOTIFYs and not operations.
    var countsNotifies: Bool { self == .ten || self == .thousand }

    /// The load; windows are wide enough that the server is never idle, and no wider, so that
    /// what waits fits into the buffers of the sockets.
    func request(port: UInt16, _ options: BenchmarkOptions) -> PresenceRequest {
        var request = PresenceRequest(
            port: port, kind: .publish, presentities: options.presentities)
        request.seconds = options.presenceSeconds
        switch self {
        case .subscribe:
            request.kind = .subscribe
            request.presentities = 10_000
            request.watchersEach = 20 * options.presenceSeconds
        case .publish: break
        case .ten:
            request.presentities = max(1, options.presentities / 5)
            request.watchersEach = 10
        case .thousand:
            request.presentities = options.thousandPresentities
            request.watchersEach = 1_000
            request.window = 2
        }
        return request
    }
}
