internal import Basics

/// A PUBLISH under way: what was found out about it before the shard was locked.
struct PublishWork: ~Escapable {
    /// The presentity.
    let name: Shard.Name
    /// The event package.
    let package: PackageIndex
    /// The value of SIP-If-Match.
    let ifMatch: Span<UInt8>
    /// The document.
    let body: Span<UInt8>
    /// URI of the sender.
    let sender: Span<UInt8>
    /// Lifetime that is granted, in seconds; nil for hard state.
    let granted: UInt32?
    /// The column `priority`.
    let priority: Int32
    /// The identity of the dialog that the document tells of, hashed; 0 for none.
    let dialogKey: UInt64
    /// Whether that dialog has ended.
    let isTerminated: Bool
    /// The present second.
    let now: WallTime

    /// A PUBLISH that may be carried out.
    @_lifetime(copy request, copy name)
    init(
        _ request: borrowing PublishRequest, _ name: consuming Shard.Name, granted: UInt32?,
        dialogKey: UInt64, isTerminated: Bool, now: WallTime
    ) {
        self.name = name
        package = request.package
        ifMatch = request.ifMatch
        body = request.body
        sender = request.sender
        priority = request.priority
        self.granted = granted
        self.dialogKey = dialogKey
        self.isTerminated = isTerminated
        self.now = now
    }

    /// The second at which it expires; 0 for hard state.
    var expires: UInt32 {
        guard let granted else { return 0 }
        return UInt32(clamping: now.seconds + Int(granted))
    }

    /// What the reply says of the lifetime, with `offset` taken off.
    func told(_ offset: Int) -> Int { max(0, Int(granted ?? 0) - offset) }
}

/// PUBLISH (RFC 3903 6).
extension Shard {
    /// Carries out a PUBLISH without SIP-If-Match: a new publication.
    mutating func publishInitial(_ work: borrowing PublishWork) -> PublishOutcome {
        precondition(!work.body.isEmpty)
        let told = work.told(settings.expiresOffsetSeconds)
        // Nothing that is over at once is stored, and nobody needs to be told.
        if work.granted == 0 {
            return .accepted(tag: drawTag(), expiresSeconds: 0)
        }
        guard context.publications.value < settings.publicationsMax else { return .full }
        let topic = makeTopic(work.name, work.package)
        if let old = publication(topic, dialogKey: work.dialogKey) {
            remove(publication: old, now: work.now)
        }
        guard Int(topics[topic].publicationCount) < settings.publicationsPerPresentityMax else {
            return .full
        }
        let publication = add(record(work, topic, tag: Span()))
        setDocument(of: publication, work.body)
        journalChange(publication: publication, now: work.now)
        documentChanged(topic, withdrawn: nil, sender: work.sender)
        return .accepted(tag: entityTag(publication), expiresSeconds: told)
    }

    /// Carries out a PUBLISH with SIP-If-Match: a refresh, a change or a removal.
    mutating func publishAgain(_ work: borrowing PublishWork) -> PublishOutcome {
        precondition(!work.ifMatch.isEmpty)
        guard let topic = topic(work.name, work.package),
            let publication = publication(topic, tag: work.ifMatch),
            publications[publication].expires != 0
        else { return .conditionFailed }
        if work.granted == 0 {
            withdraw(publication, sender: work.sender, now: work.now)
            return .accepted(tag: nil, expiresSeconds: 0)
        }
        let told = work.told(settings.expiresOffsetSeconds)
        let keepsTag = context.facts(work.package).keepsEntityTag
        if keepsTag, isOverruled(publication, work) {
            return .accepted(tag: nil, expiresSeconds: told)
        }
        let hadEnded = publications[publication].state.contains(.terminated)
        if !keepsTag { renew(publication) }
        if !hadEnded { change(publication, work) }
        journalChange(publication: publication, now: work.now)
        if !hadEnded, !work.body.isEmpty || settings.notifiesRefreshes {
            documentChanged(topic, withdrawn: nil, sender: work.sender)
        }
        return .accepted(
            tag: keepsTag ? nil : entityTag(publication), expiresSeconds: told)
    }

    /// Sets, replaces or removes a document that never expires, by its name in `ifMatch`.
    mutating func setHardState(_ work: borrowing PublishWork) -> PublishOutcome {
        precondition(!work.ifMatch.isEmpty && work.granted == nil)
        let known = self.topic(work.name, work.package).flatMap {
            self.publication($0, tag: work.ifMatch)
        }
        if let publication = known, publications[publication].expires == 0 {
            if work.body.isEmpty {
                withdraw(publication, sender: Span(), now: work.now)
            } else {
                change(publication, work)
                journalChange(publication: publication, now: work.now)
                let topic = publications[publication].topic
                documentChanged(topic, withdrawn: nil, sender: Span())
            }
            return .accepted(tag: nil, expiresSeconds: 0)
        }
        guard known == nil, !work.body.isEmpty else { return .conditionFailed }
        let topic = makeTopic(work.name, work.package)
        guard Int(topics[topic].publicationCount) < settings.publicationsPerPresentityMax,
            context.publications.value < settings.publicationsMax
        else {
            dropIfEmpty(topic)
            return .full
        }
        let publication = add(record(work, topic, tag: work.ifMatch))
        setDocument(of: publication, work.body)
        journalChange(publication: publication, now: work.now)
        documentChanged(topic, withdrawn: nil, sender: Span())
        return .accepted(tag: nil, expiresSeconds: 0)
    }

    /// Removes a publication and tells the watchers.
    mutating func withdraw(_ publication: UInt32, sender: Span<UInt8>, now: WallTime) {
        assert(publications.isLive(publication))
        let topic = publications[publication].topic
        // Only watchers are told of what is gone.
        let body = topics[topic].isWatched ? self.body(of: publication) : nil
        remove(publication: publication, now: now)
        documentChanged(topic, withdrawn: body, sender: sender)
        dropIfEmpty(topic)
    }

    /// A record of what a PUBLISH brings but for its document, not linked yet; `tag` is empty for
    /// one of this run.
    private mutating func record(
        _ work: borrowing PublishWork, _ topic: UInt32, tag: Span<UInt8>
    ) -> PublicationRecord {
        assert(topics.isLive(topic) && !work.body.isEmpty)
        var record = PublicationRecord(
            body: nil, text: TextBlock(tag, Span(), work.sender), random: drawRandom(),
            topic: topic,
            expires: work.expires, received: UInt32(clamping: work.now.seconds),
            priority: work.priority)
        record.dialogKey = work.dialogKey
        if work.isTerminated { record.state.insert(.terminated) }
        if !tag.isEmpty { record.state.insert(.foreignTag) }
        return record
    }

    /// Whether a document without a dialog must not take the place of one with a dialog that
    /// somebody else has published (shared line appearance).
    private func isOverruled(_ publication: UInt32, _ work: borrowing PublishWork) -> Bool {
        assert(publications.isLive(publication))
        return publications[publication].dialogKey != 0 && work.dialogKey == 0 && !work.body.isEmpty
            && !publications[publication].text.third.equals(work.sender)
    }

    /// Gives a publication another entity tag (RFC 3903 6: a new one at every success).
    private mutating func renew(_ publication: UInt32) {
        assert(publications.isLive(publication))
        rememberTag(publication)
        guard publications[publication].state.contains(.foreignTag) else {
            publications[publication].number &+= 1
            return
        }
        let text = publications[publication].text
        publications[publication].text = TextBlock(Span(), text.second, text.third, text.fourth)
        text.free()
        publications[publication].state.remove(.foreignTag)
        publications[publication].number = 0
        // What its unique name is made of must not change, unless the name is written out.
        if publications[publication].state.contains(.foreignName) {
            publications[publication].random = drawRandom()
        }
    }

    /// Takes over what a PUBLISH brings.
    private mutating func change(_ publication: UInt32, _ work: borrowing PublishWork) {
        assert(!publications[publication].state.contains(.terminated))
        if !work.body.isEmpty {
            setDocument(of: publication, work.body)
            publications[publication].dialogKey = work.dialogKey
            if work.isTerminated { publications[publication].state.insert(.terminated) }
        }
        let text = publications[publication].text
        if !text.third.equals(work.sender) {
            publications[publication].text = TextBlock(
                text.first, text.second, work.sender, text.fourth)
            text.free()
        }
        publications[publication].priority = work.priority
        publications[publication].received = UInt32(clamping: work.now.seconds)
        if work.granted != nil { setExpiry(publication: publication, work.expires) }
        reorder(publication)
    }

    /// A tag for a publication that is not stored.
    private mutating func drawTag() -> EntityTag {
        EntityTag(
            time: context.seed.time, process: context.seed.process, random: drawRandom(),
            number: 0)
    }
}
