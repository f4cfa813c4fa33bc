public import Basics

/// PUBLISH and SUBSCRIBE.
extension StateAgent {
    /// Carries out a PUBLISH and orders the first notifications of it.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - now: The present time.
    ///   - orders: Where to append orders: of this change, and of others that wait in the same
    ///     shard; at most `settings.ordersPerCall`. Send them after the reply.
    /// - Returns: The answer.
    public func publish(
        _ request: borrowing PublishRequest, now: WallTime, into orders: inout [NotifyOrder]
    ) -> PublishOutcome {
        guard fits(request) else { return .unusable }
        guard request.body.count <= Limits.documentBytesMax else { return .tooLarge }
        if request.body.isEmpty, request.ifMatch.isEmpty { return .empty }
        var facts = DocumentFacts()
        if !request.body.isEmpty {
            switch packages[request.package].check(request.body) {
            case .accepted(let found): facts = found
            case .malformed: return .malformed
            case .unsupported: return .unsupported
            }
        }
        let hash = context.presentityHash(request.user, request.host)
        let work = PublishWork(
            request, Self.name(request.user, request.host, hash), granted: granted(request),
            dialogKey: dialogKey(facts), isTerminated: facts.isTerminated, now: now)
        return withShard(Self.shard(of: hash)) { shard in
            let outcome =
                request.ifMatch.isEmpty
                ? shard.publishInitial(work) : shard.publishAgain(work)
            shard.drain(settings.ordersPerCall, now: now, into: &orders)
            return outcome
        }
    }

    /// Sets, replaces or removes a document that never expires (hard state, RFC 3903 3).
    ///
    /// - Parameters:
    ///   - request: The presentity and the document, none to remove it; `ifMatch` is what tells it
    ///     from other documents of the presentity and stands in `etag`.
    ///   - now: The present time.
    ///   - orders: Where to append orders, as for `publish`.
    /// - Returns: `accepted`, or why not; `conditionFailed` when there is none to remove.
    public func setHardState(
        _ request: borrowing PublishRequest, now: WallTime, into orders: inout [NotifyOrder]
    ) -> PublishOutcome {
        guard fits(request), !request.ifMatch.isEmpty else { return .unusable }
        guard request.body.count <= Limits.documentBytesMax else { return .tooLarge }
        var facts = DocumentFacts()
        if !request.body.isEmpty {
            guard case .accepted(let found) = packages[request.package].check(request.body) else {
                return .malformed
            }
            facts = found
        }
        let hash = context.presentityHash(request.user, request.host)
        let work = PublishWork(
            request, Self.name(request.user, request.host, hash), granted: nil,
            dialogKey: dialogKey(facts), isTerminated: facts.isTerminated, now: now)
        return withShard(Self.shard(of: hash)) { shard in
            let outcome = shard.setHardState(work)
            shard.drain(settings.ordersPerCall, now: now, into: &orders)
            return outcome
        }
    }

    /// Carries out a SUBSCRIBE: a new subscription, a refresh, a fetch or an end.
    ///
    /// The rules of the package are asked before a shard is locked.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - now: The present time.
    ///   - orders: Where to append orders, as for `publish`; the NOTIFY of this subscription is
    ///     among them, unless one is on its way already or `settings.notifiesAtOnce` is false.
    /// - Returns: The answer.
    public func subscribe(
        _ request: borrowing SubscribeRequest, now: WallTime, into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome {
        guard request.text.fits, !request.text[.callID].isEmpty, !request.text[.fromTag].isEmpty
        else { return .unusable }
        let facts = context.facts(request.package)
        let wanted = max(0, request.expiresSeconds ?? facts.defaultExpiresSeconds)
        var granted = min(wanted, settings.expiresSecondsMax)
        let minimum = min(settings.expiresSecondsMin, settings.expiresSecondsMax)
        if granted > 0, granted < minimum {
            guard settings.briefExpires == .raise else {
                return .tooBrief(minimumSeconds: minimum)
            }
            granted = minimum
        }
        if request.isInDialog {
            return subscribeAgain(request, granted: UInt32(granted), now: now, into: &orders)
        }
        return subscribeInitial(request, granted: UInt32(granted), now: now, into: &orders)
    }

    // MARK: Parts of a PUBLISH

    private func fits(_ request: borrowing PublishRequest) -> Bool {
        !request.host.isEmpty && request.user.count <= Limits.presenceNameBytesMax
            && request.host.count <= Limits.presenceNameBytesMax
            && request.sender.count <= Limits.senderBytesMax
            && request.ifMatch.count <= Limits.entityTagBytesMax
    }

    private func granted(_ request: borrowing PublishRequest) -> UInt32 {
        let facts = context.facts(request.package)
        let wanted = max(0, request.expiresSeconds ?? facts.defaultExpiresSeconds)
        return UInt32(min(wanted, settings.expiresSecondsMax))
    }

    /// The identity of a dialog as a number; never 0, which stands for none.
    func dialogKey(_ facts: DocumentFacts) -> UInt64 {
        guard let id = facts.dialogID else { return 0 }
        return max(1, context.hash.hash(id.span))
    }

    /// The name of a presentity with its hash.
    @_lifetime(copy user, copy host)
    static func name(
        _ user: Span<UInt8>, _ host: Span<UInt8>, _ hash: UInt64
    ) -> Shard.Name {
        Shard.Name(user: user, host: host, tag: UInt32(truncatingIfNeeded: hash))
    }

    // MARK: Parts of a SUBSCRIBE

    private func subscribeInitial(
        _ request: borrowing SubscribeRequest, granted: UInt32, now: WallTime,
        into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome {
        let user = request.text[.presentityUser]
        let host = request.text[.presentityHost]
        guard !host.isEmpty, !request.text[.contact].isEmpty else { return .unusable }
        let hash = context.presentityHash(user, host)
        let number = Self.shard(of: hash)
        let drawn = toTag(request, shard: number)
        let given = request.text[.toTag]
        let toTag = given.isEmpty ? drawn.span : given
        let work = SubscribeWork(
            Self.name(user, host, hash),
            tag: context.dialogHash(request.text[.callID], request.text[.fromTag], toTag),
            toTag: toTag, granted: granted, authorisation(request), now: now)
        return withShard(number) { shard in
            let outcome = shard.subscribeInitial(work, request, into: &orders)
            shard.drain(settings.ordersPerCall, now: now, into: &orders)
            return outcome
        }
    }

    /// Finds the shard of a dialog, which the request itself does not tell, and goes on there.
    private func subscribeAgain(
        _ request: borrowing SubscribeRequest, granted: UInt32, now: WallTime,
        into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome {
        guard !request.text[.toTag].isEmpty else { return .unknownDialog }
        let tag = context.dialogHash(
            request.text[.callID], request.text[.fromTag], request.text[.toTag])
        let first = Self.shard(in: request.text[.toTag]) ?? 0
        for step in 0..<Self.shardCount {
            // The first is right, unless the dialog is older than this run.
            let number = step == 0 ? first : (step <= first ? step - 1 : step)
            let outcome: SubscribeOutcome? = withShard(number) { shard in
                let known = shard.subscription(
                    tag, callID: request.text[.callID], fromTag: request.text[.fromTag],
                    toTag: request.text[.toTag])
                guard let known else { return nil }
                let outcome = shard.subscribeAgain(
                    known, request, granted: granted, now: now, into: &orders)
                shard.drain(settings.ordersPerCall, now: now, into: &orders)
                return outcome
            }
            if let outcome { return outcome }
        }
        return .unknownDialog
    }

    /// What the rules say about the watcher; nil for a package that asks nobody.
    private func authorisation(_ request: borrowing SubscribeRequest) -> Authorisation? {
        guard context.facts(request.package).needsAuthorisation else { return nil }
        guard let authorise = packages[request.package].authorise else { return .unknown }
        let presentity = SIPName.uri(
            user: request.text[.presentityUser], host: request.text[.presentityHost])
        let watcher = SIPName.uri(
            user: request.text[.watcherUser], host: request.text[.watcherHost])
        return authorise(presentity.span, watcher.span)
    }

    /// A To-tag for a dialog: the shard in clear, so that a refresh finds it at once, and 64 bits
    /// that are the same for the same request and that nobody can guess.
    private func toTag(_ request: borrowing SubscribeRequest, shard: Int) -> [UInt8] {
        precondition(shard >= 0 && shard < Self.shardCount)
        var writer = ByteWriter(capacity: 512)
        writer.append(request.text[.callID])
        writer.append(UInt8(ascii: "\n"))
        writer.append(request.text[.fromTag])
        writer.append(UInt8(ascii: "\n"))
        writer.append(request.text[.eventID])
        writer.append(UInt8(ascii: "\n"))
        writer.append(request.package.number)
        writer.append(decimal: request.cseq)
        let value = context.tagHash.hash(writer.span)
        writer.removeAll()
        writer.append(hexadecimal: UInt64(shard), width: 2)
        writer.append(UInt8(ascii: "."))
        writer.append(hexadecimal: value, width: 16)
        return Array(copying: writer.span)
    }

    /// The shard that a To-tag of this engine names; nil for a tag of another shape.
    private static func shard(in tag: Span<UInt8>) -> Int? {
        guard tag.count == 19, tag[2] == UInt8(ascii: "."), let high = hexadecimal(tag[0]),
            let low = hexadecimal(tag[1])
        else { return nil }
        let number = Int(high) << 4 | Int(low)
        return number < shardCount ? number : nil
    }
}
