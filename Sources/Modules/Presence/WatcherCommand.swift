internal import Basics
internal import Logging
internal import ModuleKit
internal import SIPSyntax
internal import Subscriptions
internal import Synchronization

/// What `pres_refresh_watchers`, `pres_update_watchers` and the commands of the same names do.
enum WatcherCommand: Sendable, Hashable {
    /// The rules are taken up again and applied (type 0, and `pres_update_watchers`).
    case reauthorise
    /// Watchers are told the present state again (type 1).
    case notifyAgain
    /// The document at a place of the XCAP tree is published as hard state under a name (type 2).
    case takeDocument(uri: [UInt8], name: [UInt8])
}

/// Why a command about watchers fails.
enum WatcherCommandFailure: Error, Equatable {
    /// The presentity is no SIP URI.
    case badURI
    /// There is no such event package.
    case unknownEvent
    /// The package needs no authorisation, or there is no such document.
    case refused
}

extension PresenceModule {
    /// Has a command that waits for a database carried out on a control thread.
    ///
    /// What can be said without the database is said at once.
    func handOver(
        _ command: WatcherCommand, _ uri: [UInt8], _ event: [UInt8], _ running: RunningPresence
    ) throws(WatcherCommandFailure) {
        guard let package = running.agent.packages.named(event.span) else { throw .unknownEvent }
        _ = try Self.parts(of: uri)
        if command == .reauthorise {
            guard running.agent.packages[package].needsAuthorisation else { throw .refused }
        } else {
            guard sources.withLock({ !$0.documents.isEmpty }) else { throw .refused }
        }
        let entry = CommandQueue.Entry(command: command, uri: uri, event: event)
        guard commands.add(entry, { [weak self] in self?.carryOutLater($0) }) else {
            throw .refused
        }
    }

    /// Carries a command of a script out that was handed over; the log has what went wrong.
    private func carryOutLater(_ entry: CommandQueue.Entry) {
        guard let running = running.load() else { return }
        let now = SystemClock.wall()
        perform(running, now: now) { _, orders in
            do throws(WatcherCommandFailure) {
                try carryOut(entry.command, entry.uri, entry.event, running, now, &orders)
            } catch {
                let uri = String(decoding: entry.uri, as: UTF8.self)
                services.logger.warning("presence: a command about watchers of \(uri) failed")
            }
        }
        drain(running, now: now)
    }

    /// Carries a command about the watchers of a presentity out.
    func carryOut(
        _ command: WatcherCommand, _ uri: [UInt8], _ event: [UInt8], _ running: RunningPresence,
        _ now: WallTime, _ orders: inout [NotifyOrder]
    ) throws(WatcherCommandFailure) {
        guard let package = running.agent.packages.named(event.span) else { throw .unknownEvent }
        let (user, host) = try Self.parts(of: uri)
        switch command {
        case .reauthorise:
            guard reauthorise(running, user, host, package, now, &orders) != nil else {
                throw .refused
            }
        case .notifyAgain:
            _ = running.agent.notifyAgain(
                package: package, user: user.span, host: host.span, now: now, into: &orders)
        case .takeDocument(let place, let name):
            try take(place, name, package, user, host, running.agent, now, &orders)
        }
    }

    /// Publishes a document of the XCAP tree as hard state, or withdraws one that is gone.
    private func take(
        _ place: [UInt8], _ name: [UInt8], _ package: PackageIndex, _ user: [UInt8],
        _ host: [UInt8], _ agent: StateAgent, _ now: WallTime, _ orders: inout [NotifyOrder]
    ) throws(WatcherCommandFailure) {
        let readers = sources.withLock { $0.documents }
        guard !readers.isEmpty else { throw .refused }
        var body: [UInt8] = []
        for read in readers where body.isEmpty {
            switch read(user, host, place) {
            case .found(let bytes): body = bytes
            case .missing: continue
            // Nobody knows whether it is gone: what was taken up before goes on to hold.
            case .unavailable: throw .refused
            }
        }
        let request = PublishRequest(
            package: package, user: user.span, host: host.span, ifMatch: name.span,
            body: body.span, sender: Span())
        let outcome = agent.setHardState(request, now: now, into: &orders)
        guard case .accepted = outcome else { throw .refused }
    }

    /// User and host of a SIP URI in the form in which presentities are known.
    static func parts(
        of uri: [UInt8]
    ) throws(WatcherCommandFailure) -> (user: [UInt8], host: [UInt8]) {
        var names = ByteWriter(capacity: 128)
        do throws(RequestFailure) {
            let place = try AddressReader.copy(uri: uri.span, into: &names)
            return (
                Array(copying: names.span(place.user)), Array(copying: names.span(place.host))
            )
        } catch { throw .badURI }
    }
}
