internal import Basics

/// What a database is asked to do about one record of the presence server.
///
/// `isNew` says that no write of it was confirmed yet. A row may exist all the same, when an
/// earlier write failed after it had taken effect: inserts must replace.
public enum PresenceChange: Sendable {
    /// Write a row of `presentity`. `storedTag` is the entity tag in the row that this one
    /// replaces, where it is another one: the row's key has changed.
    case writePublication(PublicationRow, isNew: Bool, storedTag: [UInt8]?)
    /// Delete a row of `presentity` by user, host, package and entity tag.
    case erasePublication(user: [UInt8], host: [UInt8], package: PackageIndex, etag: [UInt8])
    /// Write a row of `active_watchers`; its key is Call-ID, To-tag and From-tag.
    case writeSubscription(SubscriptionRow, isNew: Bool)
    /// Delete a row of `active_watchers` by the Call-ID, To-tag and From-tag of a dialog.
    case eraseSubscription(DialogText)
    /// Write a row of `watchers`; its key is presentity, watcher and event.
    case writeWatcher(WatcherRow, isNew: Bool)
    /// Delete a row of `watchers` by presentity, watcher and event.
    case eraseWatcher(WatcherRow)

    /// Unpacks the document of a publication, if it is packed.
    mutating func unpack() {
        guard case .writePublication(var row, let isNew, let storedTag) = self, row.isPacked else {
            return
        }
        row.unpack()
        self = .writePublication(row, isNew: isNew, storedTag: storedTag)
    }
}

/// Changes that were taken from the journal together and are not confirmed yet.
public struct PresenceBatch: Sendable {
    /// The changes, in order for each row.
    public var changes: [PresenceChange] = []
    /// What each change is about.
    var marks: [JournalMark] = []

    /// Whether there is nothing to do.
    public var isEmpty: Bool { changes.isEmpty }
}

/// How far the database lags behind memory.
public struct JournalStatus: Sendable, Hashable {
    /// Changes that wait, including those of the batch that is being written.
    public var waiting = 0
    /// Second of the oldest change that is not in the database; nil when there is none.
    public var oldestSeconds: Int?

    /// Nothing waits.
    public init() {}
}

/// Which record a change of a batch is about.
struct JournalMark: Sendable, Hashable {
    /// The shard.
    var shard: UInt8
    /// Whether it stands in the journal of subscriptions.
    var isDialog: Bool
    /// The index of the entry within what the shard has in flight.
    var entry: UInt32
}

/// Which publications or subscriptions a listing wants.
public struct ListFilter: Sendable, Hashable {
    /// User part of the presentity; nil for any.
    public var user: [UInt8]?
    /// Host part of the presentity; nil for any.
    public var host: [UInt8]?
    /// The event package; nil for any.
    public var package: PackageIndex?

    /// Everything.
    public init() {}
}

/// Where a listing goes on.
public struct ListCursor: Sendable, Hashable {
    /// The shard.
    var shard = 0
    /// The place within it.
    var place: UInt32 = 0

    /// The start.
    public init() {}

    /// A place within a shard.
    init(shard: Int, place: UInt32) {
        self.shard = shard
        self.place = place
    }

    /// A cursor of its number, which `number` gave.
    public init(number: UInt64) {
        shard = Int(min(number >> 32, 64))
        place = UInt32(truncatingIfNeeded: number)
    }

    /// The cursor as a number, to be handed to a client and back.
    public var number: UInt64 { UInt64(shard) << 32 | UInt64(place) }
}

/// Which tables' changes a batch is to have.
///
/// Publications and decisions about watchers come together, whichever of the two is asked for.
public struct JournalKinds: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8
    /// A set of kinds.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Rows of `presentity`.
    public static let publications = JournalKinds(rawValue: 1)
    /// Rows of `active_watchers`.
    public static let subscriptions = JournalKinds(rawValue: 2)
    /// Rows of `watchers`.
    public static let watchers = JournalKinds(rawValue: 4)
    /// Everything.
    public static let all: JournalKinds = [.publications, .subscriptions, .watchers]
}
