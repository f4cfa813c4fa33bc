internal import Basics

/// The documents that watchers see; they are composed when the first NOTIFY is written.
extension Shard {
    /// The document for a subscription: for watcher information what has changed, if the watcher
    /// knows everything before that, else all there is.
    mutating func document(for subscription: UInt32) -> EventDocument? {
        assert(subscriptions.isLive(subscription))
        let topic = subscriptions[subscription].topic
        if let partial = audience(topic).partial,
            !subscriptions[subscription].state.contains(.needsFull),
            subscriptions[subscription].sentSerial &+ 1 == audience(topic).serial
        {
            return partial.object
        }
        return document(of: topic)
    }

    /// The whole document of a topic.
    mutating func document(of topic: UInt32) -> EventDocument? {
        assert(topics.isLive(topic))
        if let document = audience(topic).document { return document.object }
        let package = topics[topic].package
        let document: EventDocument
        if let watched = context.facts(package).watched {
            let base = self.topic(of: topics[topic].presentity, watched)
            let list = watcherList(watched, base, presentity: uri(of: topic))
            document = EventDocument(.watchers(list), package, of: context.packages.packages)
        } else {
            guard topics[topic].publicationCount > 0 || context.facts(package).isComposed else {
                return nil
            }
            let source = EventDocument.Source.composition(composition(of: topic))
            document = EventDocument(source, package, of: context.packages.packages)
        }
        // What is made of nothing, or for a single look, is made again rather than kept for
        // thousands of topics.
        let isMade = topics[topic].publicationCount > 0 || context.facts(package).watched != nil
        if isMade, topics[topic].isWatched {
            audiences[topics[topic].audience].document = Counted(document)
        }
        return document
    }

    /// The document of a presentity that may be unknown.
    mutating func document(_ name: borrowing Name, _ package: PackageIndex) -> EventDocument? {
        assert(!name.host.isEmpty)
        if let topic = topic(name, package) { return document(of: topic) }
        let uri = SIPName.uri(user: name.user, host: name.host)
        let source: EventDocument.Source
        if let watched = context.facts(package).watched {
            source = .watchers(watcherList(watched, topic(name, watched), presentity: uri))
        } else {
            guard context.facts(package).isComposed else { return nil }
            source = .composition(Composition(presentity: uri, documents: []))
        }
        return EventDocument(source, package, of: context.packages.packages)
    }

    private func composition(of topic: UInt32) -> Composition {
        var documents: [EventBody] = []
        documents.reserveCapacity(Int(topics[topic].publicationCount))
        var place = topics[topic].firstPublication
        while place != Slab<PublicationRecord>.none {
            documents.append(body(of: place))
            place = publications[place].next
        }
        assert(documents.count == Int(topics[topic].publicationCount))
        let withdrawn = audience(topic).withdrawn.map { EventBody(storage: $0.object) }
        return Composition(
            presentity: uri(of: topic), documents: documents, withdrawn: withdrawn)
    }
}
