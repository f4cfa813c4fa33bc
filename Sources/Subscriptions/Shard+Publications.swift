internal import Basics

/// Publications: found, put in order, changed and dropped.
extension Shard {
    /// The publication of a topic that has an entity tag, or nil.
    func publication(_ topic: UInt32, tag: Span<UInt8>) -> UInt32? {
        assert(topics.isLive(topic) && !tag.isEmpty)
        let parsed = EntityTag(tag)
        var place = topics[topic].firstPublication
        while place != Slab<PublicationRecord>.none {
            if publications[place].state.contains(.foreignTag) {
                if publications[place].text.first.equals(tag) { return place }
            } else if let parsed, parsed == entityTag(place) {
                return place
            }
            place = publications[place].next
        }
        return nil
    }

    /// The publication of a topic that tells of the same dialog, or nil.
    func publication(_ topic: UInt32, dialogKey: UInt64) -> UInt32? {
        assert(topics.isLive(topic))
        guard dialogKey != 0 else { return nil }
        var place = topics[topic].firstPublication
        while place != Slab<PublicationRecord>.none {
            if publications[place].dialogKey == dialogKey { return place }
            place = publications[place].next
        }
        return nil
    }

    /// The entity tag of a publication that has one of this run.
    func entityTag(_ publication: UInt32) -> EntityTag {
        assert(!publications[publication].state.contains(.foreignTag))
        return EntityTag(
            time: context.seed.time, process: context.seed.process,
            random: publications[publication].random, number: publications[publication].number)
    }

    /// The text of a publication's entity tag.
    func entityTagText(_ publication: UInt32) -> [UInt8] {
        assert(publications.isLive(publication))
        if publications[publication].state.contains(.foreignTag) {
            return Array(copying: publications[publication].text.first)
        }
        return entityTag(publication).bytes
    }

    /// 64 bits that nobody can guess and no other publication of this run has drawn.
    mutating func drawRandom() -> UInt64 {
        precondition(drawn < .max, "every tag is drawn once")
        drawn += 1
        var bytes = InlineArray<10, UInt8>(repeating: 0)
        for place in 0..<8 {
            bytes[place] = UInt8(truncatingIfNeeded: drawn >> UInt64(place * 8))
        }
        bytes[8] = UInt8(number)
        return context.tagHash.hash(bytes.span)
    }

    /// Adds a publication to its topic, in order, and to the timer wheel.
    mutating func add(_ record: PublicationRecord) -> UInt32 {
        precondition(topics.isLive(record.topic))
        let publication = publications.insert(record)
        link(publication)
        topics[record.topic].publicationCount += 1
        if record.expires > 0 {
            publicationWheel.file(
                publication, at: dueTime(record.expires), in: &publications)
        }
        context.publications.add(1)
        counters(record.topic).publications.add(1)
        return publication
    }

    /// Removes a publication; its topic stays.
    ///
    /// The row is erased when there may be one.
    mutating func remove(publication: UInt32, now: WallTime) {
        precondition(publications.isLive(publication))
        let record = publications[publication]
        journalErasure(publication: publication, now: now)
        unlink(publication)
        publicationWheel.remove(publication, in: &publications)
        topics[record.topic].publicationCount -= 1
        record.body?.release()
        record.text.free()
        publications.remove(publication)
        context.publications.add(-1)
        counters(record.topic).publications.add(-1)
    }

    /// Puts a publication where its time and priority belong now.
    mutating func reorder(_ publication: UInt32) {
        assert(publications.isLive(publication))
        if settings.order == .receivedTime,
            topics[publications[publication].topic].lastPublication == publication
        {
            return
        }
        unlink(publication)
        link(publication)
    }

    /// Gives a publication another expiry.
    mutating func setExpiry(publication: UInt32, _ expires: UInt32) {
        assert(expires > 0)
        publications[publication].expires = expires
        let link = publications[publication].timerLink
        if link.isFiled {
            if publicationWheel.dueTime(link) <= dueTime(expires) { return }
            publicationWheel.remove(publication, in: &publications)
        }
        publicationWheel.file(publication, at: dueTime(expires), in: &publications)
    }

    /// The second at which to look at what expires then.
    func dueTime(_ expires: UInt32) -> Int64 {
        assert(expires > 0)
        return Int64(expires) + Int64(settings.expiresOffsetSeconds)
    }

    /// Links a publication into its topic behind the last one that it must not precede.
    private mutating func link(_ publication: UInt32) {
        assert(publications.isLive(publication))
        let topic = publications[publication].topic
        var previous = topics[topic].lastPublication
        while previous != Slab<PublicationRecord>.none, precedes(publication, previous) {
            previous = publications[previous].previous
        }
        let isFirst = previous == Slab<PublicationRecord>.none
        let next = isFirst ? topics[topic].firstPublication : publications[previous].next
        publications[publication].previous = previous
        publications[publication].next = next
        if isFirst {
            topics[topic].firstPublication = publication
        } else {
            publications[previous].next = publication
        }
        if next == Slab<PublicationRecord>.none {
            topics[topic].lastPublication = publication
        } else {
            publications[next].previous = publication
        }
    }

    private mutating func unlink(_ publication: UInt32) {
        assert(publications.isLive(publication))
        let topic = publications[publication].topic
        let next = publications[publication].next
        let previous = publications[publication].previous
        if previous == Slab<PublicationRecord>.none {
            assert(topics[topic].firstPublication == publication)
            topics[topic].firstPublication = next
        } else {
            publications[previous].next = next
        }
        if next == Slab<PublicationRecord>.none {
            topics[topic].lastPublication = previous
        } else {
            publications[next].previous = previous
        }
    }

    /// Whether a publication that is linked now belongs in front of another one.
    private func precedes(_ publication: UInt32, _ other: UInt32) -> Bool {
        assert(publication != other)
        let one = publications[publication]
        let two = publications[other]
        switch settings.order {
        // Whoever comes later stands behind, also when the clock was set back.
        case .receivedTime: return isLoading && one.received < two.received
        case .priority(let descending):
            if one.priority == two.priority { return isLoading && one.received < two.received }
            return (one.priority < two.priority) != descending
        }
    }
}
