internal import Basics

/// A SUBSCRIBE under way: what was found out about it before the shard was locked.
struct SubscribeWork: ~Escapable {
    /// The presentity.
    let name: Shard.Name
    /// The hash of Call-ID and tags.
    let tag: UInt32
    /// The tag of this server for a new dialog.
    let toTag: Span<UInt8>
    /// Lifetime that is granted, in seconds.
    let granted: UInt32
    /// What the rules say; nil where nobody needs to be asked.
    let authorisation: Authorisation?
    /// The present second.
    let now: WallTime

    /// A SUBSCRIBE that may be carried out.
    @_lifetime(copy name, copy toTag)
    init(
        _ name: consuming Shard.Name, tag: UInt32, toTag: Span<UInt8>, granted: UInt32,
        _ authorisation: Authorisation?, now: WallTime
    ) {
        self.name = name
        self.tag = tag
        self.toTag = toTag
        self.granted = granted
        self.authorisation = authorisation
        self.now = now
    }

    /// The second at which it expires.
    var expires: UInt32 { UInt32(clamping: now.seconds + Int(granted)) }
}

/// How a subscription stands, or is to stand.
struct Standing: Equatable {
    /// The state.
    var status: SubscriptionStatus
    /// Why.
    var reason = StatusReason.none
}

/// SUBSCRIBE (RFC 6665 4.2.1).
extension Shard {
    /// Carries out a SUBSCRIBE outside of a dialog: a new subscription or a fetch.
    mutating func subscribeInitial(
        _ work: borrowing SubscribeWork, _ request: borrowing SubscribeRequest,
        into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome {
        precondition(!request.isInDialog && !work.toTag.isEmpty)
        if let known = repeated(work, request) {
            return .accepted(acceptance(known, now: work.now, isNew: false))
        }
        let standing = standing(work, request)
        if work.granted == 0 { return fetch(work, request, standing, into: &orders) }
        guard hasRoom(work, request) else { return .full }
        let topic = makeTopic(work.name, request.package)
        var watcher = Slab<WatcherRecord>.none
        if work.authorisation != nil {
            watcher = setWatcher(
                topic, request.text[.watcherUser], request.text[.watcherHost], standing,
                now: work.now)
        }
        if standing.status == .terminated {
            return refuse(work, request, topic, standing, into: &orders)
        }
        let text = DialogText(request.text, package: request.package, toTag: work.toTag)
        let subscription = add(
            record(work, request, topic, text, standing, watcher: watcher))
        if settings.replacesSameSubscription {
            replaceSame(as: subscription, request, now: work.now)
        }
        journalChange(subscription: subscription, now: work.now)
        watcherChanged(subscription)
        notifySubscriber(subscription, now: work.now, into: &orders)
        return .accepted(acceptance(subscription, now: work.now, isNew: true))
    }

    /// Carries out a SUBSCRIBE within a dialog: a refresh or the end.
    mutating func subscribeAgain(
        _ subscription: UInt32, _ request: borrowing SubscribeRequest, granted: UInt32,
        now: WallTime, into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome {
        precondition(!subscriptions[subscription].state.contains(.ending))
        let topic = subscriptions[subscription].topic
        guard topics[topic].package == request.package,
            dialog(subscription)[.eventID].equals(request.text[.eventID])
        else { return .unknownDialog }
        // Seen in Kamailio: the tolerated step back is added to what came.
        let step = UInt64(settings.cseqStepBack)
        guard UInt64(request.cseq) + step > UInt64(subscriptions[subscription].remoteCSeq) else {
            return .outOfOrder
        }
        subscriptions[subscription].remoteCSeq = request.cseq
        takeTarget(subscription, request)
        if granted == 0 {
            let accepted = acceptance(subscription, now: now, isNew: false, over: true)
            end(subscription, .timeout, withBody: true, now: now)
            if tell(subscription, now: now, into: &orders) == 0 {
                assert(subscriptions[subscription].state.contains(.inFlight))
            }
            return .accepted(accepted)
        }
        subscriptions[subscription].expires = UInt32(clamping: now.seconds + Int(granted))
        subscriptions[subscription].state.insert(.needsFull)
        refile(subscription)
        journalChange(subscription: subscription, now: now)
        notifySubscriber(subscription, now: now, into: &orders)
        return .accepted(acceptance(subscription, now: now, isNew: false))
    }

    // MARK: Parts of a new subscription

    /// The subscription that the same request has made before, or nil: the To-tag tells, which
    /// only that request gets.
    private func repeated(
        _ work: borrowing SubscribeWork, _ request: borrowing SubscribeRequest
    ) -> UInt32? {
        assert(!work.toTag.isEmpty)
        return subscription(
            work.tag, callID: request.text[.callID], fromTag: request.text[.fromTag],
            toTag: work.toTag)
    }

    /// Whether the presentity and the server may have another subscription, and decision about a
    /// watcher where one is needed: strangers can have many made under names of their choice.
    private func hasRoom(
        _ work: borrowing SubscribeWork, _ request: borrowing SubscribeRequest
    ) -> Bool {
        guard context.subscriptions.value < settings.subscriptionsMax else { return false }
        guard let presentity = presentity(work.name) else { return true }
        let count = Int(presentities[presentity].subscriptionCount)
        guard count < settings.subscriptionsPerPresentityMax else { return false }
        guard work.authorisation != nil, let topic = topic(of: presentity, request.package),
            watcher(topic, request.text[.watcherUser], request.text[.watcherHost]) == nil
        else { return true }
        return Int(audience(topic).watcherCount) < settings.subscriptionsPerPresentityMax
            && context.watchers.value < settings.subscriptionsMax
    }

    /// How a new subscription is to stand.
    private func standing(
        _ work: borrowing SubscribeWork, _ request: borrowing SubscribeRequest
    ) -> Standing {
        guard let authorisation = work.authorisation else { return Standing(status: .active) }
        var stored: Standing?
        if let topic = topic(work.name, request.package),
            let watcher = watcher(
                topic, request.text[.watcherUser], request.text[.watcherHost])
        {
            stored = Standing(
                status: watchers[watcher].status, reason: watchers[watcher].reason)
        }
        return decide(authorisation, stored)
    }

    /// Answers a SUBSCRIBE with Expires 0 outside of a dialog by one NOTIFY; nothing is stored.
    private mutating func fetch(
        _ work: borrowing SubscribeWork, _ request: borrowing SubscribeRequest,
        _ standing: Standing, into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome {
        assert(work.granted == 0)
        let text = DialogText(request.text, package: request.package, toTag: work.toTag)
        let isShown = standing == Standing(status: .active)
        let isRefused = standing.status == .terminated
        let document = isShown ? document(work.name, request.package) : nil
        let reason = isRefused ? standing.reason : .timeout
        orders.append(single(text, reason, document))
        return .accepted(
            SubscribeAcceptance(
                dialog: text, expiresSeconds: 0, status: .terminated, reason: reason, handle: nil,
                isNew: true))
    }

    /// Answers a watcher whom the rules refuse: the NOTIFY says so, nothing but that is stored.
    private mutating func refuse(
        _ work: borrowing SubscribeWork, _ request: borrowing SubscribeRequest, _ topic: UInt32,
        _ standing: Standing, into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome {
        assert(audience(topic).watcherCount > 0, "the decision keeps the topic")
        let text = DialogText(request.text, package: request.package, toTag: work.toTag)
        orders.append(single(text, standing.reason, nil))
        return .accepted(
            SubscribeAcceptance(
                dialog: text, expiresSeconds: Int(work.granted), status: .terminated,
                reason: standing.reason, handle: nil, isNew: true))
    }

    /// The only NOTIFY of a dialog that is over at once.
    private func single(
        _ text: DialogText, _ reason: StatusReason, _ document: EventDocument?
    ) -> NotifyOrder {
        context.counters[Int(text.package.number)].ordered.add(1)
        return NotifyOrder(
            handle: nil, dialog: text, cseq: 1, status: .terminated, reason: reason,
            expiresSeconds: 0, document: document,
            version: context.facts(text.package).firstVersion)
    }

    private func record(
        _ work: borrowing SubscribeWork, _ request: borrowing SubscribeRequest, _ topic: UInt32,
        _ text: DialogText, _ standing: Standing, watcher: UInt32
    ) -> SubscriptionRecord {
        var record = SubscriptionRecord(
            dialog: Counted(text.storage), tag: work.tag, topic: topic, expires: work.expires,
            remoteCSeq: request.cseq, localCSeq: settings.firstCSeq - 1, flags: request.flags,
            sentSerial: audience(topic).serial, status: standing.status, reason: standing.reason)
        record.watcher = watcher
        record.state.insert(.needsFull)
        return record
    }

    /// Ends older subscriptions of the same watcher that the new one stands in for.
    private mutating func replaceSame(
        as subscription: UInt32, _ request: borrowing SubscribeRequest, now: WallTime
    ) {
        assert(settings.replacesSameSubscription)
        let topic = subscriptions[subscription].topic
        var place = audience(topic).firstSubscription
        while place != Slab<SubscriptionRecord>.none {
            let next = subscriptions[place].next
            if place != subscription, !subscriptions[place].state.contains(.ending),
                isSame(dialog(place), request)
            {
                end(place, .deactivated, withBody: false, now: now)
                // The phone knows the old dialog no more: no NOTIFY would reach anybody.
                free(place)
            }
            place = next
        }
        assert(topics.isLive(topic), "the new subscription keeps the topic")
    }

    private func isSame(_ dialog: DialogText, _ request: borrowing SubscribeRequest) -> Bool {
        guard
            dialog[.callID].equals(request.text[.callID])
                || dialog[.contact].equals(request.text[.contact])
        else { return false }
        return dialog[.watcherUser].equals(request.text[.watcherUser])
            && dialog[.watcherHost].equals(request.text[.watcherHost])
            && dialog[.eventID].equals(request.text[.eventID])
    }

    // MARK: Parts of both

    /// Takes over where the watcher is to be reached from now on (RFC 6665 4.1.2.2).
    private mutating func takeTarget(
        _ subscription: UInt32, _ request: borrowing SubscribeRequest
    ) {
        assert(subscriptions.isLive(subscription))
        let old = dialog(subscription)
        let movesContact =
            !request.text[.contact].isEmpty && !old[.contact].equals(request.text[.contact])
        let changesAgent =
            !request.text[.userAgent].isEmpty && !old[.userAgent].equals(request.text[.userAgent])
        let movesSocket =
            !request.text[.socket].isEmpty && !old[.socket].equals(request.text[.socket])
        guard movesContact || changesAgent || movesSocket else { return }
        old.copy(into: &draft)
        if movesContact { draft.set(.contact, request.text[.contact]) }
        if changesAgent { draft.set(.userAgent, request.text[.userAgent]) }
        if movesSocket {
            draft.set(.socket, request.text[.socket])
            draft.set(.localContact, request.text[.localContact])
        }
        let text = DialogText(draft, package: old.package)
        subscriptions[subscription].dialog.release()
        subscriptions[subscription].dialog = Counted(text.storage)
    }

    /// Tells the subscriber the present state, as every accepted SUBSCRIBE asks for.
    private mutating func notifySubscriber(
        _ subscription: UInt32, now: WallTime, into orders: inout [NotifyOrder]
    ) {
        assert(subscriptions.isLive(subscription))
        subscriptions[subscription].state.insert(.owed)
        if settings.notifiesAtOnce {
            _ = tell(subscription, now: now, into: &orders)
        } else {
            delayed.append(subscriptions.handle(subscription))
        }
    }

    private func acceptance(
        _ subscription: UInt32, now: WallTime, isNew: Bool, over: Bool = false
    ) -> SubscribeAcceptance {
        assert(subscriptions.isLive(subscription))
        let record = subscriptions[subscription]
        return SubscribeAcceptance(
            dialog: dialog(subscription),
            expiresSeconds: over ? 0 : max(0, Int(record.expires) - now.seconds),
            status: over ? .terminated : record.status, reason: over ? .timeout : record.reason,
            handle: over ? nil : handle(subscription), isNew: isNew)
    }
}
