import Basics
import JSONValue
import Locations
import ModuleKit
import RouteScript
import Storage
import Testing

@testable import Usrloc

@Suite("usrloc: rows and the bindings that they stand for")
struct UsrlocRowTests {
    private let soon = WallTime(seconds: SystemClock.wall().seconds + 3_600)

    /// A server that loads one row with these changes.
    private func loaded(_ changes: FakeDatabase.Row) throws -> RegistrarRig {
        let database = FakeDatabase()
        database.add("alice", "sip:a@h", ruid: "x-1", expires: soon, changes)
        return try RegistrarRig("usrloc db_mode 2", database: database)
    }

    private func shown(_ values: ContactValues, _ column: String) -> String {
        switch column {
        case "q": "\(values.qThousandths)"
        case "cseq": "\(values.cseq)"
        case "flags": "\(values.flags)"
        case "cflags": "\(values.cflags)"
        case "methods": "\(values.methods)"
        case "reg_id": "\(values.regID)"
        case "server_id": "\(values.serverID)"
        case "connection_id": "\(values.connection)"
        case "socket": "\(values.socket.isNone ? -1 : Int(values.socket.value))"
        default: "no such column"
        }
    }

    /// What a cell of a row becomes in memory.
    private static let cells: [(String, DatabaseValue, String)] = [
        ("q", .double(-1), "-1"), ("q", .double(-0.001), "-1"), ("q", .double(0), "0"),
        ("q", .double(0.5), "500"), ("q", .double(0.699999988), "700"), ("q", .double(1), "1000"),
        ("q", .double(1.5), "1000"), ("q", .double(1e9), "1000"), ("q", .double(0.0004), "0"),
        ("cseq", .integer(0), "0"), ("cseq", .integer(1), "1"),
        ("cseq", .integer(2_147_483_647), "2147483647"), ("cseq", .integer(-1), "4294967295"),
        ("flags", .integer(0), "0"), ("flags", .integer(-1), "4294967287"),
        ("flags", .integer(-2_147_483_648), "2147483648"),
        ("cflags", .integer(5), "5"), ("cflags", .integer(-2), "4294967294"),
        ("methods", .null, "\(UInt32.max)"), ("methods", .integer(9), "9"),
        ("methods", .integer(-1), "\(UInt32.max)"),
        ("reg_id", .integer(0), "0"), ("reg_id", .integer(7), "7"), ("reg_id", .null, "0"),
        ("reg_id", .integer(-4), "0"), ("reg_id", .integer(1 << 40), "\(UInt32.max)"),
        ("server_id", .integer(3), "3"), ("server_id", .integer(-3), "0"),
        ("server_id", .null, "0"), ("connection_id", .integer(8), "-1"),
        ("socket", .text("udp:127.0.0.1:5060"), "0"), ("socket", .text("udp:127.0.0.1:5061"), "-1"),
        ("socket", .text(""), "-1"), ("socket", .null, "-1"), ("socket", .text("udp"), "-1"),
    ]

    @Test("a number of a row is cut to what a binding can hold", arguments: cells)
    func cell(column: String, value: DatabaseValue, expected: String) throws {
        let rig = try loaded([column: value])
        let found = try rig.bindings()
        #expect(found.count == 1)
        let values = try #require(found.first?.values)
        #expect(shown(values, column) == expected, "\(column)")
    }

    @Test(
        "a row without what a binding needs is left alone and counted",
        arguments: [
            ("q", DatabaseValue.null), ("cseq", .null), ("flags", .null), ("cflags", .null),
            ("expires", .null), ("contact", .text("")), ("contact", .null), ("callid", .text("")),
            ("callid", .null),
        ])
    func missing(column: String, value: DatabaseValue) throws {
        let rig = try loaded([column: value])
        #expect(try rig.bindings().isEmpty)
        #expect(rig.usrloc.counters.rowsSkipped.value == 1)
        #expect(rig.usrloc.counters.rowsLoaded.value == 0)
        #expect(rig.services.lines.all.contains { $0.contains("cannot be understood") })
    }

    @Test(
        "texts come back as they are in the row, and NULL as none",
        arguments: [
            ("received", DatabaseValue.text("sip:192.0.2.9:1"), "sip:192.0.2.9:1"),
            ("received", .null, ""), ("user_agent", .text("t/1 (x)"), "t/1 (x)"),
            ("user_agent", .text(""), ""), ("instance", .text("<urn:uuid:1>"), "<urn:uuid:1>"),
            ("instance", .null, ""), ("callid", .text("a@b"), "a@b"),
            ("contact", .text("sips:a@h;x=\u{e9}"), "sips:a@h;x=\u{e9}"),
        ])
    func texts(column: String, value: DatabaseValue, expected: String) throws {
        let found = try #require(try loaded([column: value]).bindings().first)
        let text =
            switch column {
            case "received": found.received
            case "user_agent": found.userAgent
            case "instance": found.instance
            case "callid": found.callID
            default: found.uri
            }
        #expect(text == expected)
    }

    // MARK: Columns

    @Test(
        "the rows of an AoR are found by user, or by user and domain cut at the last @",
        arguments: [
            ("alice", false, ["alice"]), ("a@b", false, ["a@b"]), ("", false, [""]),
            ("alice@example.com", true, ["alice", "example.com"]),
            ("a@b@example.com", true, ["a@b", "example.com"]),
            ("example.com", true, ["", "example.com"]), ("@h", true, ["", "h"]),
            ("a'; DROP TABLE location; --", false, ["a'; DROP TABLE location; --"]),
        ])
    func condition(aor: String, usesDomain: Bool, values: [String]) {
        let columns = LocationColumns(usesDomain: usesDomain, sockets: [])
        let bytes = Array(aor.utf8)
        let condition = columns.condition(for: bytes.span, .mariaDB)
        #expect(condition.values == values.map { DatabaseValue.text($0) })
        let wanted = usesDomain ? "`username` = ? AND `domain` = ?" : "`username` = ?"
        #expect(condition.sql == wanted)
    }

    @Test("columns are named once, and what is written is read but for two that mean nothing")
    func names() {
        let reader = LocationReader(
            usesDomain: false, sockets: [], rules: RegistrationRules(), keepsConnections: false)
        for usesDomain in [false, true] {
            let written = LocationColumns(usesDomain: usesDomain, sockets: []).written
            #expect(Set(written).count == written.count)
            #expect(written.contains("domain") == usesDomain)
            let unread = Set(written).subtracting(reader.columns)
            #expect(unread == ["keepalive", "partition"])
        }
        #expect(Set(reader.columns).count == reader.columns.count)
        let unwritten = Set(reader.columns)
            .subtracting(LocationColumns(usesDomain: true, sockets: []).written)
        #expect(unwritten == ["id"])
    }

    @Test("a report counts every row once")
    func report() {
        var report = LocationReader.Report()
        #expect(report.rows == 0)
        report.loaded = 1
        report.superseded = 20
        report.expired = 300
        report.refused = 4_000
        #expect(report.rows == 4_321)
    }

    @Test("what was registered is the same after the rows were read again", arguments: 0..<12)
    func roundTrip(seed: Int) throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        var contact = "<sip:p\(seed)@192.0.2.\(seed);x=\(seed * 7)>;expires=\(600 + seed)"
        if seed % 2 == 0 { contact += ";q=0.\(seed + 1)" }
        if seed % 3 == 0 { contact += ";+sip.instance=\"<urn:uuid:\(seed)>\";reg-id=\(seed + 1)" }
        if seed % 4 == 0 { contact += ";received=\"sip:198.51.100.\(seed):40000\"" }
        if seed % 5 == 0 { contact += ";methods=\"INVITE,BYE,MESSAGE\"" }
        #expect(try rig.register(contact, callID: "id-\(seed)", "User-Agent: u/\(seed)").code == 1)
        #expect(try rig.writer.flush())
        let before = try #require(try rig.bindings().first)
        let again = try RegistrarRig("usrloc db_mode 2", database: database)
        let after = try #require(try again.bindings().first)
        #expect(after.uri == before.uri)
        #expect(after.callID == before.callID)
        #expect(after.userAgent == before.userAgent)
        #expect(after.received == before.received)
        #expect(after.instance == before.instance)
        #expect(after.ruid == before.ruid)
        #expect(after.values.qThousandths == before.values.qThousandths)
        #expect(after.values.cseq == before.values.cseq)
        #expect(after.values.methods == before.values.methods)
        #expect(after.values.regID == before.values.regID)
        #expect(after.values.expiresSeconds == before.values.expiresSeconds)
        #expect(after.values.socket == before.values.socket)
        #expect(after.state == "CS_SYNC")
    }

    // MARK: Parameters

    @Test(
        "a parameter is taken at its bounds and refused beyond them",
        arguments: [
            ("usrloc db_mode", 0, 4), ("usrloc matching_mode", 0, 3),
            ("usrloc timer_interval", 0, 86_400), ("usrloc cseq_delay", 0, 3_600),
            ("usrloc fetch_rows", 1, 1_000_000), ("usrloc hash_size", 0, 20),
            ("usrloc use_domain", 0, 1), ("usrloc desc_time_order", 0, 1),
            ("registrar default_expires", 1, 2_147_483_647),
            ("registrar default_expires_range", 0, 100), ("registrar expires_range", 0, 100),
            ("registrar min_expires", 0, 2_147_483_647), ("registrar min_expires_mode", 0, 1),
            ("registrar max_expires", 0, 2_147_483_647),
            ("registrar retry_after", 0, 2_147_483_647), ("registrar default_q", -1, 1_000),
            ("registrar max_contacts", 0, 1_024), ("registrar contact_max_size", 1, 512),
        ])
    func bounds(name: String, lowest: Int, highest: Int) throws {
        for value in [lowest, highest] {
            _ = try RegistrarRig.check("\(name) \(value)", "exit;")
        }
        for value in [lowest - 1, highest + 1] {
            #expect(throws: ScriptErrors.self, "\(name) \(value)") {
                try RegistrarRig.check("\(name) \(value)", "exit;")
            }
        }
    }

    @Test("a table's name has 1 to 64 bytes, and is the same table each time it is asked for")
    func tables() throws {
        let rig = try RegistrarRig()
        let longest = String(repeating: "t", count: 64)
        #expect(try rig.usrloc.table(named: longest).name == longest)
        #expect(throws: StartFailure.self) { try rig.usrloc.table(named: longest + "t") }
        let one = try rig.usrloc.table(named: "aliases_2")
        #expect(try rig.usrloc.table(named: "aliases_2") === one)
        #expect(rig.usrloc.existingTable(named: "aliases_2") === one)
        #expect(rig.usrloc.existingTable(named: "aliases_3") == nil)
        #expect(rig.usrloc.tables.map(\.name) == ["location", longest, "aliases_2"])
    }

    @Test("only the modes that write queue changes for a database", arguments: 0...4)
    func persistence(mode: Int) throws {
        let rig = try RegistrarRig("usrloc db_mode \(mode)", database: FakeDatabase())
        #expect(try rig.table.persists == [1, 2, 3].contains(mode))
    }
}
