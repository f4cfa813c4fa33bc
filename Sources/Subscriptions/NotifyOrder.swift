public import Basics
internal import Synchronization

/// A subscription, for as long as it lives and harmless afterwards.
public struct SubscriptionHandle: Sendable, Hashable {
    /// The shard, 0 to 63.
    public let shard: UInt8
    /// Its place there.
    public let index: UInt32
    /// Tells it from earlier and later ones in the same place.
    public let generation: UInt32

    /// A handle of its parts, which `StateAgent` gave out.
    public init(shard: UInt8, index: UInt32, generation: UInt32) {
        self.shard = shard
        self.index = index
        self.generation = generation
    }
}

/// The document of a change, made when the first notification of it is written and shared by all.
///
/// It holds what was published at that time, so that composing it needs no lock and two
/// notifications of the same change never differ.
public final class EventDocument: Sendable {
    /// What a document is made of.
    enum Source: Sendable {
        /// Publications.
        case composition(Composition)
        /// Watchers.
        case watchers(WatcherList)
    }

    /// The finished document; `bytes` is nil when notifications carry no body.
    final class Content: Sendable {
        /// The composed document, nil when a published one goes out as it is.
        let composed: ComposedDocument?
        /// The published document that goes out as it is.
        let body: EventBody?

        /// One of the two, or neither where there is no document.
        init(composed: ComposedDocument?, body: EventBody?) {
            assert(composed == nil || body == nil)
            self.composed = composed
            self.body = body
        }
    }

    private let source: Source
    /// All packages: one reference, where a package would be a dozen.
    private let packages: [EventPackage]
    private let package: PackageIndex
    private let content = AtomicLazyReference<Content>()

    /// A document that is made of `source` by a package when it is wanted first.
    init(_ source: Source, _ package: PackageIndex, of packages: [EventPackage]) {
        precondition(Int(package.number) < packages.count)
        self.source = source
        self.packages = packages
        self.package = package
    }

    /// Makes the document unless that is done; two threads may do so at once, one result stays.
    var made: Content {
        if let content = content.load() { return content }
        return content.storeIfNil(make())
    }

    private func make() -> Content {
        let number = Int(package.number)
        switch source {
        case .watchers(let list):
            return Content(composed: packages[number].composeWatchers?(list), body: nil)
        case .composition(let composition):
            if let composed = packages[number].compose?(composition) {
                return Content(composed: composed, body: nil)
            }
            return Content(composed: nil, body: composition.documents.last)
        }
    }
}

/// A NOTIFY to be sent: everything of it but the transaction.
///
/// It only holds references to immutable blocks and numbers. Every order with a `handle` must be
/// answered by one call of `StateAgent.completed`, also when the NOTIFY could not be sent.
public struct NotifyOrder: Sendable {
    /// The subscription; nil for the single NOTIFY of a fetch and of a refused subscription.
    public var handle: SubscriptionHandle?
    /// The dialog.
    public var dialog: DialogText
    /// CSeq of the NOTIFY.
    public var cseq: UInt32
    /// The state that it tells.
    public var status: SubscriptionStatus
    /// Its reason; not written for an active subscription.
    public var reason: StatusReason
    /// Seconds until the subscription expires; for active and pending ones.
    public var expiresSeconds: Int
    /// The document; nil for an empty body without Content-Type.
    public var document: EventDocument?
    /// The document's version for this watcher, where the document has one.
    public var version: UInt32

    /// The event package.
    public var package: PackageIndex { dialog.package }

    /// The body, nil without one; makes the document if nobody did so before.
    ///
    /// A NOTIFY asks once: looking whether a document is made is not free.
    public var body: NotifyBody? {
        guard let content = document?.made, content.body != nil || content.composed != nil else {
            return nil
        }
        return NotifyBody(content: content, version: version)
    }
}

/// The body of a NOTIFY: a document that many share, with one watcher's version.
public struct NotifyBody: Sendable {
    /// The document.
    let content: EventDocument.Content
    /// The version for this watcher, where the document has one.
    let version: UInt32

    /// The content type where the document has its own; else it is that of the package.
    public var contentType: [UInt8]? { content.composed?.contentType }

    /// Number of bytes with this watcher's version in it.
    public var count: Int {
        if let body = content.body { return body.count }
        guard let composed = content.composed else { return 0 }
        guard let place = composed.versionPlace else { return composed.bytes.count }
        return composed.bytes.count - place.count + Self.digits(version)
    }

    /// Writes the body, `count` bytes, behind what `writer` holds.
    public func write(into writer: inout ByteWriter) {
        if let body = content.body { return writer.append(body.span) }
        guard let composed = content.composed else { return }
        let bytes = composed.bytes.span
        guard let place = composed.versionPlace else { return writer.append(bytes) }
        writer.append(bytes.extracting(0..<place.lowerBound))
        writer.append(decimal: version)
        writer.append(bytes.extracting(place.upperBound..<bytes.count))
    }

    private static func digits(_ number: UInt32) -> Int {
        var count = 1
        var rest = number / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}

/// What became of a NOTIFY.
public enum NotifyOutcome: Sendable, Hashable {
    /// A 2xx.
    case delivered
    /// A final reply that ends nothing: the next change is tried again.
    case failed
    /// The subscription is over for the watcher: 404, 481, or the script says so
    /// (`delete_subscription`). It is removed with its row.
    case gone
    /// No reply in time; the subscription is removed with `removesOnTimeout`.
    case timedOut
    /// It was never sent, as there was no room for its transaction: the watcher is told the state
    /// of then a second later, or sooner when that changes.
    case unsent
}
