internal import Basics

extension DialogInfo {
    /// Puts the documents of one presentity together.
    ///
    /// Of two dialogs with one id the one published later stays; dialogs of newer documents stand
    /// first. A dialog of a document that was withdrawn is shown as terminated: its publisher is
    /// gone, and a lamp must not stay lit.
    /// - Parameters:
    ///   - documents: what is published, the oldest first; what cannot be read is left out
    ///   - withdrawn: a document that was removed just now
    ///   - presentity: the presentity's URI, for an entity where no document has one
    ///   - isSingle: only the dialog that matters most, for phones that can show no more than one
    ///     (`force_single_dialog`)
    /// - Returns: the document, with full state and a version for each watcher
    public static func compose(
        _ documents: [[UInt8]], withdrawn: [UInt8]? = nil, presentity: String,
        isSingle: Bool = false
    ) -> VersionedDocument {
        if documents.count == 1, withdrawn == nil, !isSingle,
            let same = versioned(documents[0])
        {
            return same
        }
        var parts: [Part] = []
        if let withdrawn, let root = dialogInfo(withdrawn.span) {
            parts.append(Part(root: root, isRemoved: true))
        }
        for document in documents.suffix(Limits.composedDocumentsMax) {
            guard let root = dialogInfo(document.span) else { continue }
            parts.append(Part(root: root, isRemoved: false))
        }
        while !parts.isEmpty {
            if let whole = merge(parts, presentity, isSingle) { return whole }
            parts.removeFirst((parts.count + 1) / 2)
        }
        var writer = begin(entity: presentity, scope: ["": "\(namespace)"])
        writer.close("dialog-info")
        return writer.finishVersioned()
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

    /// A dialog of one of them.
    private struct Piece {
        let dialog: XMLElement
        let part: Part

        var state: State { part.isRemoved ? .terminated : DialogInfo.state(of: dialog) }
    }

    /// A document as it came, with the place of its version.
    ///
    /// Nil unless it can be sent to everyone as it is: full state, a version and an entity.
    private static func versioned(_ document: [UInt8]) -> VersionedDocument? {
        let bytes = document.span
        guard let root = RootTag(bytes), bytes.part(root.name).equals("dialog-info"),
            let version = root.value(of: "version", in: bytes),
            let state = root.value(of: "state", in: bytes), bytes.part(state).equals("full"),
            let entity = root.value(of: "entity", in: bytes), !entity.isEmpty
        else { return nil }
        return VersionedDocument(document, version: version)
    }

    private static func dialogInfo(_ document: Span<UInt8>) -> XMLElement? {
        guard let root = try? XMLDocument(document).root,
            root.isOwn("dialog-info", namespace)
        else { return nil }
        return root
    }

    private static func merge(
        _ parts: [Part], _ presentity: String, _ isSingle: Bool
    ) -> VersionedDocument? {
        var pieces = pieces(of: parts)
        if isSingle, let most = pieces.map(\.state).max() {
            pieces = pieces.filter { $0.state == most }
            pieces.removeLast(pieces.count - 1)
        }
        var scope: NamespaceScope = ["": "\(namespace)"]
        for part in parts {
            for (prefix, name) in part.scope where scope[prefix] == nil { scope[prefix] = name }
        }
        let entity = parts.last?.root.attribute("entity") ?? ""
        var writer = begin(entity: entity.isEmpty ? presentity : entity, scope: scope)
        for piece in pieces {
            if piece.part.isRemoved {
                writeEnded(piece.dialog, &writer)
            } else {
                writer.copy(piece.dialog, from: piece.part.scope, into: scope)
            }
            if writer.bytes.count > Limits.composedBytesMax { return nil }
        }
        writer.close("dialog-info")
        return writer.bytes.count > Limits.composedBytesMax ? nil : writer.finishVersioned()
    }

    /// The dialogs that stay, those of newer documents first.
    private static func pieces(of parts: [Part]) -> [Piece] {
        var seen = Set<String>()
        var pieces: [Piece] = []
        for part in parts.reversed() {
            for dialog in part.root.children where dialog.isOwn("dialog", namespace) {
                guard seen.insert(dialog.attribute("id") ?? "").inserted else { continue }
                pieces.append(Piece(dialog: dialog, part: part))
            }
        }
        return pieces
    }

    /// Writes a dialog as one that has ended.
    private static func writeEnded(_ dialog: XMLElement, _ writer: inout XMLWriter) {
        writer.open("dialog")
        writer.attribute("id", dialog.attribute("id") ?? "")
        writer.attribute("call-id", optional: dialog.attribute("call-id"))
        writer.attribute("local-tag", optional: dialog.attribute("local-tag"))
        writer.attribute("remote-tag", optional: dialog.attribute("remote-tag"))
        if let direction = dialog.attribute("direction"),
            direction == "initiator" || direction == "recipient"
        {
            writer.attribute("direction", direction)
        }
        writer.element("state", "terminated")
        writer.close("dialog")
    }
}
