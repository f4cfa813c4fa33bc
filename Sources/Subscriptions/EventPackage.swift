internal import Basics

/// The number of an event package within its `PackageTable`.
public struct PackageIndex: Sendable, Hashable, BitwiseCopyable {
    /// Counts the packages from 0 in the order of their declaration.
    public let number: UInt8

    /// The package of that number; a table has at most `Limits.eventPackagesMax`.
    public init(_ number: Int) {
        precondition(number >= 0 && number < Limits.eventPackagesMax, "no such package")
        self.number = UInt8(number)
    }
}

/// What a package found in a published document that it accepts.
public struct DocumentFacts: Sendable, Hashable {
    /// The identity of the dialog that the document tells of (RFC 4235); nil where there is none.
    ///
    /// A new document about the same dialog takes the place of the old one.
    public var dialogID: [UInt8]?
    /// Whether it says that this dialog has ended.
    public var isTerminated: Bool

    /// Facts of a document; without arguments those of one that tells of no dialog.
    public init(dialogID: [UInt8]? = nil, isTerminated: Bool = false) {
        self.dialogID = dialogID
        self.isTerminated = isTerminated
    }
}

/// What a package says about a document that somebody wants to publish.
public enum DocumentVerdict: Sendable, Hashable {
    /// It may be stored.
    case accepted(DocumentFacts)
    /// It is not what its content type promises: 400.
    case malformed
    /// It is of a kind that the package does not take: 415.
    case unsupported
}

/// What the rules of a presentity say about a watcher (RFC 5025 3.2, RFC 3856 6.6.2).
public enum Authorisation: UInt8, Sendable, Hashable, CaseIterable {
    /// The watcher sees everything.
    case allow
    /// The watcher is told that there is nothing to see.
    case politeBlock
    /// Somebody has to decide yet: the subscription is pending.
    case confirm
    /// The watcher is refused.
    case block
    /// No rule matches: pending, or the end of a subscription that had been active.
    case noRule
    /// The rules are not known (yet): what is stored holds, else the subscription is pending.
    case unknown
}

/// A document as it goes to watchers.
public struct ComposedDocument: Sendable {
    /// The bytes, with a placeholder where each watcher gets its own version.
    public var bytes: [UInt8]
    /// Where the placeholder stands; nil when all watchers get the same bytes.
    public var versionPlace: Range<Int>?
    /// The content type, where it is not that of the package.
    public var contentType: [UInt8]?

    /// A document; `versionPlace` must lie within `bytes`.
    public init(bytes: [UInt8], versionPlace: Range<Int>? = nil, contentType: [UInt8]? = nil) {
        if let place = versionPlace {
            precondition(place.lowerBound >= 0 && place.upperBound <= bytes.count)
        }
        self.bytes = bytes
        self.versionPlace = versionPlace
        self.contentType = contentType
    }
}

/// What a package composes a document from.
public struct Composition: Sendable {
    /// The presentity as a SIP URI without parameters, `sip:user@host`.
    public var presentity: [UInt8]
    /// The published documents in the order in which they are retrieved: the last one is the one
    /// that counts where only one can.
    public var documents: [EventBody]
    /// A document that was withdrawn or has expired just now and is not among `documents` any
    /// more: what it told of may be shown as closed, so that watchers learn of it.
    public var withdrawn: EventBody?

    /// What a package composes a document from.
    public init(presentity: [UInt8], documents: [EventBody], withdrawn: EventBody? = nil) {
        self.presentity = presentity
        self.documents = documents
        self.withdrawn = withdrawn
    }
}

/// One event package: everything that tells it from the others (RFC 6665 7.2).
///
/// A package is one declaration. Its closures are pure: they read no clock and no file and keep
/// nothing. `check` and `authorise` run on a worker's thread before a shard is locked, `compose`
/// and `composeWatchers` after it was unlocked, once for all watchers of a change.
public struct EventPackage: Sendable {
    /// A parameter of the Event header that belongs to the name, as in `dialog;sla`.
    public struct Parameter: Sendable, Hashable {
        /// Its name; case does not count.
        public var name: [UInt8]
        /// Its value, empty without one.
        public var value: [UInt8]
        /// A parameter of the Event header.
        public init(_ name: String, value: String = "") {
            self.name = Array(name.utf8)
            self.value = Array(value.utf8)
        }
    }

    /// Its name as in the Event header, without parameters.
    public var name: [UInt8]
    /// The parameters that the Event header must have beside `id`; usually none.
    public var parameters: [Parameter] = []
    /// The content type of its notifications.
    public var contentType: [UInt8]
    /// Content types that a PUBLISH may have; empty means only `contentType`.
    public var acceptedTypes: [[UInt8]] = []
    /// Lifetime of a publication or subscription without Expires, in seconds.
    public var defaultExpiresSeconds = 3_600
    /// Whether PUBLISH is allowed: not for watcher information.
    public var isPublished = true
    /// The package whose watchers this one tells of (RFC 3857), for `presence.winfo`: `presence`.
    public var watchedPackage: [UInt8]?
    /// Whether somebody must allow a watcher; see `authorise`.
    public var needsAuthorisation = false
    /// Whether a successful PUBLISH leaves the entity tag as it was (`dialog;sla`).
    public var keepsEntityTag = false
    /// The version of the first document of a subscription: 0 in RFC 3680, 3858 and 4235.
    public var firstVersion: UInt32 = 1
    /// Judges a published document.
    public var check: @Sendable (_ body: Span<UInt8>) -> DocumentVerdict = { _ in
        .accepted(DocumentFacts())
    }
    /// Makes one document of all that are published; nil sends the last one as it is.
    ///
    /// It is also asked when nothing is published, with no documents; nil then means no body.
    public var compose: (@Sendable (_ composition: Composition) -> ComposedDocument?)?
    /// Makes the document of a package with `watchedPackage`.
    public var composeWatchers: (@Sendable (_ list: WatcherList) -> ComposedDocument?)?
    /// Asks the rules of a presentity about a watcher, both as URIs `sip:user@host`.
    public var authorise:
        (@Sendable (_ presentity: Span<UInt8>, _ watcher: Span<UInt8>) -> Authorisation)?

    /// A package that passes documents on as they are.
    public init(_ name: String, contentType: String) {
        precondition(!name.isEmpty && name.utf8.count <= Limits.eventNameBytesMax)
        self.name = Array(name.utf8)
        self.contentType = Array(contentType.utf8)
    }

    /// The value of the Event header without `id`: the column `event`, as in `dialog;sla`.
    public var eventText: [UInt8] {
        var text = name
        for parameter in parameters {
            text.append(UInt8(ascii: ";"))
            text += parameter.name
            if !parameter.value.isEmpty { text += [UInt8(ascii: "=")] + parameter.value }
        }
        return text
    }

    /// Whether a PUBLISH may have this content type, a header value whose parameters do not count.
    public func accepts(contentType value: Span<UInt8>) -> Bool {
        var end = 0
        while end < value.count, !Self.endsType(value[end]) { end += 1 }
        let type = value.extracting(0..<end)
        if acceptedTypes.isEmpty { return type.matches(contentType.span) }
        for place in acceptedTypes.indices {
            let accepted = acceptedTypes[place]
            if type.matches(accepted.span) { return true }
        }
        return false
    }

    private static func endsType(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ";") || byte == UInt8(ascii: " ") || byte == 9
    }
}
