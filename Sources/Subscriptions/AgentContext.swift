internal import Basics

/// What the engine wants to know of an event package in a hurry: plain bytes, unlike the package.
struct PackageFacts: Sendable, BitwiseCopyable {
    /// Whether a successful PUBLISH leaves the entity tag as it was.
    let keepsEntityTag: Bool
    /// Whether somebody must allow a watcher.
    let needsAuthorisation: Bool
    /// Whether the package makes documents of its own, possibly of nothing.
    let isComposed: Bool
    /// The version of the first document of a subscription.
    let firstVersion: UInt32
    /// Lifetime without Expires, in seconds.
    let defaultExpiresSeconds: Int
    /// The package that tells of the watchers of this one.
    let watcherInfo: PackageIndex?
    /// The package whose watchers this one tells of.
    let watched: PackageIndex?
}

/// What all shards of an engine share and never changes.
final class AgentContext: Sendable {
    /// The event packages.
    let packages: PackageTable
    /// The same in brief.
    let facts: [PackageFacts]
    /// The settings.
    let settings: AgentSettings
    /// Statistics of each package.
    let counters: [PackageCounters]
    /// All publications of the server, against its limit.
    let publications = Counter()
    /// All subscriptions of the server, against its limit.
    let subscriptions = Counter()
    /// All decisions about watchers, against the same limit.
    let watchers = Counter()
    /// What makes names unique.
    let seed: AgentSeed
    /// Files names into shards and tables.
    let hash: KeyedHash
    /// Draws tags; another key, so that a tag tells nothing of where names lie.
    let tagHash: KeyedHash

    /// What all shards share.
    init(_ packages: PackageTable, _ settings: AgentSettings, _ seed: AgentSeed) {
        precondition(settings.ordersPerCall > 0 && settings.publicationsPerPresentityMax > 0)
        precondition(settings.expiresSecondsMax > 0)
        self.packages = packages
        self.settings = settings
        self.seed = seed
        counters = packages.packages.map { _ in PackageCounters() }
        facts = packages.packages.indices.map { number in
            let package = packages.packages[number]
            let index = PackageIndex(number)
            return PackageFacts(
                keepsEntityTag: package.keepsEntityTag,
                needsAuthorisation: package.needsAuthorisation,
                isComposed: package.compose != nil, firstVersion: package.firstVersion,
                defaultExpiresSeconds: package.defaultExpiresSeconds,
                watcherInfo: packages.watcherInfo(of: index),
                watched: packages.watched(by: index))
        }
        hash = KeyedHash(key0: seed.secret.0, key1: seed.secret.1)
        tagHash = KeyedHash(key0: ~seed.secret.1, key1: seed.secret.0 &+ 0x9e37_79b9_7f4a_7c15)
    }

    /// A package in brief.
    func facts(_ package: PackageIndex) -> PackageFacts {
        precondition(Int(package.number) < facts.count, "a package of another table")
        return facts[Int(package.number)]
    }

    /// The hash of a presentity, without the case of letters where it does not count.
    func presentityHash(_ user: Span<UInt8>, _ host: Span<UInt8>) -> UInt64 {
        assert(user.count <= Limits.presenceNameBytesMax)
        assert(host.count <= Limits.presenceNameBytesMax)
        var bytes = InlineArray<136, UInt8>(repeating: 0)
        var count = 0
        let fold: UInt8 = settings.ignoresCase ? 0x20 : 0
        for place in user.indices {
            bytes[count] = Self.folded(user[place], fold)
            count += 1
        }
        bytes[count] = UInt8(ascii: "@")
        count += 1
        for place in host.indices {
            bytes[count] = Self.folded(host[place], fold)
            count += 1
        }
        return hash.hash(bytes.span.extracting(0..<count))
    }

    /// The hash of the texts that a dialog is found by: all three, or one who uses the same Call-ID
    /// and tag for all subscriptions could have them all filed in one place.
    func dialogHash(
        _ callID: Span<UInt8>, _ fromTag: Span<UInt8>, _ toTag: Span<UInt8>
    ) -> UInt32 {
        assert(!toTag.isEmpty)
        let call = hash.hash(callID)
        let from = hash.hash(fromTag)
        let both = (call << 7 | call >> 57) ^ (from << 19 | from >> 45)
        return UInt32(truncatingIfNeeded: both ^ hash.hash(toTag))
    }

    /// The hash of a watcher below a topic.
    func watcherHash(_ user: Span<UInt8>, _ host: Span<UInt8>, topic: UInt32) -> UInt32 {
        let name = hash.hash(user)
        let both = (name << 9 | name >> 55) ^ hash.hash(host)
        return UInt32(truncatingIfNeeded: both) ^ topic &* 0x9e37_79b9
    }

    /// Whether two parts of a presentity's name are the same.
    func sameName(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        settings.ignoresCase ? one.matches(other) : one.equals(other)
    }

    private static func folded(_ byte: UInt8, _ fold: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | fold : byte
    }
}
