internal import Basics
internal import JSONValue
internal import ModuleKit
internal import Subscriptions
internal import Synchronization

/// What the `presence.*` commands do; errors have the code and the words of Kamailio's.
extension PresenceModule {
    /// `presence.cleanup`: looks for what has expired now, in memory and in the tables.
    func cleanUp() -> RPCOutcome {
        if let running = running.load() { tick(running, now: SystemClock.wall()) }
        cleanStorage()
        return .value(.string("Reload OK"))
    }

    /// `presence.refreshWatchers`.
    func refreshWatchers(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (uri, event) = try Self.subject(call)
        let command: WatcherCommand
        switch call.integer(2) {
        case 0?: command = .reauthorise
        case 1?: command = .notifyAgain
        case 2?: command = try Self.document(call)
        default: throw RPCError(500, "type is 0, 1 or 2")
        }
        try carryOut(command, uri, event, failing: "Execution failed")
        return .done
    }

    private static func document(_ call: RPCCall) throws(RPCError) -> WatcherCommand {
        guard let place = call.string(3), let name = call.string(4) else {
            throw RPCError(500, "No file uri or name parameters")
        }
        guard !place.isEmpty else { throw RPCError(500, "Empty file uri parameter") }
        guard !name.isEmpty else { throw RPCError(500, "Empty file name parameter") }
        return .takeDocument(uri: Array(place.utf8), name: Array(name.utf8))
    }

    /// `presence.updateWatchers`.
    func updateWatchers(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (uri, event) = try Self.subject(call)
        try carryOut(.reauthorise, uri, event, failing: "Processing error")
        return .done
    }

    private static func subject(
        _ call: RPCCall
    ) throws(RPCError) -> (uri: [UInt8], event: [UInt8]) {
        let uri = Array((call.string(0) ?? "").utf8)
        let event = Array((call.string(1) ?? "").utf8)
        guard !uri.isEmpty else { throw RPCError(500, "Empty presentity URI") }
        guard !event.isEmpty else { throw RPCError(500, "Empty event parameter") }
        return (uri, event)
    }

    private func carryOut(
        _ command: WatcherCommand, _ uri: [UInt8], _ event: [UInt8], failing words: String
    ) throws(RPCError) {
        guard let running = running.load() else { throw RPCError(500, words) }
        var failure: WatcherCommandFailure?
        let now = SystemClock.wall()
        perform(running, now: now) { _, orders in
            do throws(WatcherCommandFailure) {
                try carryOut(command, uri, event, running, now, &orders)
            } catch { failure = error }
        }
        drain(running, now: now)
        switch failure {
        case nil: return
        case .badURI: throw RPCError(500, "\(words): the presentity is no SIP URI")
        case .unknownEvent: throw RPCError(500, "\(words): no such event package")
        case .refused:
            throw RPCError(
                500, "\(words): the package needs no authorisation, or there is no document")
        }
    }

    // MARK: Lists

    /// `presence.presentity_list`.
    func listPresentities(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        try list(
            .publications, call, mode: 0,
            try filter(presentity: call.string(1), event: call.string(2)), limit: 3, after: 4)
    }

    /// `presence.presentity_show`: `*` stands for any user and any domain.
    func showPresentities(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        var filter = try filter(presentity: nil, event: call.string(3))
        if let user = call.string(1), user != "*" { filter.user = Array(user.utf8) }
        if let domain = call.string(2), domain != "*" { filter.host = Array(domain.utf8) }
        return try list(.publications, call, mode: 0, filter, limit: 4, after: 5)
    }

    /// `presence.watcher_list`.
    func listWatchers(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        try list(
            .subscriptions, call, mode: 0,
            try filter(presentity: call.string(1), event: call.string(2)), limit: 3, after: 4)
    }

    private func filter(
        presentity: String?, event: String?
    ) throws(RPCError) -> ListFilter {
        var filter = ListFilter()
        if let presentity, !presentity.isEmpty, presentity != "*" {
            do throws(WatcherCommandFailure) {
                let name = try Self.parts(of: Array(presentity.utf8))
                filter.user = name.user
                filter.host = name.host
            } catch { throw RPCError(500, "presentity must be a SIP URI or *") }
        }
        if let event, !event.isEmpty, event != "*" {
            let bytes = Array(event.utf8)
            guard let package = agent?.packages.named(bytes.span) else {
                throw RPCError(500, "no such event package: \(event)")
            }
            filter.package = package
        }
        return filter
    }

    private func list(
        _ kind: PresenceListing.Kind, _ call: RPCCall, mode: Int, _ filter: ListFilter,
        limit: Int, after: Int
    ) throws(RPCError) -> RPCOutcome {
        guard let agent else { throw RPCError(500, "Internal error: not started") }
        let isFull: Bool
        switch call.string(mode) ?? "full" {
        case "full": isFull = true
        case "basic": isFull = false
        default: throw RPCError(500, "Unknown output mode")
        }
        let limit = call.integer(limit)
        guard limit.map({ (1...Limits.listedRecordsMax).contains($0) }) ?? true else {
            throw RPCError(500, "limit must be from 1 to \(Limits.listedRecordsMax)")
        }
        let listing = PresenceListing(
            agent, kind, filter, isFull: isFull, limit: limit,
            from: try Self.cursor(call.string(after)))
        return .stream(listing)
    }

    private static func cursor(_ text: String?) throws(RPCError) -> ListCursor {
        guard let text, !text.isEmpty else { return ListCursor() }
        guard let number = UInt64(text) else {
            throw RPCError(500, "after is what the page before gave as after")
        }
        return ListCursor(number: number)
    }
}
