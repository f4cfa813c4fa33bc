import Basics
import Synchronization
import Dispatch
import Foundation
import Storage

/// A database in memory that knows the location table's statements, and can be told to fail.
final class FakeDatabase: DatabaseDriver {
    /// A row by the names of its columns.
    typealias Row = [String: DatabaseValue]

    struct State: Sendable {
        var rows: [Row] = []
        var nextID = 1
        /// What table `version` holds, nil for no row.
        var version: Int? = 9
        /// Whether it cannot be reached.
        var isAway = false
        /// How many of the next transactions lose a race for their locks.
        var deadlocks = 0
        /// Contacts whose rows it does not take.
        var refusedContacts: Set<String> = []
        /// Whether it refuses every statement.
        var refusesAll = false
        /// What each statement waits for, while it is frozen.
        var gate: DispatchSemaphore?
        var log: [String] = []
        /// What was run by text, with its values.
        var statements: [(sql: String, values: [DatabaseValue])] = []
        /// How many rows a statement by text says it has changed, when it is no bulk expiry.
        var affected = 0
        var connects = 0
        var open = 0
    }

    private let state = Guarded(State())
    let description = "mysql://fake@nowhere/test"

    /// Changes what it holds or how it fails.
    @discardableResult
    func change<R: Sendable>(_ body: (inout State) -> R) -> R { state.withLock { body(&$0) } }

    var rows: [Row] { state.withLock { $0.rows } }
    var log: [String] { state.withLock { $0.log } }
    var connects: Int { state.withLock { $0.connects } }
    /// Connections that are not closed.
    var open: Int { state.withLock { $0.open } }
    /// The contacts of the rows, sorted.
    var contacts: [String] { rows.map { $0["contact"].text }.sorted() }

    /// Adds a row as another server would have written it.
    func add(
        _ user: String, _ contact: String, ruid: String, expires: WallTime,
        _ changes: Row = [:]
    ) {
        var row: Row = [
            "ruid": .text(ruid), "username": .text(user), "contact": .text(contact),
            "expires": .time(expires), "q": .double(-1), "callid": .text("db-\(ruid)"),
            "cseq": .integer(1), "last_modified": .time(WallTime(seconds: 1_000)),
            "flags": .integer(0), "cflags": .integer(0), "user_agent": .text("other"),
            "server_id": .integer(0), "connection_id": .integer(-1), "reg_id": .integer(0),
        ]
        row.merge(changes) { $1 }
        let stored = row
        change { state in
            state.rows.append(stored.merging(["id": .integer(state.nextID)]) { $1 })
            state.nextID += 1
        }
    }

    /// Stops answering until `thaw`.
    func freeze() { change { $0.gate = DispatchSemaphore(value: 0) } }

    /// Answers again.
    func thaw() {
        let gate = change { state in
            defer { state.gate = nil }
            return state.gate
        }
        for _ in 0..<1_000 { gate?.signal() }
    }

    func connect() throws(StorageError) -> any DatabaseConnection {
        try step("connect")
        change { state in
            state.connects += 1
            state.open += 1
        }
        return FakeConnection(self)
    }

    /// What every statement goes through.
    func step(_ what: String) throws(StorageError) {
        let (isAway, refuses, gate) = change { state in
            state.log.append(what)
            return (state.isAway, state.refusesAll, state.gate)
        }
        gate?.wait()
        if isAway { throw StorageError(.unavailable, "the fake is away") }
        if refuses { throw StorageError(.refused, "the fake refuses \(what)") }
    }
}

/// One connection to a `FakeDatabase`.
final class FakeConnection: DatabaseConnection {
    let dialect = Dialect.mariaDB
    private let database: FakeDatabase
    private let calendar = LocalCalendar(zone: { _ in 0 })
    private var depth = 0
    private var isOpen = true

    init(_ database: FakeDatabase) { self.database = database }

    deinit { close() }

    func ping() -> Bool { database.change { !$0.isAway } }

    func close() {
        guard isOpen else { return }
        isOpen = false
        database.change { $0.open -= 1 }
    }

    // MARK: Statements

    func execute(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> Int {
        try database.step("execute")
        database.change { $0.statements.append((sql, values)) }
        guard sql.hasPrefix("DELETE FROM"), sql.contains("WHERE `expires` > ?") else {
            return database.change { $0.affected }
        }
        let limit = values[1].seconds
        let server = values.count > 2 ? values[2] : nil
        return database.change { state in
            let before = state.rows.count
            state.rows.removeAll { row in
                let expires = row["expires"].seconds
                return expires > 0 && expires <= limit
                    && (server == nil || row["server_id"] == server)
            }
            return before - state.rows.count
        }
    }

    func query(
        _ sql: String, _ values: [DatabaseValue], row: (borrowing DatabaseRow) -> Bool
    ) throws(StorageError) {
        try database.step("query")
        if sql.contains("table_version") {
            if let version = database.change({ $0.version }) { _ = emit([.integer(version)], row) }
            return
        }
        if sql.contains("COUNT(*)") {
            _ = emit([.integer(count(sql, values))], row)
            return
        }
        for found in select(sql, values) {
            let cells = Self.columns.map { found[$0] ?? .null }
            guard emit(cells, row) else { return }
        }
    }

    func upsert(
        into table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        try database.step("upsert \(table) \(rows.rows)")
        var refused: [RefusedRow] = []
        for number in 0..<rows.rows {
            var row: FakeDatabase.Row = [:]
            for (place, column) in columns.enumerated() {
                row[column] = Self.value(rows, number, place)
            }
            let isRefused = database.change { $0.refusedContacts.contains(row["contact"].text) }
            if isRefused {
                let error = StorageError(.refused, "the fake refuses the row", code: 1406)
                refused.append(RefusedRow(row: number, error: error))
            } else {
                store(row)
            }
        }
        return refused
    }

    func insert(
        _ statement: InsertStatement, _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        database.change { $0.statements.append((statement.text(dialect), [])) }
        return try upsert(
            into: statement.table, columns: statement.columns, key: statement.key, rows)
    }

    func delete(
        from table: String, key: [String], guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int {
        let kind = guardColumn == nil ? "delete" : "delete guarded"
        try database.step("\(kind) \(table) \(rows.rows)")
        var gone = 0
        for number in 0..<rows.rows {
            let ruid = Self.value(rows, number, 0)
            let limit = guardColumn == nil ? Int.max : Self.value(rows, number, 1).seconds
            gone += database.change { state in
                let before = state.rows.count
                state.rows.removeAll { $0["ruid"] == ruid && $0["expires"].seconds <= limit }
                return before - state.rows.count
            }
        }
        return gone
    }

    func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        if depth > 0 { return try body() }
        try database.step("begin")
        let before = database.rows
        depth = 1
        defer { depth = 0 }
        do throws(StorageError) {
            try body()
            let loses = database.change { state in
                guard state.deadlocks > 0 else { return false }
                state.deadlocks -= 1
                return true
            }
            if loses { throw StorageError(.conflict, "deadlock", code: 1213) }
            try database.step("commit")
        } catch {
            database.change { $0.rows = before }
            throw error
        }
    }

    // MARK: Help

    /// The columns that usrloc reads, in its order.
    private static let columns = [
        "id", "ruid", "username", "domain", "contact", "received", "path", "expires", "q", "callid",
        "cseq", "last_modified", "flags", "cflags", "user_agent", "socket", "methods", "instance",
        "reg_id", "server_id", "connection_id",
    ]

    private func store(_ row: FakeDatabase.Row) {
        database.change { state in
            if let place = state.rows.firstIndex(where: { $0["ruid"] == row["ruid"] }) {
                state.rows[place].merge(row) { $1 }
            } else {
                state.rows.append(row.merging(["id": .integer(state.nextID)]) { $1 })
                state.nextID += 1
            }
        }
    }

    private func select(_ sql: String, _ values: [DatabaseValue]) -> [FakeDatabase.Row] {
        let rows = database.rows
        if sql.contains("`username` = ?") {
            return rows.filter { row in
                row["username"] == values[0]
                    && (values.count < 2 || row["domain"] == values[1])
            }
        }
        if sql.replacing("`", with: "").contains("expires <= ?") {
            return rows.filter { row in
                row["expires"].seconds > values[0].seconds
                    && row["expires"].seconds <= values[1].seconds
                    && (values.count < 3 || row["server_id"] == values[2])
            }
        }
        let limit = Int(sql.split(separator: " ").last ?? "") ?? Int.max
        let server = values.count > 1 ? values[1] : nil
        let page = rows.filter { row in
            row["id"].seconds > values[0].seconds && (server == nil || row["server_id"] == server)
        }
        return Array(page.sorted { $0["id"].seconds < $1["id"].seconds }.prefix(limit))
    }

    private func count(_ sql: String, _ values: [DatabaseValue]) -> Int {
        let now = values[0].seconds
        var rows = database.rows
        if sql.contains("`server_id` = ?") { rows.removeAll { $0["server_id"] != values[2] } }
        let valid = rows.filter { $0["expires"].seconds == 0 || $0["expires"].seconds > now }
        if sql.contains("DISTINCT") { return Set(valid.map { $0["username"].text }).count }
        return sql.contains("(expires > ?") ? valid.count : rows.count - valid.count
    }

    private static func value(
        _ rows: borrowing RowBatch, _ row: Int, _ column: Int
    ) -> DatabaseValue {
        switch rows.cell(row: row, column: column) {
        case .null: .null
        case .integer(let number): .integer(number)
        case .double(let number): .double(number)
        case .time(let time): .time(time)
        case .text(let range), .blob(let range):
            .text(String(copying: rows.bytes.span(range)))
        }
    }

    /// Hands one row out as a driver does, its texts in a buffer that lives as long as the row.
    private func emit(
        _ values: [DatabaseValue], _ row: (borrowing DatabaseRow) -> Bool
    ) -> Bool {
        var bytes: [UInt8] = []
        var starts: [Int] = []
        for value in values {
            starts.append(bytes.count)
            if case .text(let text) = value { bytes += Array(text.utf8) }
        }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var cells: [DatabaseCell] = []
            for (place, value) in values.enumerated() {
                switch value {
                case .null, .bytes: cells.append(.null)
                case .integer(let number): cells.append(.integer(number))
                case .double(let number): cells.append(.double(number))
                case .time(let time): cells.append(.integer(time.seconds))
                case .text(let text):
                    let base = unsafe buffer.baseAddress.map { unsafe $0 + starts[place] }
                    cells.append(unsafe .bytes(base, count: text.utf8.count))
                }
            }
            return row(DatabaseRow(cells.span, calendar: calendar))
        }
    }
}

extension DatabaseValue? {
    /// The text of a cell, "" for another.
    var text: String {
        if case .text(let text)? = self { text } else { "" }
    }
    /// The integer or time of a cell, 0 for another.
    var seconds: Int {
        switch self {
        case .integer(let number)?: number
        case .time(let time)?: time.seconds
        default: 0
        }
    }
}

extension DatabaseValue {
    /// The integer or time of a cell, 0 for another.
    var seconds: Int { Optional(self).seconds }
}
