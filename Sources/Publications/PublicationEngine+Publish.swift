internal import Basics

/// PUBLISH (RFC 3903).
extension PublicationEngine {
    /// Writes the PUBLISH that a wish and its record ask for, or ends the job.
    mutating func beginPublication(
        _ request: PublicationRequest, _ job: inout PUAJob, _ number: UInt64, _ now: WallTime,
        _ orders: inout PUAOrders
    ) {
        if let rejection = job.rejection,
            giveUp(request, rejection.etag, rejection.reply, &job, number, now, &orders)
        {
            return
        }
        if request.etag != nil, job.record == nil, !job.isRefresh, job.rejection == nil {
            return finish(&job, number, Self.wrongTag, now, &orders)
        }
        let old = request.operation == .insert ? nil : job.record
        if old == nil {
            guard request.expiresSeconds != 0 else {
                return finish(&job, number, Self.nothingToDo, now, &orders)
            }
            guard request.body != nil else {
                return finish(&job, number, Self.noBody, now, &orders)
            }
        }
        guard let exchange = publication(request, old, &job, now) else {
            return finish(&job, number, Self.badBody, now, &orders)
        }
        queue(&job, number, exchange)
    }

    /// A refresh or a removal got 412.
    ///
    /// What it was about is gone, or another server has refreshed it since. False when there is
    /// something to be done yet.
    private mutating func giveUp(
        _ request: PublicationRequest, _ etag: [UInt8], _ reply: PUAReply,
        _ job: inout PUAJob, _ number: UInt64, _ now: WallTime, _ orders: inout PUAOrders
    ) -> Bool {
        let isGone = job.record?.has(.etag, etag) ?? true
        // Whatever another server has put there is to be removed too.
        guard request.expiresSeconds == 0 ? isGone : request.body == nil else { return false }
        if isGone, let record = job.record {
            forget(record.identity, &orders)
            job.record = nil
        }
        finish(&job, number, reply, now, &orders)
        return true
    }

    private static let wrongTag = PUAReply(
        .wrongTag, status: 418, reason: Array("Wrong ETag".utf8))
    /// What was to be ended is not there.
    static let nothingToDo = PUAReply(
        .nothingToDo, status: 200, reason: Array("Nothing to do".utf8))
    private static let noBody = PUAReply(
        .noBody, status: 400, reason: Array("There is no publication to refresh".utf8))
    private static let badBody = PUAReply(
        .badBody, status: 400, reason: Array("The body is no document of the package".utf8))

    /// The request; nil when the body cannot be published.
    private mutating func publication(
        _ request: PublicationRequest, _ old: PUARecord?, _ job: inout PUAJob, _ now: WallTime
    ) -> PUAExchange? {
        guard let package = events[request.event] else { return nil }
        var record = old ?? Self.record(of: request)
        // What the server has forgotten is published anew, under its version and tuple.
        let isForgotten = job.rejection.map { record.has(.etag, $0.etag) } ?? false
        if isForgotten { record[.etag] = [] }
        var body: [UInt8]?
        if let given = request.body, request.expiresSeconds != 0 {
            record.version = old.map { $0.version &+ 1 } ?? 0
            let tuple = record.isEmpty(.tupleID) ? nil : record[.tupleID]
            let facts = BodyFacts(
                version: Int(record.version), tupleID: tuple, freshID: names.tag())
            guard let prepared = package.prepare?(given.span, facts) else { return nil }
            if let tuple = prepared.tupleID { record[.tupleID] = tuple }
            body = prepared.bytes
        }
        if !job.isRefresh {
            record.desiredExpires = desired(request.expiresSeconds, now)
            if !request.extraHeaders.isEmpty { record[.extraHeaders] = request.extraHeaders }
        }
        let target = target(job.wish, request.presentity)
        var exchange = PUAExchange(
            isSubscribe: false, uri: request.presentity, target: target,
            to: request.presentity, from: request.presentity, fromTag: names.tag(),
            callID: names.callID(), event: package.name,
            expiresSeconds: publishExpires(request.expiresSeconds),
            extraHeaders: request.extraHeaders, outcome: record,
            lane: SendLane.name(of: target))
        exchange.ifMatch = record[.etag]
        exchange.body = body
        if body != nil { exchange.contentType = request.contentType ?? package.contentType ?? [] }
        // Something new without a name of its own stands beside what there is.
        let isBeside = old == nil && request.id.isEmpty
        exchange.replaces = isBeside ? nil : job.record?.identity
        return exchange
    }

    private static func record(of request: PublicationRequest) -> PUARecord {
        var record = PUARecord(event: request.event, source: request.source)
        record[.presentity] = request.presentity
        record[.id] = request.id
        record[.extraHeaders] = request.extraHeaders
        return record
    }

    /// The time until which a record is to be refreshed; 0 for ever.
    func desired(_ seconds: Int, _ now: WallTime) -> WallTime {
        guard seconds >= 0 else { return WallTime(seconds: 0) }
        return WallTime(seconds: now.seconds + max(seconds, settings.minExpires))
    }

    /// The number of Expires: Kamailio asks for one second more than it was asked for.
    func publishExpires(_ seconds: Int) -> Int {
        guard seconds != 0 else { return 0 }
        let wanted = seconds < 0 ? settings.defaultExpires : seconds
        return max(wanted + 1, settings.minExpires)
    }

    // MARK: The response

    /// Does what the response to a PUBLISH asks for.
    mutating func settlePublication(
        _ job: inout PUAJob, _ number: UInt64, _ exchange: PUAExchange,
        _ response: PUAResponse, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        if response.isSuccess {
            return published(&job, number, exchange, response, now, &orders)
        }
        if repeated(&job, number, exchange, response) { return }
        if response.status == 412, !exchange.ifMatch.isEmpty, job.rejection == nil,
            mayRetry(job)
        {
            // RFC 3903 4.4: it is published anew, unless somebody else has done so.
            job.rejection = (exchange.ifMatch, response.reply())
            return find(&job, number, &orders)
        }
        if response.isTransient {
            if mayRetry(job) {
                return postpone(
                    &job, number, after: response.retryAfterSeconds, now, &orders, response)
            }
        } else if !exchange.ifMatch.isEmpty || job.rejection != nil, let old = job.record {
            // What cannot be changed any more is not there any more.
            forget(old.identity, &orders)
            job.record = nil
        }
        finish(&job, number, response.reply(record: job.record), now, &orders)
    }

    private mutating func published(
        _ job: inout PUAJob, _ number: UInt64, _ exchange: PUAExchange,
        _ response: PUAResponse, _ now: WallTime, _ orders: inout PUAOrders
    ) {
        let granted = response.expiresSeconds ?? exchange.expiresSeconds
        // Without an entity tag (RFC 3903 6 asks for one) nothing more can be done with it.
        if exchange.expiresSeconds == 0 || granted == 0 || response.etag.isEmpty
            || response.etag.count > 128
        {
            if let old = exchange.replaces { forget(old, &orders) }
            job.record = nil
        } else {
            var record = exchange.outcome
            record[.etag] = response.etag
            record.expires = WallTime(seconds: now.seconds + granted)
            record.cseq = 0
            store(record, replacing: exchange.replaces, now, &orders)
            job.record = record
        }
        finish(&job, number, response.reply(record: job.record), now, &orders)
    }
}
