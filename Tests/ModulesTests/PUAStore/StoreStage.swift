import Basics
import Dispatch
import Logging
import ModuleKit
import Publications
import Storage
import Synchronization
import TestSupport
import Testing

@testable import PUA

/// Where a store of the conformance suite keeps its records.
struct StoreKind: Sendable, CustomStringConvertible {
    /// `db_mode`.
    let mode: PUAParameters.Mode
    /// The database; nil for memory alone.
    let database: FaultyDatabase.Kind?

    var description: String { "db_mode \(mode.rawValue), \(database?.rawValue ?? "no database")" }

    /// All that can be had here.
    static let all =
        [StoreKind(mode: .memory, database: nil)]
        + FaultyDatabase.Kind.installed.flatMap { kind in
            PUAParameters.Mode.allCases.map { StoreKind(mode: $0, database: kind) }
        }
    /// Those with a table.
    static let stored = all.filter { $0.database != nil }
    /// Those of `db_mode` 2.
    static let shared = all.filter { $0.mode == .databaseOnly }
}

/// A store with its database, whose answers are waited for.
///
/// Sendable, because the store is only exchanged while one thread has the stage.
final class StoreStage: @unchecked Sendable {
    static let events = PUAEvent(rawValue: 1 | 32 | 64)

    let kind: StoreKind
    let database: FaultyDatabase?
    let lines = LogTally()
    private(set) var store: any PUAStore & ReportingStore

    /// A store of a kind on an empty table, or on that of another stage.
    init(_ kind: StoreKind, on other: FaultyDatabase? = nil, locksRows: Bool = true) throws {
        self.kind = kind
        database =
            if let other { other } else {
                try kind.database.map { try FaultyDatabase($0, tables: [KamailioTables.pua]) }
            }
        store = MemoryPUAStore()
        self.locksRows = locksRows
        try start()
    }
    private let locksRows: Bool

    /// Makes the store anew, as a start of the server does.
    func start() throws {
        guard let database else { return }
        let logger = Logger(label: "test") { [lines] _ in TallyLog(lines) }
        let table = PUATable(name: "pua", events: Self.events)
        switch kind.mode {
        case .memory:
            let store = MemoryPUAStore(database, table, fetchRows: 3, logger: logger)
            self.store = store
            try store.start()
        case .databaseOnly:
            let store = TablePUAStore(database, table, locksRows: locksRows, logger: logger)
            self.store = store
            try store.start()
        }
    }

    /// Stops the server cleanly and starts it again; without a database nothing happens.
    func restart() throws {
        guard database != nil else { return }
        store.stop()
        try start()
    }

    /// What the server does every second.
    func tick() {
        (store as? TablePUAStore)?.tick()
        (store as? MemoryPUAStore)?.tick()
    }

    // MARK: Calls

    /// Looks a key up.
    func find(_ key: PUAKey) -> PUAFinding { find([key])[0] }

    /// Looks keys up.
    func find(_ keys: [PUAKey]) -> [PUAFinding] {
        let answer = Answer<[PUAFinding]>()
        store.find(keys) { answer.give($0) }
        return answer.wait { self.tick() }
    }

    /// The record of a key, nil when there is none.
    func record(_ key: PUAKey) -> PUARecord? {
        if case .found(let record) = find(key) { record } else { nil }
    }

    /// Claims what is due.
    func due(before horizon: Int, now: Int = 0, claim: Int = 10, limit: Int = 100) -> [PUARecord] {
        let answer = Answer<[PUARecord]>()
        store.takeDue(
            before: WallTime(seconds: horizon), now: WallTime(seconds: now), claimSeconds: claim,
            limit: limit
        ) { answer.give($0) }
        return answer.wait { self.tick() }
    }

    /// Stores a record.
    func save(_ record: PUARecord, replacing old: PUARecord? = nil) {
        store.apply([.save(record, replacing: old?.identity)])
    }

    /// Forgets a record.
    func remove(_ record: PUARecord) { store.apply([.remove(record.identity)]) }

    /// Names of the records that there are, by id, with their tags.
    func tags(_ count: Int) -> [String] {
        find((0..<count).map { Samples.key(Samples.publication($0)) }).map { finding in
            if case .found(let record) = finding {
                String(copying: record[span: .etag])
            } else {
                "-"
            }
        }
    }
}

/// An answer that comes on another thread.
final class Answer<Value: Sendable>: Sendable {
    private let value = Guarded<Value?>(nil)
    private let signal = DispatchSemaphore(value: 0)

    func give(_ value: Value) {
        self.value.withLock { $0 = value }
        signal.signal()
    }

    /// Waits at most a minute; meanwhile every second passes for the server.
    func wait(_ tick: () -> Void) -> Value {
        for _ in 0..<600 {
            if signal.wait(timeout: .now() + .milliseconds(100)) == .success { break }
            tick()
        }
        guard let value = value.withLock({ $0 }) else { preconditionFailure("no answer") }
        return value
    }
}

/// Records as the user agent makes them.
enum Samples {
    /// A publication of number `number`.
    static func publication(
        _ number: Int, etag: String? = nil, expires: Int = 1_000, id: String? = nil,
        user: String? = nil
    ) -> PUARecord {
        var record = PUARecord(
            event: .registration, source: .registrationPublish,
            expires: WallTime(seconds: expires), desiredExpires: WallTime(seconds: 3_000))
        record[.presentity] = Array("sip:\(user ?? "user\(number)")@example.com".utf8)
        record[.id] = Array((id ?? "REGINFO_PUBLISH.user\(number)@location").utf8)
        record[.etag] = Array((etag ?? "tag\(number)").utf8)
        return record
    }

    /// A subscription of number `number`.
    static func subscription(
        _ number: Int, toTag: String = "there", expires: Int = 1_000, id: String = "",
        target: String = "sip:192.0.2.9"
    ) -> PUARecord {
        var record = PUARecord(
            event: .registration, source: .registrationSubscribe,
            expires: WallTime(seconds: expires), desiredExpires: WallTime(seconds: 3_000))
        let texts: [(PUAField, String)] = [
            (.presentity, "sip:user\(number)@example.com"), (.id, id),
            (.watcher, "sip:reginfo@192.0.2.1"), (.callID, "call\(number)@192.0.2.1"),
            (.toTag, toTag), (.fromTag, "from\(number)"), (.contact, "sip:reginfo@192.0.2.1"),
            (.recordRoute, "<sip:192.0.2.5;lr>"), (.remoteContact, target),
            (.extraHeaders, "X-Test: \(number)\r\n"),
        ]
        for (field, text) in texts { record[field] = Array(text.utf8) }
        record.cseq = 10
        return record
    }

    /// The key by which a module looks for a record.
    static func key(_ record: PUARecord, etag: String = "") -> PUAKey {
        record.isSubscription
            ? .subscription(
                presentity: record[.presentity], watcher: record[.watcher], id: record[.id],
                event: record.event, source: record.source, remoteTarget: [])
            : .publication(
                presentity: record[.presentity], id: record[.id], event: record.event,
                source: record.source, etag: Array(etag.utf8))
    }

    /// The key of a message within a subscription's dialog.
    static func dialog(_ record: PUARecord, remoteTag: String = "there") -> PUAKey {
        .dialog(
            callID: record[.callID], localTag: record[.fromTag], remoteTag: Array(remoteTag.utf8))
    }
}
