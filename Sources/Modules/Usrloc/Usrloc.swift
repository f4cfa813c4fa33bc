public import Basics
internal import Glibc
public import Locations
public import ModuleKit
internal import Storage
internal import Synchronization

/// A binding could not be read or written because the database is away (db_mode 3 alone).
public struct LocationsUnavailable: Error, Sendable, CustomStringConvertible {
    /// The database's words.
    public var message: String
    /// The same, for log lines and replies.
    public var description: String { message }
}

/// Module `usrloc`: the location tables, and how they are kept in the database.
///
/// In every mode but 3 the tables in memory are the truth and the database follows them: with
/// `db_mode` 1 before the reply leaves, with 2 at the next `timer_interval`. In mode 3 each request
/// loads its AoR, changes it in memory and writes it back before it goes on.
public final class UsrlocModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = UsrlocParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: UsrlocParameters { UsrlocParameters() }

    /// The settings.
    public let parameters: UsrlocParameters
    /// The rules of matching and order that come from the settings.
    public let rules: RegistrationRules
    /// The server.
    let services: any Services
    /// What is counted of the work with the database.
    let counters = UsrlocCounters()
    /// How many shares the column `partition` tells apart: pinging modules set it at their start,
    /// before the first row is written.
    public let partitions = Counter(0)
    /// What keeps contacts alive, once the module has started with `ka_mode`.
    let keepalive = Guarded<Keepalive?>(nil)
    /// What the unique names of bindings begin with: they must differ between servers and starts.
    private let seed: RuidSeed
    /// Keyed at random, so that nobody chooses user names that all fall into one shard.
    private let hash: KeyedHash
    private let domains = Guarded<[LocationTable]>([])
    /// Whether sockets are stored under the address that they advertise.
    let advertisesSockets = Guarded(false)
    private let store = Guarded<Store>(.memory)
    /// Those who want to know what happens to bindings.
    let listeners = Guarded<[BindingListener]>([])
    /// Held by whoever tells them; the events being told, kept for their room.
    let telling = Guarded(LocationEvents())
    /// Tells them soon, once somebody wants that.
    let teller = PromptWork("usrloc.events")

    /// Where the tables are kept beside memory, once the module has started.
    enum Store: Sendable {
        /// Nowhere.
        case memory
        /// In a database that follows.
        case writer(LocationWriter)
        /// In a database alone.
        case database(DatabaseOnlyStore)
    }

    /// Makes the tables that `preload` names.
    ///
    /// A table comes into being by its first mention, here or in the script, and lives as long as
    /// the server; so all of them are known before the database is asked for its rows.
    public init(_ setup: ModuleSetup<UsrlocParameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
        var rules = RegistrationRules()
        rules.matching =
            switch parameters.matchingMode {
            case .contact: .contact
            case .contactAndCallID: .contactAndCallID
            case .contactAndPath: .contactAndPath
            case .callID: .callID
            }
        rules.cseqDelaySeconds = parameters.cseqDelay
        rules.newestFirst = parameters.newestFirst
        self.rules = rules
        seed = RuidSeed(
            server: UInt32(clamping: services.serverID),
            time: UInt32(clamping: services.startedAt.seconds), process: UInt32(getpid()))
        hash = KeyedHash(
            key0: UInt64.random(in: 0...UInt64.max), key1: UInt64.random(in: 0...UInt64.max))
        try parameters.validate()
        for name in parameters.preload { _ = try table(named: name) }
    }

    /// The table of a name, which comes into being when it is first asked for.
    ///
    /// The name becomes that of a table in SQL, where it cannot be a bound value: that is why only
    /// letters, digits and `_` are let in.
    public func table(named name: String) throws(StartFailure) -> LocationTable {
        guard name.utf8.count <= 64, !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
            throw StartFailure(
                "\"\(name)\" is no name of a location table: letters, digits and _ up to 64")
        }
        let persists: Bool =
            switch parameters.databaseMode {
            case .memory, .readOnly: false
            case .writeThrough, .writeBack, .databaseOnly: true
            }
        return domains.withLock { tables in
            if let table = tables.first(where: { $0.name == name }) { return table }
            var options = LocationTableOptions()
            options.slots = parameters.slots
            options.keepsErased = persists && !parameters.findsByRuid
            let table = LocationTable(
                name: name, hash: hash, seed: seed, persists: persists, options: options,
                now: SystemClock.wall())
            table.listen(to: wantedEvents)
            tables.append(table)
            return table
        }
    }

    /// The database that bindings are kept in, without its password; nil with db_mode 0.
    public var database: String? {
        guard parameters.databaseMode != .memory else { return nil }
        return (try? services.database(parameters.databaseURL))?.description
    }

    /// All tables, in the order in which they came into being.
    public var tables: [LocationTable] { domains.withLock { $0 } }

    /// The table of a name, nil when nobody has asked for it before.
    public func existingTable(named name: String) -> LocationTable? {
        tables.first { $0.name == name }
    }

    /// Where the tables are kept beside memory.
    var place: Store { store.withLock { $0 } }
    /// Notes where the tables are kept, once at the start.
    func keep(_ place: Store) { store.withLock { $0 = place } }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
