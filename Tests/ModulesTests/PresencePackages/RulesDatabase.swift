import Basics
import Dispatch
import Storage
import Synchronization

/// A database in memory that has a table of XCAP documents and nothing else, and can be told to
/// fail.
final class RulesDatabase: DatabaseDriver {
    struct Document: Sendable {
        var user: String
        var host: String
        var type = 2
        var text: String
    }

    struct State: Sendable {
        var documents: [Document] = []
        var version = 4
        var isAway = false
        var connects = 0
        var queries: [String] = []
    }

    private let state: Guarded<State>
    let description = "mysql://fake@nowhere/rules"

    init(_ documents: [Document] = []) { state = Guarded(State(documents: documents)) }

    @discardableResult
    func change<R: Sendable>(_ body: (inout State) -> R) -> R { state.withLock { body(&$0) } }

    /// Puts a document in the place of those of a presentity.
    func set(_ user: String, _ text: String?) {
        change { state in
            state.documents.removeAll { $0.user == user }
            guard let text else { return }
            state.documents.append(Document(user: user, host: "example.com", text: text))
        }
    }

    func connect() throws(StorageError) -> any DatabaseConnection {
        let isAway = change { state in
            state.connects += 1
            return state.isAway
        }
        if isAway { throw StorageError(.unavailable, "the fake is away") }
        return RulesConnection(self)
    }
}

/// One connection to it, which only reads.
final class RulesConnection: DatabaseConnection {
    let dialect = Dialect.mariaDB
    private let database: RulesDatabase
    private let calendar = LocalCalendar(zone: { _ in 0 })

    init(_ database: RulesDatabase) { self.database = database }

    func execute(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> Int { 0 }
    func ping() -> Bool { true }
    func close() {}

    func query(
        _ sql: String, _ values: [DatabaseValue], row: (borrowing DatabaseRow) -> Bool
    ) throws(StorageError) {
        let state = database.change { state in
            state.queries.append(sql)
            return state
        }
        if state.isAway { throw StorageError(.unavailable, "the fake is away") }
        if sql.contains("table_version") {
            _ = emit([.integer(state.version)], row)
        } else if sql.contains("ORDER BY") {
            for document in state.documents where .integer(document.type) == values[0] {
                let cells: [DatabaseValue] = [
                    .text(document.user), .text(document.host), .text(document.text),
                ]
                guard emit(cells, row) else { return }
            }
        } else {
            // A place in the tree is not compared: a presentity has one document of the type.
            let values = Array(values.prefix(3))
            for document in state.documents
            where [.text(document.user), .text(document.host), .integer(document.type)] == values {
                guard emit([.text(document.text)], row) else { return }
            }
        }
    }

    func upsert(
        into table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] { [] }
    func insert(
        _ statement: InsertStatement, _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] { [] }
    func delete(
        from table: String, key: [String], guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int { 0 }
    func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) { try body() }

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
                guard case .text(let text) = value else {
                    cells.append(.integer(value.seconds))
                    continue
                }
                let base = unsafe buffer.baseAddress.map { unsafe $0 + starts[place] }
                cells.append(unsafe .bytes(base, count: text.utf8.count))
            }
            return row(DatabaseRow(cells.span, calendar: calendar))
        }
    }
}

/// Documents of rules that tests put into the table.
enum RuleText {
    /// A document with one rule that grants something to some people.
    static func document(_ handling: String, to people: String..., conditions: String = "")
        -> String
    {
        let ones = people.map { "<cr:one id=\"sip:\($0)@example.com\"/>" }.joined()
        let identity = people.isEmpty ? "" : "<cr:identity>\(ones)</cr:identity>"
        return """
            <cr:ruleset xmlns:cr="urn:ietf:params:xml:ns:common-policy" \
            xmlns:pr="urn:ietf:params:xml:ns:pres-rules"><cr:rule id="a"><cr:conditions>\
            \(identity)\(conditions)</cr:conditions><cr:actions><pr:sub-handling>\(handling)\
            </pr:sub-handling></cr:actions></cr:rule></cr:ruleset>
            """
    }
}
