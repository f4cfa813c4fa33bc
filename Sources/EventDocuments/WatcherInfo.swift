internal import Basics

/// Watcher information (RFC 3857, RFC 3858): who watches a resource, and since when.
public struct WatcherInfo: Sendable, Hashable {
    /// The media type of watcher information.
    public static let contentType = "application/watcherinfo+xml"
    /// Namespace of RFC 3858.
    static let namespace: StaticString = "urn:ietf:params:xml:ns:watcherinfo"

    /// Counts up with each document of a subscription, from 0.
    public var version: Int
    /// Whether it names all watchers (state `full`), or those that have changed (`partial`).
    public var isFull: Bool
    /// The watchers by what they watch.
    public var lists: [List]

    /// Watcher information.
    public init(version: Int = 0, isFull: Bool, lists: [List] = []) {
        self.version = version
        self.isFull = isFull
        self.lists = lists
    }

    /// The watchers of one resource and event package.
    public struct List: Sendable, Hashable {
        /// The resource's URI.
        public var resource: String
        /// The event package that is watched, `presence`.
        public var package: String
        /// The watchers.
        public var watchers: [Watcher]

        /// The watchers of one resource and event package.
        public init(resource: String, package: String, watchers: [Watcher] = []) {
            self.resource = resource
            self.package = package
            self.watchers = watchers
        }
    }

    /// One watcher.
    public struct Watcher: Sendable, Hashable {
        /// Tells the subscriptions of one list apart for their life.
        public var id: String
        /// How the subscription stands: `pending`, `active`, `waiting` or `terminated`.
        public var status: String
        /// What brought it there: `subscribe`, `approved`, `rejected`, `timeout`, ...
        public var event: String
        /// The watcher's URI.
        public var uri: String
        /// The watcher's name for people.
        public var displayName: String?
        /// Seconds until the subscription expires.
        public var expirationSeconds: UInt64?
        /// Seconds since the subscription began.
        public var subscribedSeconds: UInt64?

        /// One watcher; what is nil is not written.
        public init(
            id: String, status: String, event: String = "subscribe", uri: String,
            displayName: String? = nil, expirationSeconds: UInt64? = nil,
            subscribedSeconds: UInt64? = nil
        ) {
            self.id = id
            self.status = status
            self.event = event
            self.uri = uri
            self.displayName = displayName
            self.expirationSeconds = expirationSeconds
            self.subscribedSeconds = subscribedSeconds
        }
    }

    // MARK: Writing

    /// The document; its version can be replaced for each watcher.
    public func document() -> VersionedDocument {
        var writer = XMLWriter(capacity: 512)
        writer.open("watcherinfo")
        writer.attribute("xmlns", "\(Self.namespace)")
        writer.version(version)
        writer.attribute("state", isFull ? "full" : "partial")
        for list in lists {
            writer.open("watcher-list")
            writer.attribute("resource", list.resource)
            writer.attribute("package", list.package)
            for watcher in list.watchers { Self.write(watcher, &writer) }
            writer.close("watcher-list")
        }
        writer.close("watcherinfo")
        return writer.finishVersioned()
    }

    private static func write(_ watcher: Watcher, _ writer: inout XMLWriter) {
        writer.open("watcher")
        writer.attribute("id", watcher.id)
        writer.attribute("event", watcher.event)
        writer.attribute("status", watcher.status)
        writer.attribute("display-name", optional: watcher.displayName)
        writer.attribute("expiration", decimal: watcher.expirationSeconds)
        writer.attribute("duration-subscribed", decimal: watcher.subscribedSeconds)
        writer.text(watcher.uri)
        writer.close("watcher")
    }

    // MARK: Reading

    /// Reads a document.
    ///
    /// - Throws: `malformed` for what is no watcher information.
    public init(parsing bytes: Span<UInt8>) throws(DocumentError) {
        let root = try XMLDocument(bytes).root
        guard root.isOwn("watcherinfo", Self.namespace) else {
            throw DocumentError(.malformed, "the root is \(root.name)", line: root.line)
        }
        version = root.attribute("version").flatMap { Int($0) } ?? 0
        isFull = root.attribute("state") != "partial"
        lists = root.children.filter { $0.isNamed("watcher-list") }.map { element in
            List(
                resource: element.attribute("resource") ?? "",
                package: element.attribute("package") ?? "",
                watchers: element.children.filter { $0.isNamed("watcher") }.map(Watcher.init))
        }
    }
}

extension WatcherInfo.Watcher {
    fileprivate init(_ element: XMLElement) {
        id = element.attribute("id") ?? ""
        status = element.attribute("status") ?? ""
        event = element.attribute("event") ?? ""
        uri = element.text
        displayName = element.attribute("display-name")
        expirationSeconds = element.attribute("expiration").flatMap { UInt64($0) }
        subscribedSeconds = element.attribute("duration-subscribed").flatMap { UInt64($0) }
    }
}
