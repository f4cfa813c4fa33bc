internal import Basics
internal import Logging
public import ModuleKit
internal import SIPSyntax

/// Module `htable`: hash tables in memory that scripts share.
///
/// All workers see the same tables, so a table is divided into shards, each under a lock that is
/// held for one operation only. Which shard a key belongs to is decided by a hash that nobody
/// outside can foresee: keys often come from strangers, such as the addresses that are banned.
///
/// What has expired is gone for readers at once; the timer takes it out of memory later and tells
/// `event_route[htable:expired:TABLE]`. A table is lost when the server stops.
public final class HtableModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// The tables, each as `name=>attributes`.
        public var tables: [String] = []
        /// Seconds between two looks at what has expired.
        public var timerInterval = 20
        /// Settings that mean nothing here.
        public var ignored: [String] = []
    }

    /// No tables.
    public static let defaults = Parameters()

    /// The tables in the order they were defined.
    let tables: [HashTable]
    private let services: any Services
    private let settings: SettingsHandle<Parameters>

    /// The event route that runs once, when all modules are made.
    static let startEvent = "htable:mod-init"

    /// Makes the tables.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        settings = setup.settings
        var tables: [HashTable] = []
        for text in setup.parameters.tables {
            let definition: TableDefinition
            do throws(ArgumentError) {
                definition = try TableDefinition(text)
            } catch {
                throw StartFailure("htable: table \"\(text)\": \(error.message)")
            }
            guard !tables.contains(where: { $0.definition.name == definition.name }) else {
                throw StartFailure("htable: table \"\(definition.name)\" is defined twice")
            }
            tables.append(HashTable(definition))
        }
        guard tables.count <= Limits.hashTablesMax else {
            throw StartFailure("htable: there are at most \(Limits.hashTablesMax) tables")
        }
        self.tables = tables
        for name in setup.parameters.ignored {
            services.logger.info("htable: \(name) means nothing here and is ignored")
        }
        guard tables.contains(where: { $0.definition.autoexpire > 0 }) else { return }
        services.every(setup.parameters.timerInterval, "htable expiry") { [weak self] in
            self?.removeExpired(now: SystemClock.wall().seconds)
        }
    }

    /// Runs `event_route[htable:mod-init]`.
    public func start() throws(StartFailure) {
        guard services.hasEventRoute(Self.startEvent) else { return }
        services.runEventRoute(Self.startEvent) { context in
            context.now = SystemClock.wall()
            prepare(context, nil)
        }
    }

    /// The table of a name, nil without one.
    func table(_ name: String) -> HashTable? {
        tables.first { $0.definition.name == name }
    }

    /// The table of a name that is known when the script is loaded.
    func knownTable(_ name: String) throws(ArgumentError) -> HashTable {
        if let table = table(name) { return table }
        throw ArgumentError(
            "there is no hash table \"\(name)\": modparam(\"htable\", \"htable\", \"\(name)=>\")")
    }

    /// What the module keeps for a worker.
    func workspace(_ context: ScriptContext) -> HtableWorkspace {
        context.workspace(settings) { HtableWorkspace() }
    }

    // MARK: Expiry

    /// Removes what has expired and tells the script.
    func removeExpired(now: Int) {
        for table in tables where table.definition.autoexpire > 0 {
            let expired = table.takeExpired(now: now)
            let event = "htable:expired:\(table.definition.name)"
            guard !expired.isEmpty, services.hasEventRoute(event) else { continue }
            for record in expired {
                services.runEventRoute(event) { context in
                    context.now = WallTime(seconds: now)
                    prepare(context, record)
                }
            }
        }
    }

    /// Gives an event route a request to run on, and the entry that it is about.
    private func prepare(_ context: ScriptContext, _ record: (key: [UInt8], value: ScriptValue)?) {
        workspace(context).record = record
        do throws(SyntaxError) {
            let request = Array(Self.request.utf8)
            try context.message.load(request.span)
        } catch {
            services.logger.debug("htable: the request of an event route: \(error.reason)")
        }
    }

    /// The request that event routes run on; nobody sent it, and it is never answered.
    private static let request = """
        OPTIONS sip:you@invalid.example SIP/2.0\r
        Via: SIP/2.0/UDP 127.0.0.1\r
        From: <sip:you@invalid.example>;tag=htable\r
        To: <sip:you@invalid.example>\r
        Call-ID: htable\r
        CSeq: 1 OPTIONS\r
        Content-Length: 0\r
        \r

        """
}

/// What the module keeps for one worker.
final class HtableWorkspace {
    /// The entry that `event_route[htable:expired:…]` is about.
    var record: (key: [UInt8], value: ScriptValue)?
    /// The key at hand, as `TableKey` puts it together.
    var key: [UInt8] = []
    /// The walks that the script has begun, by name.
    var walks: [(name: [UInt8], walk: TableWalk)] = []

    /// The place of a walk, nil when none of the name was begun.
    func place(_ name: [UInt8]) -> Int? { walks.firstIndex { $0.name == name } }
}

/// A walk over a table, shard by shard, on copies of their entries: the script may change the
/// table meanwhile, and no lock is held between two steps.
struct TableWalk {
    /// The table.
    let table: HashTable
    private var shard = 0
    private var keys: [[UInt8]] = []
    /// The key at hand, nil before the first step and behind the last.
    private(set) var key: [UInt8]?

    /// A walk that stands in front of the first entry.
    init(_ table: HashTable) { self.table = table }

    /// Steps on; false behind the last entry.
    ///
    /// What was removed meanwhile is passed over.
    mutating func next(now: Int) -> Bool {
        while true {
            while let key = keys.popLast() {
                guard table.entry(key, now: now) != nil else { continue }
                self.key = key
                return true
            }
            guard let entries = table.entries(ofShard: shard, now: now) else {
                key = nil
                return false
            }
            keys = Array(entries.keys)
            shard += 1
        }
    }
}
