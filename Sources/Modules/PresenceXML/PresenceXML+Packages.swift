import Basics
import EventDocuments
import Subscriptions

/// The event packages of the module; each is one declaration.
extension PresenceXMLModule {
    /// Those that the settings ask for.
    var packages: [EventPackage] {
        guard !parameters.isPassive else { return [] }
        var packages: [EventPackage] = []
        if !parameters.hidesPresence { packages.append(presencePackage) }
        if !parameters.hidesWatcherInfo { packages.append(Self.watcherInfoPackage(parameters)) }
        if !parameters.hidesSharedLines { packages.append(Self.sharedLinePackage(parameters)) }
        if !parameters.hidesXCAPDiff { packages.append(Self.xcapDiffPackage(parameters)) }
        return packages
    }

    /// The presence of people (RFC 3856).
    private var presencePackage: EventPackage {
        var package = EventPackage("presence", contentType: PIDF.contentType)
        package.defaultExpiresSeconds = parameters.expiresSeconds
        package.check = { body in
            Self.verdict { () throws(DocumentError) in try PIDF.check(body) }
        }
        let composer = PresenceComposer(parameters)
        package.compose = { composer.compose($0) }
        package.needsAuthorisation = !parameters.allowsEverybody
        guard package.needsAuthorisation else { return package }
        package.authorise = { [weak self] presentity, watcher in
            self?.authorise(presentity, watcher) ?? .unknown
        }
        return package
    }

    /// Who watches people (RFC 3857); nobody publishes it.
    private static func watcherInfoPackage(_ parameters: PresenceXMLParameters) -> EventPackage {
        var package = EventPackage("presence.winfo", contentType: WatcherInfo.contentType)
        package.defaultExpiresSeconds = parameters.expiresSeconds
        package.isPublished = false
        package.watchedPackage = Array("presence".utf8)
        package.firstVersion = 0
        package.composeWatchers = { list in
            let watchers = list.watchers.map { watcher in
                WatcherInfo.Watcher(
                    id: String(copying: watcher.id.span), status: "\(watcher.status.word)",
                    event: watcher.event ?? "subscribe", uri: String(copying: watcher.uri.span))
            }
            let info = WatcherInfo(
                isFull: list.isFull,
                lists: [
                    WatcherInfo.List(
                        resource: String(copying: list.presentity.span),
                        package: String(copying: list.package.span), watchers: watchers)
                ])
            let document = info.document()
            return ComposedDocument(bytes: document.bytes, versionPlace: document.version?.indices)
        }
        return package
    }

    /// Shared lines: the dialogs that phones publish of a line, each passed on as it is.
    private static func sharedLinePackage(_ parameters: PresenceXMLParameters) -> EventPackage {
        var package = EventPackage("dialog", contentType: DialogInfo.contentType)
        package.parameters = [EventPackage.Parameter("sla")]
        package.defaultExpiresSeconds = parameters.expiresSeconds
        package.keepsEntityTag = true
        package.check = { body in
            Self.verdict { () throws(DocumentError) in _ = try DialogInfo.check(body) }
        }
        return package
    }

    /// Changes of XCAP documents (RFC 5875), passed on as they are.
    private static func xcapDiffPackage(_ parameters: PresenceXMLParameters) -> EventPackage {
        var package = EventPackage("xcap-diff", contentType: "application/xcap-diff+xml")
        package.defaultExpiresSeconds = parameters.expiresSeconds
        return package
    }

    /// The verdict about a document by what its check throws; bad XML is answered with 415.
    private static func verdict(_ check: () throws(DocumentError) -> Void) -> DocumentVerdict {
        do throws(DocumentError) {
            try check()
            return .accepted(DocumentFacts())
        } catch {
            return .unsupported
        }
    }
}

/// Makes of what a presentity published what its watchers are shown.
struct PresenceComposer: Sendable {
    private let showsDummy: Bool
    /// Nil where documents are merged.
    private let ranking: PresenceRanking?

    /// A composer under the module's settings.
    init(_ parameters: PresenceXMLParameters) {
        showsDummy = parameters.showsDummy
        ranking =
            parameters.showsSingle
            ? PresenceRanking(
                priorities: parameters.priorities, element: parameters.rankedElement) : nil
    }

    /// The document; nil where the last one passes as it is, or there is none.
    func compose(_ composition: Composition) -> ComposedDocument? {
        let documents = composition.documents
        // The usual case by far: nothing is copied and nothing is parsed.
        if documents.count == 1, composition.withdrawn == nil {
            let only = documents[0]
            if PIDF.isPresence(only.span) { return nil }
        }
        let presentity = String(copying: composition.presentity.span)
        if documents.isEmpty, composition.withdrawn == nil {
            return showsDummy ? ComposedDocument(bytes: PIDF.dummy(of: presentity)) : nil
        }
        let bodies = documents.map { Array(copying: $0.span) }
        // What was withdrawn is not shown beside the best document: these phones show one only.
        if let best = ranking?.best(of: bodies) { return ComposedDocument(bytes: bodies[best]) }
        return ComposedDocument(
            bytes: PIDF.compose(
                bodies, withdrawn: composition.withdrawn.map { Array(copying: $0.span) },
                presentity: presentity))
    }
}
