internal import Basics

extension PIDF {
    /// Puts the documents of one presentity together into the one that watchers get.
    ///
    /// A single document passes byte for byte. Several become one: the tuples of all, then the
    /// notes, then persons, devices and what is foreign, in the order that the schema wants; of two
    /// tuples (persons, devices) with one `id` the one published later stays. The entity is the
    /// newest document's.
    ///
    /// Documents that cannot be read or are no presence are left out: another server may have
    /// stored them, and one bad device must not hide the others. So is the older half, again and
    /// again, while the result exceeds `Limits.composedBytesMax`.
    /// - Parameters:
    ///   - documents: what is published, the oldest first
    ///   - withdrawn: a document that was removed just now: its tuples are shown as closed, once
    ///   - presentity: the presentity's URI, for an entity where no document has one
    /// - Returns: the document; one without tuples where there is nothing to show
    public static func compose(
        _ documents: [[UInt8]], withdrawn: [UInt8]? = nil, presentity: String
    ) -> [UInt8] {
        if documents.count == 1, withdrawn == nil {
            let only = documents[0]
            if isPresence(only.span) { return only }
        }
        var parts: [Part] = []
        if let withdrawn, let root = presence(withdrawn.span) {
            parts.append(Part(root: root, isRemoved: true))
        }
        for document in documents.suffix(Limits.composedDocumentsMax) {
            guard let root = presence(document.span) else { continue }
            parts.append(Part(root: root, isRemoved: false))
        }
        while !parts.isEmpty {
            if let whole = merge(parts, presentity) { return whole }
            parts.removeFirst((parts.count + 1) / 2)
        }
        return empty(of: presentity)
    }

    /// The root of a document that can be read as presence.
    private static func presence(_ document: Span<UInt8>) -> XMLElement? {
        guard let root = try? XMLDocument(document).root, root.isOwn("presence", namespace) else {
            return nil
        }
        return root
    }

    /// A document that says nothing about a presentity.
    private static func empty(of presentity: String) -> [UInt8] {
        var writer = XMLWriter(capacity: 256)
        writer.open("presence")
        writer.attribute("xmlns", "\(namespace)")
        writer.attribute("entity", entity(of: presentity))
        writer.close("presence")
        return writer.finish()
    }

    /// A document of several.
    private struct Part {
        let root: XMLElement
        let isRemoved: Bool
        let scope: NamespaceScope

        init(root: XMLElement, isRemoved: Bool) {
            self.root = root
            self.isRemoved = isRemoved
            scope = root.declared
        }
    }

    /// Where an element goes in the order of RFC 3863's schema.
    private enum Place: Int { case tuple, note, other }

    /// An element of one of the documents.
    private struct Piece {
        let element: XMLElement
        let place: Place
        let part: Int
    }

    private static func merge(_ parts: [Part], _ presentity: String) -> [UInt8]? {
        let pieces = pieces(of: parts)
        let scope = scope(of: parts)
        var writer = XMLWriter(capacity: 4_096)
        writer.open("presence")
        for (prefix, namespace) in scope.sorted(by: { $0.key < $1.key }) {
            writer.declare(prefix: prefix, namespace)
        }
        let named = parts.last?.root.attribute("entity") ?? ""
        writer.attribute("entity", named.isEmpty ? entity(of: presentity) : named)
        for place in [Place.tuple, .note, .other] {
            for piece in pieces where piece.place == place {
                let part = parts[piece.part]
                if part.isRemoved {
                    writeClosed(piece.element, &writer)
                } else {
                    writer.copy(piece.element, from: part.scope, into: scope)
                }
                if writer.bytes.count > Limits.composedBytesMax { return nil }
            }
        }
        writer.close("presence")
        return writer.bytes.count > Limits.composedBytesMax ? nil : writer.finish()
    }

    /// What the root declares: the namespace of PIDF as the default, and every prefix of a document
    /// that does not stand for something else already.
    private static func scope(of parts: [Part]) -> NamespaceScope {
        var scope: NamespaceScope = ["": "\(namespace)"]
        for part in parts {
            for (prefix, namespace) in part.scope where scope[prefix] == nil {
                scope[prefix] = namespace
            }
        }
        return scope
    }

    /// The elements that stay, in the order of their documents.
    private static func pieces(of parts: [Part]) -> [Piece] {
        var seen = Set<String>()
        var pieces: [Piece] = []
        // What was withdrawn stands first and so yields to all others, whenever it was published.
        for index in parts.indices.reversed() {
            for element in parts[index].root.children {
                let place = place(of: element)
                if parts[index].isRemoved, place != .tuple { continue }
                if let id = element.attribute("id"), isIdentified(element, place) {
                    guard seen.insert("\(element.name) \(id)").inserted else { continue }
                }
                pieces.append(Piece(element: element, place: place, part: index))
            }
        }
        // Swift's sort keeps the order of equals: the elements of a document stay as they stood.
        return pieces.sorted { $0.part < $1.part }
    }

    private static func place(of element: XMLElement) -> Place {
        if element.isOwn("tuple", namespace) { return .tuple }
        return element.isOwn("note", namespace) ? .note : .other
    }

    /// Whether an element is one that a later document replaces: RFC 3863 4.1.2, RFC 4479 4.
    private static func isIdentified(_ element: XMLElement, _ place: Place) -> Bool {
        place == .tuple
            || (element.isIn(dataModel)
                && (element.isNamed("person") || element.isNamed("device")))
    }

    /// Writes a tuple as one that has gone: nothing of it but that it is closed.
    private static func writeClosed(_ tuple: XMLElement, _ writer: inout XMLWriter) {
        writer.open("tuple")
        writer.attribute("id", tuple.attribute("id") ?? "closed")
        writer.open("status")
        writer.element("basic", "closed")
        writer.close("status")
        writer.close("tuple")
    }
}
