internal import Basics
internal import EventDocuments
internal import Locations
internal import Logging
internal import ModuleKit
internal import PUA
internal import Publications
internal import Usrloc
internal import Synchronization

/// Publishing what registers here.
///
/// A worker that binds a contact does no more than the location table does anyway: it copies the
/// event into the journal of its shard. Everything else happens on queues behind it.
extension PUAReginfoModule {
    /// Documents that are made in one go before the queue looks who else wants something.
    private static let documentsPerTurn = 256
    /// Seconds that the news of the last contact's end is kept by the presence server.
    private static let endedSeconds = 3_600

    // MARK: What happens

    /// Notes changes of contacts; those of contacts that other servers have are theirs to tell.
    func note(_ events: borrowing LocationEvents, of table: LocationTable) {
        let name = table.name
        var buffer = ByteWriter(capacity: 64)
        book.withLock { book in
            events.forEach { event, origin, binding in
                guard binding.maker != .reginfo, !origin.marks.contains(.keepQuiet) else { return }
                buffer.removeAll()
                binding.writeRuid(into: &buffer)
                let hasEnded = event == .removed || event == .expired
                book.note(
                    event, origin.cause, Array(copying: buffer.span),
                    ended: hasEnded ? BindingCopy(binding) : nil,
                    of: PublicationBook.Key(table: name, aor: Array(copying: binding.aor)))
            }
        }
        if events.lost > 0 { noteAll(of: table) }
        publishDue()
    }

    /// Notes every address-of-record of a table: what has happened to which is not known.
    private func noteAll(of table: LocationTable) {
        var cursor = LocationCursor()
        while !cursor.isAtEnd {
            var seen: Set<[UInt8]> = []
            table.walk(&cursor, limit: 1_000) { binding in
                guard binding.maker != .reginfo else { return }
                seen.insert(Array(copying: binding.aor))
            }
            book.withLock { book in
                for aor in seen {
                    book.noteUnknown(PublicationBook.Key(table: table.name, aor: aor))
                }
            }
        }
    }

    // MARK: What is told

    /// Makes the documents that are due and hands them to the user agent.
    func publishDue() {
        let report = RegistrationReport(
            names: names, defaultDomain: Array(parameters.defaultDomain.utf8),
            showsGRUUs: setting("gruu_enabled") != .integer(0))
        while true {
            let now = SystemClock.wall()
            let orders = book.withLock { $0.take(limit: Self.documentsPerTurn, now: now) }
            guard !orders.isEmpty else { return }
            for order in orders { publish(order, report, now) }
        }
    }

    /// Publishes one address-of-record.
    private func publish(
        _ order: PublicationBook.Order, _ report: RegistrationReport, _ now: WallTime
    ) {
        guard let table = usrloc.existingTable(named: order.key.table) else {
            return finish(order.key, isTold: true, isActive: false)
        }
        let contacts: [BindingCopy]
        do throws(LocationsUnavailable) {
            contacts = try usrloc.contacts(in: table, order.key.aor.span, now: now)
        } catch {
            return finish(order.key, isTold: false, isActive: true)
        }
        let made = report.report(
            order, contacts, hash: table.hashValue(of: order.key.aor.span),
            version: nextVersion(order.key, now), now: now)
        guard let made else { return finish(order.key, isTold: true, isActive: false) }
        let isActive = made.isActive
        let id = Array("REGINFO_PUBLISH.".utf8) + order.key.aor + Array("@\(table.name)".utf8)
        let request = PublicationRequest(
            made.presentity, event: .registration, source: .registrationPublish, id: id,
            body: made.info.document().bytes,
            expiresSeconds: made.lifetimeSeconds.map { $0 > 0 ? $0 : Self.endedSeconds } ?? -1,
            outboundProxy: parameters.nextHop)
        counters.published.add(1)
        let admission = pua.publish(request) { [weak self] reply in
            // What the user agent tries again by itself is as good as told.
            let isTold = reply.isSuccess || reply.isRetried
            self?.finish(order.key, isTold: isTold, isActive: isActive)
        }
        guard case .refused(let why) = admission else { return }
        if why != .full && why != .notRunning {
            services.logger.warning(
                "pua_reginfo: a registration cannot be published",
                metadata: [
                    "aor": "\(String(decoding: made.presentity, as: UTF8.self))",
                    "why": "\(why)",
                ])
        }
        let isHopeless = why != .full && why != .notRunning
        finish(order.key, isTold: isHopeless, isActive: isActive)
    }

    /// Notes what became of a document.
    private func finish(_ key: PublicationBook.Key, isTold: Bool, isActive: Bool) {
        if !isTold { counters.unpublished.add(1) }
        let now = SystemClock.wall()
        let isReady = book.withLock { book in
            book.finish(key, isTold: isTold, isActive: isActive, now: now)
            return book.isReady
        }
        if isReady { publishing.ask() }
    }

    /// The version of the next document of an address-of-record.
    ///
    /// Each watcher has its own count, which the presence server keeps; this one is for those of a
    /// server that passes documents on as they are. They take a lower version for an old document,
    /// also after a restart: so the count begins with the seconds that have gone by since 2025, and
    /// no address-of-record changes more than once a second for long.
    private func nextVersion(_ key: PublicationBook.Key, _ now: WallTime) -> Int {
        let number = names.dialog(callID: key.aor, local: Array(key.table.utf8), remote: [])
        return versions.withLock { $0.next(of: number, now: now) }
    }

    /// A setting of module registrar, which says how addresses-of-record and GRUUs are made.
    func setting(_ name: String) -> SettingValue? {
        try? services.settings.value(group: "registrar", name: name)
    }
}
