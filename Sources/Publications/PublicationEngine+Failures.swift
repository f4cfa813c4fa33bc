public import Basics

/// What follows from responses that are no success, and what is done later.
extension PublicationEngine {
    /// Longest pause between two attempts that is our own choice, in seconds.
    static let pauseSecondsMax = 300
    /// Longest Retry-After that is heeded, in seconds.
    static let patience = 3_600

    /// Seconds until the next attempt: 1, 2, 4 ...
    static func pause(afterFailures failures: Int) -> Int {
        min(1 << min(failures, 10), pauseSecondsMax)
    }

    /// Answers a challenge or takes a longer lifetime; false when the response asks for neither.
    mutating func repeated(
        _ job: inout PUAJob, _ number: UInt64, _ exchange: PUAExchange,
        _ response: PUAResponse
    ) -> Bool {
        guard response.outcome == .answered else { return false }
        var next = exchange
        switch response.status {
        case 401, 407:
            guard let lines = authorization(job, exchange, response) else { return false }
            next.authorization = lines
            next.challengesAnswered += 1
        case 423:
            // RFC 3903 4.6, RFC 6665 4.1.2.2: the same with at least Min-Expires.
            guard let least = response.minExpiresSeconds, !exchange.isRaised,
                least > exchange.expiresSeconds, exchange.expiresSeconds > 0
            else { return false }
            next.isRaised = true
            if next.outcome.desiredExpires.seconds != 0 {
                next.outcome.desiredExpires.seconds += least - exchange.expiresSeconds
            }
            next.expiresSeconds = least
        default: return false
        }
        // The same request again has the same Call-ID and the next number (RFC 3261 8.1.3.5).
        next.cseq += 1
        next.outcome.cseq = next.cseq
        queue(&job, number, next)
        return true
    }

    /// Lines that answer a challenge; nil when it cannot be answered.
    private mutating func authorization(
        _ job: PUAJob, _ exchange: PUAExchange, _ response: PUAResponse
    ) -> [UInt8]? {
        // Two proxies may ask one after the other, and a nonce may grow stale meanwhile.
        guard !response.challenges.isEmpty, exchange.challengesAnswered < 3 else { return nil }
        var credentials = job.wish.credentials
        let route = settings.routes.first { $0.source.shares(job.wish.source) }
        credentials += route?.credentials ?? []
        credentials += settings.credentials
        guard !credentials.isEmpty else { return nil }
        let method = exchange.isSubscribe ? "SUBSCRIBE" : "PUBLISH"
        return settings.authorise(
            PUAChallenge(
                values: response.challenges, method: Array(method.utf8), uri: exchange.uri,
                body: exchange.body ?? [], credentials: credentials, clientNonce: names.tag(),
                isRepeated: exchange.challengesAnswered > 0))
    }

    /// Tries later, as long as what is wanted makes sense; else the job ends.
    ///
    /// Those who asked are told now, if there is something to tell.
    mutating func postpone(
        _ job: inout PUAJob, _ number: UInt64, after seconds: Int?, _ now: WallTime,
        _ orders: inout PUAOrders, _ response: PUAResponse?
    ) {
        let pause = max(Self.pause(afterFailures: job.failures), min(seconds ?? 0, Self.patience))
        let time = WallTime(seconds: now.seconds + pause)
        guard time < job.deadline else {
            figures.abandoned += 1
            let reply = response?.reply() ?? Self.refusal("The database cannot be asked")
            return finish(&job, number, reply, now, &orders)
        }
        if let response {
            tell(&job, response.reply(isRetried: true, record: job.record), &orders)
        }
        figures.retries += 1
        job.failures += 1
        job.exchange = nil
        job.phase = .waiting
        takeUpPending(&job, now)
        alarms.set(.job(number), at: time)
    }

    /// Merges what came while a request was on its way into what is tried again.
    private mutating func takeUpPending(_ job: inout PUAJob, _ now: WallTime) {
        while let next = job.pending.first, let merged = job.wish.merged(with: next.wish) {
            figures.coalesced += 1
            job.pending.removeFirst()
            job.wish = merged
            job.isRefresh = false
            job.tickets += next.tickets
            job.deadline = PUAJob.deadline(merged, now)
        }
    }

    /// Whether what has failed is tried again: an operator decides that himself, but what he has
    /// asked to be kept alive is.
    func mayRetry(_ job: PUAJob) -> Bool { job.isRefresh || !job.wish.source.isCommand }

    // MARK: Time

    /// Does what is due; to be called about once a second.
    public mutating func tick(now: WallTime, into orders: inout PUAOrders) {
        for alarm in alarms.take(now: now) {
            switch alarm {
            case .job(let number):
                work(number) { engine, job in
                    guard job.phase == .waiting else { return }
                    engine.find(&job, number, &orders)
                }
            case .record(let identity):
                if let record = early.removeValue(forKey: identity) {
                    refresh(record, now, &orders)
                }
            }
        }
        pump(&orders)
    }

    /// A record's end is near: it is refreshed, or forgotten when it is over.
    public mutating func due(
        _ record: PUARecord, now: WallTime, into orders: inout PUAOrders
    ) {
        guard early[record.identity] == nil else { return }
        refresh(record, now, &orders)
        pump(&orders)
    }

    private mutating func refresh(
        _ record: PUARecord, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        // Whoever works on it sees to it.
        guard job(of: record) == nil, jobs.count < settings.jobsMax else { return }
        guard let wish = continuation(of: record, now) else {
            if isOver(record, now) { forget(record.identity, &orders) }
            return
        }
        let key = wish.key(checksRemoteContact: false)
        var job = PUAJob(key, wish, isRefresh: true, tickets: [], now: now)
        job.record = record
        let number = jobs.insert(job)
        jobsByKey[key] = number
        work(number) { engine, job in engine.begin(&job, number, now, &orders) }
    }

    /// The job about a record, if there is one.
    func job(of record: PUARecord) -> UInt64? {
        guard record.isSubscription else {
            return jobsByKey[
                .publication(
                    presentity: record[.presentity], id: record[.id], event: record.event,
                    source: record.source, etag: [])]
        }
        for target in [[], record[.remoteContact]] {
            let key = PUAKey.subscription(
                presentity: record[.presentity], watcher: record[.watcher], id: record[.id],
                event: record.event, source: record.source, remoteTarget: target)
            if let number = jobsByKey[key] { return number }
        }
        return nil
    }

    /// Whether a record that nobody refreshes can be forgotten: some seconds after its end, as the
    /// clocks of two servers differ.
    private func isOver(_ record: PUARecord, _ now: WallTime) -> Bool {
        record.expires.seconds + 10 <= now.seconds
    }

    /// What keeps a record alive; nil when it is to lapse.
    ///
    /// A subscription begins anew when its end was missed. While its first request may be on its
    /// way it is left alone. A publication whose end was missed cannot come back without a body.
    func continuation(of record: PUARecord, _ now: WallTime) -> PUAWish? {
        guard let seconds = remaining(record, now) else { return nil }
        guard record.isSubscription else {
            guard !isOver(record, now) else { return nil }
            return .publication(
                PublicationRequest(
                    record[.presentity], event: record.event, source: record.source,
                    id: record[.id], expiresSeconds: seconds, etag: record[.etag],
                    extraHeaders: record[.extraHeaders]))
        }
        if record.isTemporary, record.expires > now { return nil }
        // The remote target of a dialog is an address of the server that had it; what does not
        // have one yet keeps the target that was asked for.
        let isTargeted = record.isTemporary && !record.isEmpty(.remoteContact)
        return .subscription(
            SubscriptionRequest(
                record[.presentity], watcher: record[.watcher], contact: record[.contact],
                event: record.event, source: record.source, id: record[.id],
                remoteTarget: isTargeted ? record[.remoteContact] : nil,
                expiresSeconds: seconds, extraHeaders: record[.extraHeaders]))
    }

    /// Seconds that a record is to last yet, -1 for ever; nil when it lasts as long as it should.
    private func remaining(_ record: PUARecord, _ now: WallTime) -> Int? {
        let desired = record.desiredExpires.seconds
        if desired == 0 { return -1 }
        guard desired > record.expires.seconds + settings.minExpires, desired > now.seconds else {
            return nil
        }
        return desired - now.seconds
    }

    /// Stores what a success has brought, and sees to its refresh.
    mutating func store(
        _ record: PUARecord, replacing old: PUAIdentity?, _ now: WallTime,
        _ orders: inout PUAOrders
    ) {
        let identity = record.identity
        if let old, old != identity { early[old] = nil }
        orders.changes.append(.save(record, replacing: old == identity ? nil : old))
        let lifetime = record.expires.seconds - now.seconds
        let ahead = settings.refreshAheadSeconds
        guard ahead > 0, lifetime <= ahead + ahead / 2, remaining(record, now) != nil else {
            early[identity] = nil
            return
        }
        // The usual rounds would refresh it again and again, or too late.
        early[identity] = record
        alarms.set(.record(identity), at: WallTime(seconds: now.seconds + max(1, lifetime / 2)))
    }

    /// Forgets a record.
    mutating func forget(_ identity: PUAIdentity, _ orders: inout PUAOrders) {
        early[identity] = nil
        orders.changes.append(.remove(identity))
    }
}
