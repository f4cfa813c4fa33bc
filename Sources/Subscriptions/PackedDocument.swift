internal import Basics

/// Published documents as memory keeps those that nobody watches: packed.
///
/// A packed document is the length of the document in two bytes, low one first, and what
/// `DocumentPhrases.code` makes of it.
enum PackedDocument {
    /// Writes the packed form of a document in place of what `writer` holds.
    static func pack(_ document: Span<UInt8>, into writer: inout ByteWriter) {
        precondition(document.count <= Int(UInt16.max), "a document beyond its limits")
        writer.removeAll()
        writer.append(UInt8(truncatingIfNeeded: document.count))
        writer.append(UInt8(truncatingIfNeeded: document.count >> 8))
        DocumentPhrases.code.pack(document, into: &writer)
    }

    /// The document of a packed form.
    static func unpacked(_ packed: Span<UInt8>) -> EventBody {
        precondition(packed.count >= 2, "no packed document")
        let count = Int(packed[0]) | Int(packed[1]) << 8
        return EventBody(count: count) { text in
            DocumentPhrases.code.unpack(packed.extracting(2..<packed.count), into: &text)
        }
    }
}

/// The documents of publications.
extension Shard {
    /// The document of a publication.
    func body(of publication: UInt32) -> EventBody {
        assert(publications.isLive(publication))
        if let body = publications[publication].body { return EventBody(storage: body.object) }
        return PackedDocument.unpacked(publications[publication].text.fourth)
    }

    /// Gives a publication a document: packed while nobody watches.
    ///
    /// Where somebody does, watchers will be told of it at once and it is kept as it came, in the
    /// bytes that all their notifications share.
    mutating func setDocument(of publication: UInt32, _ document: Span<UInt8>) {
        precondition(publications.isLive(publication) && !document.isEmpty)
        let old = publications[publication]
        let isWatched = audience(old.topic).subscriptionCount > 0
        if isWatched || !setPacked(publication, document) {
            setTexts(publication, packed: Span())
            publications[publication].body = Counted(EventBody(document).storage)
        } else {
            publications[publication].body = nil
        }
        old.body?.release()
    }

    /// Packs the documents of a topic that nobody watches any more.
    mutating func packDocuments(of topic: UInt32) {
        assert(topics.isLive(topic))
        var place = topics[topic].firstPublication
        while place != Slab<PublicationRecord>.none {
            if let body = publications[place].body {
                let document = EventBody(storage: body.object)
                if setPacked(place, document.span) {
                    publications[place].body = nil
                    body.release()
                }
            }
            place = publications[place].next
        }
    }

    /// Keeps the packed form of a document; false when it would not save anything.
    private mutating func setPacked(_ publication: UInt32, _ document: Span<UInt8>) -> Bool {
        assert(publications.isLive(publication))
        var writer = ByteWriter(capacity: 0)
        swap(&writer, &packing)
        defer { swap(&writer, &packing) }
        PackedDocument.pack(document, into: &writer)
        let text = publications[publication].text
        let others = text.first.count + text.second.count + text.third.count
        guard writer.count < document.count, others + writer.count <= TextBlock<4>.bytesMax else {
            return false
        }
        setTexts(publication, packed: writer.span)
        return true
    }

    /// Replaces the packed form, which may be none, and leaves the other texts as they are.
    private mutating func setTexts(_ publication: UInt32, packed: Span<UInt8>) {
        assert(publications.isLive(publication))
        let text = publications[publication].text
        guard !packed.isEmpty || !text.fourth.isEmpty else { return }
        publications[publication].text = TextBlock(text.first, text.second, text.third, packed)
        text.free()
    }
}
