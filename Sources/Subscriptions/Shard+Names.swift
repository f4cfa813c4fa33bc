internal import Basics

/// Presentities and topics: found, made and dropped.
extension Shard {
    /// A presentity as it is looked up: its name and the hash of it.
    struct Name: ~Escapable {
        /// User part.
        let user: Span<UInt8>
        /// Host part.
        let host: Span<UInt8>
        /// The hash that it is filed under.
        let tag: UInt32

        /// A name and its hash.
        @_lifetime(copy user, copy host)
        init(user: Span<UInt8>, host: Span<UInt8>, tag: UInt32) {
            self.user = user
            self.host = host
            self.tag = tag
        }
    }

    /// The presentity of a name, or nil.
    func presentity(_ name: borrowing Name) -> UInt32? {
        assert(!name.host.isEmpty)
        return presentityIndex.find(name.tag) { candidate in
            context.sameName(presentities[candidate].name.first, name.user)
                && context.sameName(presentities[candidate].name.second, name.host)
        }
    }

    /// A presentity under a package, or nil.
    func topic(_ name: borrowing Name, _ package: PackageIndex) -> UInt32? {
        guard let presentity = presentity(name) else { return nil }
        return topic(of: presentity, package)
    }

    /// The topic of a presentity under a package, or nil.
    func topic(of presentity: UInt32, _ package: PackageIndex) -> UInt32? {
        assert(presentities.isLive(presentity))
        var topic = presentities[presentity].firstTopic
        while topic != Slab<Topic>.none {
            if topics[topic].package == package { return topic }
            topic = topics[topic].next
        }
        return nil
    }

    /// A presentity under a package, made if need be.
    mutating func makeTopic(_ name: borrowing Name, _ package: PackageIndex) -> UInt32 {
        precondition(!name.host.isEmpty)
        let presentity = presentity(name) ?? addPresentity(name)
        if let topic = topic(of: presentity, package) { return topic }
        let topic = topics.insert(Topic(presentity: presentity, package: package))
        topics[topic].next = presentities[presentity].firstTopic
        presentities[presentity].firstTopic = topic
        return topic
    }

    /// The place of a topic's audience, made if need be, to be written.
    mutating func makeAudience(_ topic: UInt32) -> UInt32 {
        precondition(topics.isLive(topic))
        if !topics[topic].isWatched { topics[topic].audience = audiences.insert(Audience()) }
        return topics[topic].audience
    }

    /// Drops the audience of a topic when nobody is left in it.
    mutating func dropAudienceIfEmpty(_ topic: UInt32) {
        assert(topics.isLive(topic))
        let audience = topics[topic].audience
        guard audience != Audience.nobody, audiences[audience].isEmpty else { return }
        audiences[audience].releaseDocuments()
        audiences.remove(audience)
        topics[topic].audience = Audience.nobody
    }

    /// Drops a topic that nothing is left of, and its presentity when that was the last one.
    mutating func dropIfEmpty(_ topic: UInt32) {
        assert(topics.isLive(topic))
        guard topics[topic].isEmpty else { return }
        let presentity = topics[topic].presentity
        unlink(topic, from: presentity)
        topics.remove(topic)
        guard presentities[presentity].firstTopic == Slab<Topic>.none else { return }
        assert(presentities[presentity].subscriptionCount == 0)
        presentityIndex.remove(presentities[presentity].tag, presentity)
        presentities[presentity].name.free()
        presentities.remove(presentity)
    }

    /// The presentity of a topic as a SIP URI, `sip:user@host`.
    func uri(of topic: UInt32) -> [UInt8] {
        assert(topics.isLive(topic))
        let presentity = topics[topic].presentity
        return SIPName.uri(
            user: presentities[presentity].name.first, host: presentities[presentity].name.second)
    }

    private mutating func addPresentity(_ name: borrowing Name) -> UInt32 {
        assert(name.user.count <= Limits.presenceNameBytesMax)
        let presentity = presentities.insert(
            PresentityRecord(name: TextBlock(name.user, name.host), tag: name.tag))
        presentityIndex.insert(name.tag, presentity)
        return presentity
    }

    private mutating func unlink(_ topic: UInt32, from presentity: UInt32) {
        assert(topics[topic].presentity == presentity)
        let next = topics[topic].next
        if presentities[presentity].firstTopic == topic {
            presentities[presentity].firstTopic = next
            return
        }
        var place = presentities[presentity].firstTopic
        while topics[place].next != topic { place = topics[place].next }
        topics[place].next = next
    }
}

/// Names as URIs.
enum SIPName {
    /// `sip:user@host`, or `sip:host` without a user part.
    static func uri(user: Span<UInt8>, host: Span<UInt8>) -> [UInt8] {
        assert(user.count + host.count <= Limits.presentityBytesMax)
        return [UInt8](capacity: user.count + host.count + 5) { bytes in
            for byte: UInt8 in [115, 105, 112, 58] { bytes.append(byte) }
            for place in user.indices { bytes.append(user[place]) }
            if !user.isEmpty { bytes.append(UInt8(ascii: "@")) }
            for place in host.indices { bytes.append(host[place]) }
        }
    }
}
