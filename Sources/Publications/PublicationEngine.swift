public import Basics

/// The presence user agent without clock, socket and database: what to ask the store, what to
/// send, what to store and whom to tell.
///
/// Whatever is wanted of one publication or subscription is a job while it is being worked on. A
/// job looks its record up, sends one request, and stores what came of it; what is wanted meanwhile
/// waits and is merged, so that there is never more than one request on its way and the newest
/// state wins. Between jobs there is nothing but the record, in memory or in a table.
public struct PublicationEngine: Sendable {
    /// What it goes by.
    let settings: PUASettings
    /// The event packages.
    let events: PUAEventTable
    /// Makes Call-IDs and tags.
    var names: PUANames
    /// The work that is going on.
    var jobs = PUAJobTable()
    /// The same by what it is about.
    var jobsByKey: [PUAKey: UInt64] = [:]
    /// The requests by next hop.
    var lanes: [[UInt8]: SendLane] = [:]
    /// The lanes that may have room, or something to send, since they were looked at last.
    var touchedLanes: Set<[UInt8]> = []
    /// What is to be done later.
    var alarms: PUAAlarms
    /// Records that live too short for the usual rounds, until they are refreshed.
    var early: [PUAIdentity: PUARecord] = [:]
    /// What it has done.
    public internal(set) var figures = PUAFigures()

    /// An engine; `secret` is four random words, from which all Call-IDs and tags follow.
    public init(
        settings: PUASettings, events: PUAEventTable,
        secret: (UInt64, UInt64, UInt64, UInt64), now: WallTime
    ) {
        precondition(settings.jobsMax > 0 && settings.minExpires >= 0)
        self.settings = settings
        self.events = events
        names = PUANames(secret: secret)
        alarms = PUAAlarms(now: now)
        jobsByKey.reserveCapacity(min(settings.placesAtStart, settings.jobsMax))
    }

    /// How many publications and subscriptions are being worked on.
    public var jobCount: Int { jobs.count }
    /// How many requests are on their way.
    public var inFlightCount: Int { lanes.values.reduce(0) { $0 + $1.inFlight } }

    // MARK: Wishes

    /// Somebody wants a publication; `ticket` is what he is told with, 0 for nobody.
    public mutating func publish(
        _ request: PublicationRequest, ticket: UInt64, now: WallTime,
        into orders: inout PUAOrders
    ) {
        submit(.publication(request), ticket, now, &orders)
    }

    /// Somebody wants a subscription.
    public mutating func subscribe(
        _ request: SubscriptionRequest, ticket: UInt64, now: WallTime,
        into orders: inout PUAOrders
    ) {
        submit(.subscription(request), ticket, now, &orders)
    }

    private mutating func submit(
        _ wish: PUAWish, _ ticket: UInt64, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        let tickets = ticket == 0 ? [] : [ticket]
        let key = wish.key(checksRemoteContact: settings.checksRemoteContact)
        if let number = jobsByKey[key] {
            work(number) { engine, job in
                engine.join(&job, number, wish, tickets, now, &orders)
            }
        } else if jobs.count >= settings.jobsMax {
            let reply = Self.refusal("Too much is being worked on")
            orders.ends.append(PUAEnd(tickets: tickets, source: wish.source, reply: reply))
        } else {
            let job = PUAJob(key, wish, isRefresh: false, tickets: tickets, now: now)
            let number = jobs.insert(job)
            jobsByKey[key] = number
            orders.lookups.append(PUALookup(job: number, key: Self.lookup(wish, key)))
        }
        pump(&orders)
    }

    /// A wish about something that is being worked on.
    private mutating func join(
        _ job: inout PUAJob, _ number: UInt64, _ wish: PUAWish, _ tickets: [UInt64],
        _ now: WallTime, _ orders: inout PUAOrders
    ) {
        switch job.phase {
        case .finding, .waiting:
            guard job.pending.isEmpty, let merged = job.wish.merged(with: wish) else { break }
            figures.coalesced += 1
            job.wish = merged
            job.isRefresh = false
            job.tickets += tickets
            job.deadline = PUAJob.deadline(merged, now)
            // What is to be removed is not left standing until the next attempt.
            if job.phase == .waiting, merged.isRemoval { find(&job, number, &orders) }
            return
        case .ready, .sent, .done: break
        }
        if let last = job.pending.indices.last,
            let merged = job.pending[last].wish.merged(with: wish)
        {
            figures.coalesced += 1
            job.pending[last].wish = merged
            job.pending[last].tickets += tickets
        } else if job.pending.count < Limits.pendingWishesMax {
            job.pending.append(PUAJob.Pending(wish: wish, tickets: tickets))
        } else {
            let reply = Self.refusal("Too many requests about the same wait")
            orders.ends.append(PUAEnd(tickets: tickets, source: wish.source, reply: reply))
        }
    }

    /// The reply to what is not even tried.
    static func refusal(_ words: StaticString) -> PUAReply {
        PUAReply(.refused, status: 503, reason: Array("\(words)".utf8))
    }

    /// What a record is looked up by: the entity tag too, where the asker knows it.
    static func lookup(_ wish: PUAWish, _ key: PUAKey) -> PUAKey {
        guard case .publication(let request) = wish, let etag = request.etag else { return key }
        return .publication(
            presentity: request.presentity, id: request.id, event: request.event,
            source: request.source, etag: etag)
    }

    // MARK: What comes back

    /// A record was looked up.
    public mutating func found(
        _ job: UInt64, _ finding: PUAFinding, now: WallTime, into orders: inout PUAOrders
    ) {
        work(job) { engine, entry in
            guard entry.phase == .finding else { return }
            switch finding {
            case .unavailable:
                return engine.postpone(&entry, job, after: nil, now, &orders, nil)
            case .absent: entry.record = nil
            case .found(var record):
                if let moved = entry.moved, moved.identity == record.identity {
                    record[.remoteContact] = moved.target
                }
                entry.record = record
            }
            entry.moved = nil
            engine.begin(&entry, job, now, &orders)
        }
        pump(&orders)
    }

    /// A request has ended, or could not be sent.
    public mutating func answered(
        _ token: UInt64, _ response: PUAResponse, now: WallTime, into orders: inout PUAOrders
    ) {
        let number = token & 0xFF_FFFF_FFFF_FFFF
        work(number) { engine, job in
            guard job.phase == .sent, job.number == UInt8(token >> 56),
                let exchange = job.exchange
            else { return }
            engine.leave(exchange.lane, response)
            engine.count(response)
            if exchange.isSubscribe {
                engine.settleSubscription(&job, number, exchange, response, now, &orders)
            } else {
                engine.settlePublication(&job, number, exchange, response, now, &orders)
            }
        }
        pump(&orders)
    }

    private mutating func leave(_ lane: [UInt8], _ response: PUAResponse) {
        lanes[lane]?.left(isAnswered: response.outcome == .answered)
        touchedLanes.insert(lane)
    }

    private mutating func count(_ response: PUAResponse) {
        switch response.outcome {
        case .answered where response.isSuccess: figures.accepted += 1
        case .answered: figures.refused += 1
        case .timedOut: figures.unanswered += 1
        case .undeliverable, .noRoom: figures.unsendable += 1
        }
        if response.status == 412 { figures.conditionFailed += 1 }
    }

    // MARK: Steps

    /// Works on a job that is taken out of the table meanwhile.
    mutating func work(_ number: UInt64, _ body: (inout Self, inout PUAJob) -> Void) {
        guard var job = jobs.take(number) else { return }
        body(&self, &job)
        if job.phase == .done {
            assert(job.tickets.isEmpty && job.pending.isEmpty, "somebody was not told")
            jobsByKey[job.key] = nil
            jobs.remove(number)
        } else {
            jobs.putBack(number, job)
        }
    }

    /// Looks the record up, again.
    mutating func find(_ job: inout PUAJob, _ number: UInt64, _ orders: inout PUAOrders) {
        job.phase = .finding
        orders.lookups.append(PUALookup(job: number, key: Self.lookup(job.wish, job.key)))
    }

    /// Writes the request that the wish and the record ask for, or ends the job.
    mutating func begin(
        _ job: inout PUAJob, _ number: UInt64, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        switch job.wish {
        case .publication(let request):
            beginPublication(request, &job, number, now, &orders)
        case .subscription(let request):
            beginSubscription(request, &job, number, now, &orders)
        }
    }

    /// Tells how a job has ended and goes on with what is wanted next.
    mutating func finish(
        _ job: inout PUAJob, _ number: UInt64, _ reply: PUAReply, _ now: WallTime,
        _ orders: inout PUAOrders
    ) {
        tell(&job, reply, &orders)
        job.failures = 0
        job.exchange = nil
        job.rejection = nil
        guard !job.pending.isEmpty else {
            job.phase = .done
            return
        }
        let next = job.pending.removeFirst()
        job.wish = next.wish
        job.isRefresh = false
        job.tickets = next.tickets
        job.deadline = PUAJob.deadline(next.wish, now)
        // The store is asked again: its answer tells of other servers that share the table.
        find(&job, number, &orders)
    }

    /// Tells those who asked.
    func tell(_ job: inout PUAJob, _ reply: PUAReply, _ orders: inout PUAOrders) {
        orders.ends.append(
            PUAEnd(tickets: job.tickets, source: job.wish.source, reply: reply))
        job.tickets = []
    }

    /// Writes a request and queues it to its next hop.
    mutating func queue(_ job: inout PUAJob, _ number: UInt64, _ exchange: PUAExchange) {
        job.exchange = exchange
        job.phase = .ready
        lanes[exchange.lane, default: SendLane()].add(number)
        touchedLanes.insert(exchange.lane)
    }

    /// Sends what the lanes have room for.
    mutating func pump(_ orders: inout PUAOrders) {
        while let name = touchedLanes.popFirst() {
            while let number = lanes[name]?.next() {
                work(number) { engine, job in engine.launch(&job, number, &orders) }
            }
            if lanes[name]?.isIdle == true, lanes.count > Limits.idleLanesMax {
                lanes[name] = nil
            }
        }
    }

    private mutating func launch(
        _ job: inout PUAJob, _ number: UInt64, _ orders: inout PUAOrders
    ) {
        guard let exchange = job.exchange else { preconditionFailure("nothing to send") }
        assert(job.phase == .ready)
        job.phase = .sent
        job.number &+= 1
        if exchange.isSubscribe { figures.subscribeSent += 1 } else { figures.publishSent += 1 }
        if job.isRefresh { figures.refreshes += 1 }
        orders.sends.append(
            PUASend(
                token: UInt64(job.number) << 56 | number, isSubscribe: exchange.isSubscribe,
                uri: exchange.uri, target: exchange.target,
                rest: PUARequestWriter.rest(of: exchange)))
    }

    /// Where a request goes that has no dialog.
    func target(_ wish: PUAWish, _ uri: [UInt8]) -> [UInt8] {
        if let proxy = wish.outboundProxy { return proxy }
        let route = settings.routes.first { $0.source.shares(wish.source) }
        if let proxy = route?.outboundProxy { return proxy }
        // The module's proxy is that of PUBLISH; a subscription goes where its presentity is.
        guard case .publication = wish else { return uri }
        return settings.outboundProxy ?? uri
    }
}
