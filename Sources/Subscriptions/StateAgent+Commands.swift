public import Basics

/// What scripts, commands and the start of the server ask.
extension StateAgent {
    /// Asks the rules about all watchers of a presentity again and applies what they say
    /// (`presence.updateWatchers`, `presence.refreshWatchers` type 0); without effect for a package
    /// that needs no authorisation.
    ///
    /// - Returns: How many watchers have another state now.
    public func reauthorise(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>, now: WallTime,
        into orders: inout [NotifyOrder]
    ) -> Int {
        guard isName(user, host), let authorise = packages[package].authorise else { return 0 }
        let hash = context.presentityHash(user, host)
        let number = Self.shard(of: hash)
        let questions: [Shard.Question] = withShard(number) { shard in
            guard let topic = shard.topic(Self.name(user, host, hash), package) else { return [] }
            return shard.questions(topic)
        }
        let presentity = SIPName.uri(user: user, host: host)
        let answers = questions.map { authorise(presentity.span, $0.uri.span) }
        return withShard(number) { shard in
            var changed = 0
            for place in questions.indices
            where shard.apply(answers[place], to: questions[place], now: now) {
                changed += 1
            }
            shard.drain(settings.ordersPerCall, now: now, into: &orders)
            return changed
        }
    }

    /// Tells all watchers of a presentity the present state again (`presence.refreshWatchers` type
    /// 1); returns how many are subscribed.
    public func notifyAgain(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>, now: WallTime,
        into orders: inout [NotifyOrder]
    ) -> Int {
        guard isName(user, host) else { return 0 }
        let hash = context.presentityHash(user, host)
        return withShard(Self.shard(of: hash)) { shard in
            guard let topic = shard.topic(Self.name(user, host, hash), package) else { return 0 }
            shard.documentChanged(topic, withdrawn: nil, sender: Span())
            shard.drain(settings.ordersPerCall, now: now, into: &orders)
            return Int(shard.audience(topic).subscriptionCount)
        }
    }

    /// Number of subscriptions to a presentity that have not ended (`pres_has_subscribers`).
    public func subscriptionCount(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>
    ) -> Int {
        guard isName(user, host) else { return 0 }
        let hash = context.presentityHash(user, host)
        return withShard(Self.shard(of: hash)) { shard in
            guard let topic = shard.topic(Self.name(user, host, hash), package) else { return 0 }
            return shard.liveSubscriptions(of: topic)
        }
    }

    /// The document that an active watcher of a presentity sees now, for scripts and commands; nil
    /// when there is none.
    public func document(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>
    ) -> EventDocument? {
        guard isName(user, host) else { return nil }
        let hash = context.presentityHash(user, host)
        return withShard(Self.shard(of: hash)) { shard in
            shard.document(Self.name(user, host, hash), package)
        }
    }

    /// The texts of a subscription and its numbers; nil when it is gone.
    public func subscription(_ handle: SubscriptionHandle) -> SubscriptionRow? {
        withShard(Int(handle.shard)) { shard in
            shard.index(of: handle).map { shard.row(subscription: $0) }
        }
    }

    /// Ends a subscription without a NOTIFY; false when it is gone.
    public func end(_ handle: SubscriptionHandle, now: WallTime) -> Bool {
        withShard(Int(handle.shard)) { shard in
            guard let subscription = shard.index(of: handle) else { return false }
            shard.discard(subscription, now: now)
            return true
        }
    }

    // MARK: Lists

    /// Publications in no particular order, from `cursor` on; `cursor` becomes nil at the end.
    public func publications(
        _ filter: ListFilter, limit: Int, from cursor: inout ListCursor?
    ) -> [PublicationRow] {
        var rows: [PublicationRow] = list(filter, limit, &cursor) { shard, place, rows in
            shard.list(filter, limit: limit, from: &place, into: &rows)
        }
        for place in rows.indices { rows[place].unpack() }
        return rows
    }

    /// Subscriptions in no particular order, from `cursor` on; `cursor` becomes nil at the end.
    public func subscriptions(
        _ filter: ListFilter, limit: Int, from cursor: inout ListCursor?
    ) -> [SubscriptionRow] {
        list(filter, limit, &cursor) { shard, place, rows in
            shard.list(filter, limit: limit, from: &place, into: &rows)
        }
    }

    /// What was decided about watchers, from `cursor` on; `cursor` becomes nil at the end.
    public func watchers(
        _ filter: ListFilter, limit: Int, from cursor: inout ListCursor?
    ) -> [WatcherRow] {
        list(filter, limit, &cursor) { shard, place, rows in
            shard.list(filter, limit: limit, from: &place, into: &rows)
        }
    }

    /// Goes through the shards, a piece at a time; `look` says whether its shard has more.
    private func list<Row: Sendable>(
        _ filter: ListFilter, _ limit: Int, _ cursor: inout ListCursor?,
        _ look: (borrowing Shard, inout UInt32, inout [Row]) -> Bool
    ) -> [Row] {
        precondition(limit > 0)
        var rows: [Row] = []
        guard var place = cursor else { return rows }
        var last = Self.shardCount - 1
        if let user = filter.user, let host = filter.host {
            // Only one shard can have it.
            guard isName(user.span, host.span) else {
                cursor = nil
                return rows
            }
            let number = Self.shard(of: context.presentityHash(user.span, host.span))
            if place.shard != number { place = ListCursor(shard: number, place: 0) }
            last = number
        }
        while place.shard <= last, rows.count < limit {
            let hasMore = withShard(place.shard) { shard in look(shard, &place.place, &rows) }
            if !hasMore { place = ListCursor(shard: place.shard + 1, place: 0) }
        }
        cursor = place.shard <= last ? place : nil
        return rows
    }

    // MARK: Start

    /// Takes up a row at start; false when it has expired, is already there or is unusable.
    ///
    /// Nobody is told. The row of a publication that has expired is deleted through the journal.
    public func restore(_ row: PublicationRow, now: WallTime) -> Bool {
        guard isName(row.user.span, row.host.span), !row.etag.isEmpty, row.body.count > 0,
            row.etag.count <= Limits.entityTagBytesMax, row.ruid.count <= Limits.ruidBytesMax,
            row.sender.count <= Limits.senderBytesMax,
            row.body.count <= Limits.documentBytesMax,
            case .accepted(let facts) = packages[row.package].check(row.body.span)
        else { return false }
        let hash = context.presentityHash(row.user.span, row.host.span)
        return withShard(Self.shard(of: hash)) { shard in
            shard.restore(
                row, Self.name(row.user.span, row.host.span, hash), dialogKey: dialogKey(facts),
                isTerminated: facts.isTerminated, now: now)
        }
    }

    /// Takes up a row of `active_watchers` at start.
    ///
    /// - Parameters:
    ///   - text: All texts of the row.
    ///   - package: The event package.
    ///   - values: The numbers of the row.
    ///   - now: The present time.
    /// - Returns: False when it has expired, is already there or is unusable.
    public func restore(
        _ text: borrowing DialogDraft, package: PackageIndex, values: SubscriptionValues,
        now: WallTime
    ) -> Bool {
        guard text.fits, !text[.callID].isEmpty, !text[.fromTag].isEmpty, !text[.toTag].isEmpty,
            !text[.contact].isEmpty, isName(text[.presentityUser], text[.presentityHost])
        else { return false }
        let hash = context.presentityHash(text[.presentityUser], text[.presentityHost])
        let name = Self.name(text[.presentityUser], text[.presentityHost], hash)
        let tag = context.dialogHash(text[.callID], text[.fromTag], text[.toTag])
        return withShard(Self.shard(of: hash)) { shard in
            shard.restore(text, package, values, name, tag: tag, now: now)
        }
    }

    /// Takes up a row of `watchers` at start.
    public func restore(_ row: WatcherRow, now: WallTime) -> Bool {
        guard isName(row.presentityUser.span, row.presentityHost.span),
            isName(row.user.span, row.host.span)
        else { return false }
        let hash = context.presentityHash(row.presentityUser.span, row.presentityHost.span)
        withShard(Self.shard(of: hash)) { shard in
            let name = Self.name(row.presentityUser.span, row.presentityHost.span, hash)
            shard.restore(row, name, now: now)
        }
        return true
    }

    /// Whether user and host may be the name of somebody.
    private func isName(_ user: Span<UInt8>, _ host: Span<UInt8>) -> Bool {
        !host.isEmpty && host.count <= Limits.presenceNameBytesMax
            && user.count <= Limits.presenceNameBytesMax
    }
}
