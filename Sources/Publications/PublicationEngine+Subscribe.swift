public import Basics
internal import SIPSyntax

/// SUBSCRIBE (RFC 6665 4.1).
extension PublicationEngine {
    /// Seconds that a record stands for a request that is on its way: longer than any transaction
    /// lasts (RFC 3261 17.1.2: 64 times T1).
    static let temporarySeconds = 64

    /// Writes the SUBSCRIBE that a wish and its record ask for, or ends the job.
    mutating func beginSubscription(
        _ request: SubscriptionRequest, _ job: inout PUAJob, _ number: UInt64,
        _ now: WallTime, _ orders: inout PUAOrders
    ) {
        guard request.operation == .update, let record = job.record else {
            guard request.expiresSeconds != 0 else {
                return finish(&job, number, Self.nothingToDo, now, &orders)
            }
            return subscribeAnew(request, &job, number, now, &orders)
        }
        if request.expiresSeconds == 0, record.isTemporary || record.expires <= now {
            forget(record.identity, &orders)
            job.record = nil
            return finish(&job, number, Self.nothingToDo, now, &orders)
        }
        if record.isTemporary, record.expires > now, job.failures == 0 {
            // Another server's request is on its way, or one that this server forgot: then it is
            // taken up again when the record is due.
            return finish(&job, number, Self.nothingToDo, now, &orders)
        }
        if record.isTemporary || record.expires <= now || record.cseq > .max - 10 {
            return subscribeAnew(request, &job, number, now, &orders)
        }
        subscribeAgain(request, record, &job, number, now)
    }

    /// The first request of a dialog.
    ///
    /// Its record is stored before it leaves, since the first NOTIFY may come before the answer
    /// (RFC 6665 4.1.2.4).
    private mutating func subscribeAnew(
        _ request: SubscriptionRequest, _ job: inout PUAJob, _ number: UInt64,
        _ now: WallTime, _ orders: inout PUAOrders
    ) {
        guard let package = events[request.event] else {
            return finish(&job, number, Self.refusal("No such package"), now, &orders)
        }
        let uri = request.remoteTarget ?? request.presentity
        let target = target(job.wish, uri)
        let record = PUARecord(
            event: request.event, source: request.source,
            expires: WallTime(seconds: now.seconds + Self.temporarySeconds),
            desiredExpires: desired(request.expiresSeconds, now),
            texts: [
                request.presentity, request.id, [], [], request.watcher, names.callID(), [],
                names.tag(), [], request.contact, request.remoteTarget ?? [],
                request.extraHeaders,
            ])
        var outcome = record
        outcome.cseq = 10
        let replaced = request.operation == .update ? job.record?.identity : nil
        if let replaced { early[replaced] = nil }
        orders.changes.append(.save(outcome, replacing: replaced))
        job.record = outcome
        var exchange = PUAExchange(
            isSubscribe: true, uri: uri, target: target, to: request.presentity,
            from: request.watcher, fromTag: record[.fromTag], callID: record[.callID],
            event: package.name, expiresSeconds: subscribeExpires(request.expiresSeconds),
            extraHeaders: request.extraHeaders, outcome: outcome,
            lane: SendLane.name(of: target))
        exchange.contact = request.contact
        queue(&job, number, exchange)
    }

    /// A further request of a dialog (RFC 3261 12.2.1.1).
    private mutating func subscribeAgain(
        _ request: SubscriptionRequest, _ record: PUARecord, _ job: inout PUAJob,
        _ number: UInt64, _ now: WallTime
    ) {
        let package = events[record.event]
        var outcome = record
        outcome.cseq += 1
        if !job.isRefresh { outcome.desiredExpires = desired(request.expiresSeconds, now) }
        if !request.contact.isEmpty { outcome[.contact] = request.contact }
        var (uri, target, route) = Self.way(of: record)
        if record.isEmpty(.remoteContact) {
            uri = record[.presentity]
            target = uri
        }
        var exchange = PUAExchange(
            isSubscribe: true, uri: uri, target: target, to: record[.presentity],
            from: record[.watcher], fromTag: record[.fromTag], callID: record[.callID],
            event: package?.name ?? [], expiresSeconds: subscribeExpires(request.expiresSeconds),
            extraHeaders: request.extraHeaders, outcome: outcome,
            lane: SendLane.name(of: target))
        exchange.toTag = record[.toTag]
        exchange.cseq = outcome.cseq
        exchange.route = route
        exchange.contact = outcome[.contact]
        queue(&job, number, exchange)
    }

    /// Request-URI, next hop and Route of requests in a dialog; strict routers included.
    private static func way(of record: PUARecord) -> ([UInt8], [UInt8], [UInt8]) {
        let remote = record[.remoteContact]
        guard !record.isEmpty(.recordRoute) else { return (remote, remote, []) }
        let routes = record[span: .recordRoute]
        let set = RouteSet(routes)
        guard !set.first.isEmpty else { return (remote, remote, []) }
        let first = Array(copying: routes.part(set.first))
        guard set.isStrict else { return (remote, first, Array(copying: routes)) }
        var route = Array(copying: routes.part(set.rest))
        if !route.isEmpty { route.append(UInt8(ascii: ",")) }
        return (first, first, route + [UInt8(ascii: "<")] + remote + [UInt8(ascii: ">")])
    }

    /// The number of Expires: Kamailio asks for ten seconds more than it was asked for.
    func subscribeExpires(_ seconds: Int) -> Int {
        guard seconds != 0 else { return 0 }
        if seconds < 0 { return max(settings.defaultExpires + 10, settings.minExpires) }
        return seconds <= settings.minExpires ? settings.minExpires : seconds + 10
    }

    // MARK: The response

    /// Does what the response to a SUBSCRIBE asks for.
    mutating func settleSubscription(
        _ job: inout PUAJob, _ number: UInt64, _ exchange: PUAExchange,
        _ response: PUAResponse, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        if response.isSuccess {
            return subscribed(&job, number, exchange, response, now, &orders)
        }
        if repeated(&job, number, exchange, response) { return }
        if job.wish.isRemoval {
            if let record = job.record { forget(record.identity, &orders) }
            job.record = nil
            return finish(&job, number, response.reply(), now, &orders)
        }
        if exchange.isInDialog {
            lost(&job, number, response, now, &orders)
        } else {
            refused(&job, number, exchange, response, now, &orders)
        }
    }

    /// A dialog does not answer as it should: it waits if it is asked to, else it begins anew.
    private mutating func lost(
        _ job: inout PUAJob, _ number: UInt64, _ response: PUAResponse, _ now: WallTime,
        _ orders: inout PUAOrders
    ) {
        if response.outcome == .answered, response.isTransient,
            let pause = response.retryAfterSeconds, let record = job.record,
            now.seconds + pause < record.expires.seconds
        {
            return postpone(&job, number, after: pause, now, &orders, response)
        }
        if let record = job.record { forget(record.identity, &orders) }
        job.record = nil
        job.failures += 1
        begin(&job, number, now, &orders)
    }

    /// The first request was refused, or nobody answered.
    private mutating func refused(
        _ job: inout PUAJob, _ number: UInt64, _ exchange: PUAExchange,
        _ response: PUAResponse, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        let mayReturn = response.isTransient || response.status == 481
        if mayReturn, mayRetry(job) {
            postpone(&job, number, after: response.retryAfterSeconds, now, &orders, response)
            // It stays until the next attempt, so that a server that starts anew takes it up.
            guard job.phase == .waiting, var record = job.record else { return }
            let pause =
                Self.temporarySeconds
                + max(Self.pause(afterFailures: job.failures), response.retryAfterSeconds ?? 0)
            record.expires = WallTime(seconds: now.seconds + pause)
            job.record = record
            orders.changes.append(.save(record, replacing: nil))
            return
        }
        if let record = job.record { forget(record.identity, &orders) }
        job.record = nil
        finish(&job, number, response.reply(), now, &orders)
    }

    private mutating func subscribed(
        _ job: inout PUAJob, _ number: UInt64, _ exchange: PUAExchange,
        _ response: PUAResponse, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        let granted = response.expiresSeconds ?? exchange.expiresSeconds
        // A success without tag and Contact makes no dialog (RFC 3261 12.1.2).
        let hasDialog =
            exchange.isInDialog || (!response.toTag.isEmpty && !response.contact.isEmpty)
        if exchange.expiresSeconds == 0 || granted == 0 || !hasDialog {
            if let record = job.record { forget(record.identity, &orders) }
            job.record = nil
        } else {
            var record = exchange.outcome
            record.expires = WallTime(seconds: now.seconds + granted)
            record.cseq = exchange.cseq
            if !exchange.isInDialog {
                record[.toTag] = response.toTag
                record[.recordRoute] = response.routeSet
            } else if let present = job.record {
                // A NOTIFY may have told a new target meanwhile.
                record[.remoteContact] = present[.remoteContact]
            }
            if !response.contact.isEmpty { record[.remoteContact] = response.contact }
            store(record, replacing: nil, now, &orders)
            job.record = record
        }
        finish(&job, number, response.reply(record: job.record), now, &orders)
    }

    // MARK: What the other side says

    /// A NOTIFY has ended a subscription (RFC 6665 4.1.3).
    public mutating func ended(
        _ record: PUARecord, _ end: PUASubscriptionEnd, now: WallTime,
        into orders: inout PUAOrders
    ) {
        // A request that is on its way learns of it by its answer.
        guard job(of: record) == nil else { return }
        forget(record.identity, &orders)
        var gone = record
        gone[.toTag] = []
        gone[.recordRoute] = []
        gone[.remoteContact] = []
        gone.expires = now
        guard end.reason != .never, jobs.count < settings.jobsMax,
            let wish = continuation(of: gone, now)
        else { return }
        let key = wish.key(checksRemoteContact: false)
        let number = jobs.insert(PUAJob(key, wish, isRefresh: true, tickets: [], now: now))
        jobsByKey[key] = number
        work(number) { engine, job in
            if end.reason == .again, end.retryAfterSeconds == nil {
                return engine.begin(&job, number, now, &orders)
            }
            // It stays until then, so that a server that starts anew takes it up.
            gone.expires = WallTime(
                seconds: now.seconds + Self.temporarySeconds + (end.retryAfterSeconds ?? 0))
            orders.changes.append(.save(gone, replacing: nil))
            job.failures = 2
            engine.postpone(&job, number, after: end.retryAfterSeconds, now, &orders, nil)
        }
        pump(&orders)
    }

    /// The other side of a subscription is reached at another URI from now on.
    public mutating func moved(
        _ record: PUARecord, to target: [UInt8], into orders: inout PUAOrders
    ) {
        var record = record
        if let number = job(of: record) {
            work(number) { _, job in
                if job.phase == .finding { job.moved = (record.identity, target) }
                guard var present = job.record, present.identity == record.identity else { return }
                present[.remoteContact] = target
                job.record = present
                record = present
            }
        }
        guard !record.has(.remoteContact, target) || job(of: record) != nil else { return }
        record[.remoteContact] = target
        if early[record.identity] != nil { early[record.identity] = record }
        orders.changes.append(.save(record, replacing: nil))
    }
}
