import Basics
import Foundation
import JSONValue
import Locations
import ModuleKit
import RouteScript
import Server
import Storage
import StorageSQLite
import Testing

@testable import Usrloc

/// The parameters that decide what is written to which columns, on a database that is a file.
@Suite("usrloc: columns and statements")
final class UsrlocStatementTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-statements-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func driver() throws -> SQLiteDriver {
        try SQLiteDriver(DatabaseURL("sqlite:///\(folder.path)/test.sqlite"))
    }

    private func rig(_ settings: String, serverID: Int = 0) throws -> RegistrarRig {
        try RegistrarRig(settings, serverID: serverID, database: driver())
    }

    /// The rows of a statement, their columns with bars between them.
    @discardableResult
    private func rows(_ sql: String) throws -> [String] {
        var found: [String] = []
        try driver().connect().query(sql, []) { row in
            found.append((0..<row.count).map { row.text($0) ?? "NULL" }.joined(separator: "|"))
            return true
        }
        return found
    }

    private func run(_ sql: String) throws { try driver().connect().execute(sql) }

    // MARK: Columns

    private static let columns = [
        "user", "domain", "contact", "expires", "q", "callid", "cseq", "methods", "flags", "cflags",
        "user_agent", "received", "socket", "path", "ruid", "instance", "reg_id", "server_id",
        "connection_id", "keepalive", "partition",
    ]

    @Test(
        "a column goes by the name that it is given, in every statement",
        arguments: UsrlocStatementTests.columns, [2, 3])
    func column(name: String, mode: Int) throws {
        let settings =
            "usrloc db_mode \(mode);usrloc use_domain 1;usrloc \(name)_column other_name;"
            + "usrloc server_id_filter 1"
        let rig = try rig(settings, serverID: 4)
        try rig.register("<sip:a@h>;+sip.instance=\"<urn:uuid:1>\";reg-id=2, <sip:b@h>")
        try rig.register("<sip:b@h>", expires: "0")
        rig.stop()
        #expect(try rows("SELECT other_name FROM location").count == 1)
        let again = try self.rig(settings, serverID: 4)
        #expect(try again.register().contacts.count == 1)
        for (command, count) in [
            ("ul.db_users", 1), ("ul.db_contacts", 1), ("ul.db_expired_contacts", 0),
        ] {
            #expect(
                try again.services.call(command, "location")["result"] == .integer(Int64(count)))
        }
        again.usrloc.tick()
        again.stop()
        #expect(try rows("SELECT other_name FROM location").count == 1)
    }

    @Test("all columns can be named at once")
    func allColumns() throws {
        let settings = Self.columns.map { "usrloc \($0)_column my_\($0)" }.joined(separator: ";")
        let rig = try rig("usrloc db_mode 1;usrloc use_domain 1;" + settings)
        try rig.register("<sip:a@h>")
        rig.stop()
        #expect(
            try rows("SELECT my_user, my_domain, my_contact FROM location") == [
                "alice|example.com|sip:a@h"
            ])
        let again = try self.rig("usrloc db_mode 1;usrloc use_domain 1;" + settings)
        #expect(try again.bindings("alice@example.com").count == 1)
    }

    @Test(
        "a name that is none is refused where it stands",
        arguments: ["a`b", "x;y", "a-b", String(repeating: "x", count: 65)])
    func badName(name: String) {
        for column in ["user", "partition"] {
            let settings = "modparam(\"usrloc\", \"\(column)_column\", \"\(name)\")"
            #expect(throws: ScriptErrors.self) { try Self.check(settings) }
        }
    }

    @Test("two columns of one name are refused at the start")
    func twice() {
        for settings in [
            "usrloc user_column contact", "usrloc q_column ID",
            "usrloc path_column last_modified", "usrloc q_column x;usrloc cseq_column X",
        ] {
            #expect(throws: StartFailure.self) { try RegistrarRig(settings) }
        }
    }

    private static func check(_ line: String) throws {
        let text = "loadmodule \"usrloc.so\"\n\(line)\nrequest_route { exit; }\n"
        let file = SourceFile(name: "t.cfg", bytes: Array(text.utf8))
        _ = try ConfigurationFile.parse(file).check(
            catalogue: Catalogue.modules, core: Catalogue.core)
    }

    @Test(
        "what nothing here can do is refused where it stands",
        arguments: [
            ("db_raw_fetch_type", "1"), ("ka_mode", "8"), ("ka_method", "\"A B\""),
            ("ka_from", "\"nobody\""), ("ka_domain", "\"a b\""), ("ka_logmsg", "\"$xyz\""),
            ("ka_reply_codes", "\"99\""), ("ka_interval", "0"), ("expires_type", "2"),
            ("timer_procs", "-1"), ("hash_size", "21"), ("rm_expired_delay", "-1"),
            ("load_rank", "1000"), ("db_ops_ruid", "2"),
        ])
    func refused(name: String, value: String) {
        #expect(throws: ScriptErrors.self) {
            try Self.check("modparam(\"usrloc\", \"\(name)\", \(value))")
        }
    }

    // MARK: Times

    @Test("expires_type 1 stores seconds, reads them back and deletes by them", arguments: [2, 3])
    func seconds(mode: Int) throws {
        let settings = "usrloc db_mode \(mode);usrloc expires_type 1"
        let rig = try rig(settings)
        try rig.register("<sip:a@h>;expires=600")
        let added = try rig.services.call(
            "ul.add", "location", "bob", "sip:ever@h", 0, -1.0, "", 0, 0, -1)
        #expect(added["result"] == [:])
        #expect(try rig.services.call("ul.flush")["result"] == [:])
        let stored = try rows("SELECT contact, typeof(expires), expires FROM location ORDER BY 1")
        #expect(stored == ["sip:a@h|integer|\(rig.now.seconds + 600)", "sip:ever@h|integer|0"])
        rig.stop()
        let again = try self.rig(settings)
        #expect(try again.register().contacts.count == 1)
        try run("UPDATE location SET expires = 5 WHERE expires > 0")
        again.usrloc.tick()
        again.stop()
        let last = try self.rig(settings)
        last.usrloc.tick()
        last.stop()
        #expect(try rows("SELECT contact FROM location") == ["sip:ever@h"])
    }

    // MARK: Statements

    @Test("db_insert_update says whether a new row takes the place of another in its way")
    func insertUpdate() throws {
        for (value, expected) in [(0, "sip:same@h|bob"), (1, "sip:same@h|alice")] {
            try? FileManager.default.removeItem(atPath: "\(folder.path)/test.sqlite")
            let settings = "usrloc db_mode 1;usrloc db_insert_update \(value)"
            let rig = try rig(settings)
            try run("CREATE UNIQUE INDEX own_idx ON location (contact)")
            try rig.register("<sip:same@h>", to: "<sip:bob@example.com>")
            try rig.register("<sip:same@h>")
            #expect(try rows("SELECT contact, username FROM location") == [expected])
            let refused = try rig.services.call("ul.status")["result"]?["rows_skipped"]
            #expect(refused == .integer(value == 0 ? 1 : 0))
            rig.stop()
        }
    }

    @Test("db_update_as_insert writes a row for each change, where the table lets it")
    func updateAsInsert() throws {
        let rig = try rig("usrloc db_mode 1;usrloc db_update_as_insert 1")
        try run("DROP TABLE location")
        let table = KamailioTables.location(named: "location").createStatements(.sqlite)[0]
        try run(table.replacingOccurrences(of: "UNIQUE (\"ruid\")", with: "CHECK (1)"))
        try rig.register("<sip:a@h>")
        try rig.register("<sip:a@h>")
        try rig.register("<sip:a@h>")
        #expect(try rows("SELECT cseq FROM location ORDER BY cseq") == ["1", "2", "3"])
    }

    @Test("with a unique name in the table such a change is refused, unless rows may be replaced")
    func updateAsInsertUnique() throws {
        for (more, expected) in [("", "1"), (";usrloc db_insert_update 1", "2")] {
            try? FileManager.default.removeItem(atPath: "\(folder.path)/test.sqlite")
            let rig = try rig("usrloc db_mode 1;usrloc db_update_as_insert 1" + more)
            try rig.register("<sip:a@h>")
            try rig.register("<sip:a@h>")
            #expect(try rows("SELECT cseq FROM location") == [expected])
        }
    }

    @Test(
        "db_ops_ruid 0 finds a row by what makes its binding one",
        arguments: [
            (0, "<sip:a@h>", "call-1"), (1, "<sip:a@h>", "call-1"), (2, "<sip:a@h>", "call-1"),
            (3, "<sip:a@h>", "call-1"), (0, "<sip:a@h>", "call-2"),
            (0, "<sip:a@h>;+sip.instance=\"<urn:uuid:1>\";reg-id=1", "call-2"),
        ])
    func byAddress(matching: Int, contact: String, callID: String) throws {
        let rig = try rig("usrloc db_mode 1;usrloc db_ops_ruid 0;usrloc matching_mode \(matching)")
        try rig.register(contact)
        try run("UPDATE location SET ruid = 'somebody-elses'")
        try rig.register(contact, cseq: 5, callID: callID)
        let name = try rig.bindings()[0].ruid
        #expect(try rows("SELECT cseq, ruid FROM location") == ["5|\(name)"])
        try run("UPDATE location SET ruid = 'somebody-elses'")
        try rig.register("*", expires: "0", cseq: 9, callID: callID)
        #expect(try rows("SELECT cseq FROM location") == [])
    }

    @Test("by its unique name alone such a row is not found")
    func byRuid() throws {
        let rig = try rig("usrloc db_mode 1")
        try rig.register("<sip:a@h>")
        try run("UPDATE location SET ruid = 'somebody-elses'")
        try rig.register("*", expires: "0")
        #expect(try rows("SELECT ruid FROM location") == ["somebody-elses"])
    }

    @Test("with db_ops_ruid 0 a row that another server refreshed stays when ours expires")
    func byAddressGuarded() throws {
        let rig = try rig("usrloc db_mode 2;usrloc db_ops_ruid 0")
        rig.now.seconds -= 1_000
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=600")
        #expect(try rig.writer.flush())
        try run("UPDATE location SET expires = expires + 5 WHERE contact = 'sip:b@h'")
        rig.usrloc.tick()
        rig.settle()
        #expect(try rig.bindings().isEmpty)
        #expect(try rows("SELECT contact FROM location") == ["sip:b@h"])
    }

    @Test("db_check_update says whether a row that is not found comes back", arguments: [0, 1])
    func checkUpdate(value: Int) throws {
        let rig = try rig(
            "usrloc db_mode 1;usrloc db_ops_ruid 0;usrloc db_check_update \(value)")
        try rig.register("<sip:a@h>")
        try run("DELETE FROM location")
        try rig.register("<sip:a@h>")
        #expect(try rows("SELECT cseq FROM location") == (value == 1 ? ["2"] : []))
    }

    @Test("with unique names a row that was deleted always comes back")
    func upsert() throws {
        let rig = try rig("usrloc db_mode 1")
        try rig.register("<sip:a@h>")
        try run("DELETE FROM location")
        try rig.register("<sip:a@h>")
        #expect(try rows("SELECT cseq FROM location") == ["2"])
    }

    @Test("db_insert_null says whether NULL is written or the column's default", arguments: [0, 1])
    func insertNull(value: Int) throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig(
            "usrloc db_mode 1;usrloc db_insert_null \(value)", database: database)
        try rig.register("<sip:a@h>")
        let statement = try #require(
            database.change { $0.statements.last { $0.sql.hasPrefix("INSERT") }?.sql })
        for column in ["received", "path", "socket", "methods", "instance"] {
            #expect(statement.contains("DEFAULT(`\(column)`)") == (value == 0))
        }
        #expect(!statement.contains("DEFAULT(`contact`)"))
    }

    // MARK: Loading and cleaning

    @Test("skip_remote_socket leaves out rows of sockets that are not ours", arguments: [1, 3])
    func remoteSockets(mode: Int) throws {
        let rig = try rig("usrloc db_mode 1")
        try rig.register("<sip:a@h>, <sip:b@h>, <sip:c@h>")
        rig.stop()
        try run("UPDATE location SET socket = 'udp:203.0.113.9:5060' WHERE contact = 'sip:b@h'")
        try run("UPDATE location SET socket = NULL WHERE contact = 'sip:c@h'")
        for (value, expected) in [(0, 3), (1, 2)] {
            let again = try self.rig(
                "usrloc db_mode \(mode);usrloc skip_remote_socket \(value)")
            #expect(try again.register().contacts.count == expected)
        }
        #expect(try rows("SELECT contact FROM location").count == 3)
    }

    @Test(
        "db_clean_tcp deletes this server's rows of connections before it loads", arguments: [1, 3])
    func cleanConnections(mode: Int) throws {
        let rig = try rig("usrloc db_mode 1", serverID: 3)
        try rig.register("<sip:a@h>, <sip:b@h>, <sip:c@h>")
        rig.stop()
        try run("UPDATE location SET connection_id = 7 WHERE contact <> 'sip:c@h'")
        try run("UPDATE location SET server_id = 4 WHERE contact = 'sip:b@h'")
        let again = try self.rig("usrloc db_mode \(mode);usrloc db_clean_tcp 1", serverID: 3)
        #expect(try again.register().contacts.count == 2)
        #expect(
            try rows("SELECT contact FROM location ORDER BY 1") == ["sip:b@h", "sip:c@h"])
        #expect(again.services.lines.all.contains { $0.contains("lost connections deleted") })
    }

    @Test("db_timer_clean deletes expired rows that memory does not know", arguments: [0, 1])
    func timerClean(value: Int) throws {
        let rig = try rig("usrloc db_mode 2;usrloc db_timer_clean \(value)")
        try rig.register("<sip:a@h>")
        #expect(try rig.writer.flush())
        try run(
            "INSERT INTO location (ruid, username, contact, expires) "
                + "VALUES ('r1', 'x', 'sip:old@h', 2440588.5), ('r2', 'x', 'sip:ever@h', "
                + "2440587.499994)")
        rig.usrloc.tick()
        rig.settle()
        let expected =
            value == 1 ? ["sip:a@h", "sip:ever@h"] : ["sip:a@h", "sip:ever@h", "sip:old@h"]
        #expect(try rows("SELECT contact FROM location ORDER BY 1") == expected)
    }

    @Test("rm_expired_delay keeps rows of db_mode 3 longer, and needs that mode")
    func removalDelay() throws {
        #expect(throws: StartFailure.self) {
            try self.rig("usrloc db_mode 2;usrloc rm_expired_delay 5")
        }
        let rig = try self.rig("usrloc db_mode 3;usrloc rm_expired_delay 500")
        let now = rig.now.seconds
        rig.now.seconds = now - 1_000
        try rig.register("<sip:a@h>;expires=400, <sip:b@h>;expires=700")
        rig.usrloc.tick()
        #expect(try rows("SELECT contact FROM location") == ["sip:b@h"])
        let others = try self.rig("usrloc db_mode 3")
        others.usrloc.tick()
        #expect(try rows("SELECT contact FROM location") == [])
    }

    @Test("load_rank above 1 loads while messages come, and merges", arguments: [0, 1, 2])
    func loadRank(rank: Int) throws {
        let first = try rig("usrloc db_mode 2")
        try first.register("<sip:a@h>")
        first.stop()
        let database = try driver()
        let rig = try RegistrarRig("usrloc db_mode 2;usrloc load_rank \(rank)", database: database)
        if rank <= 1 { #expect(try rig.bindings().count == 1) }
        try rig.register("<sip:b@h>")
        rig.settle()
        #expect(try rig.bindings().count == 2)
        #expect(try rig.services.call("ul.status")["result"]?["loaded"] == true)
    }

    // MARK: keepalive, partition

    @Test("keepalive marks contacts behind a NAT, partition is the share of the row")
    func natColumns() throws {
        let rig = try rig("usrloc db_mode 1;usrloc nat_bflag 6")
        rig.usrloc.partitions.set(4)
        for number in 0..<16 {
            for (contact, cflags) in [("sip:nat@h", 64), ("sip:free@h", 32)] {
                let added = try rig.services.call(
                    "ul.add", "location", .string("u\(number)"), .string(contact), 0, -1.0, "", 0,
                    .integer(Int64(cflags)), -1)
                #expect(added["result"] == [:])
            }
        }
        #expect(
            try rows("SELECT DISTINCT contact, keepalive FROM location ORDER BY 1") == [
                "sip:free@h|0", "sip:nat@h|1",
            ])
        #expect(
            try rows("SELECT DISTINCT partition FROM location ORDER BY 1") == ["0", "1", "2", "3"])
        let dump = try rig.services.call("ul.lookup", "location", "u1")
        let marks = (0..<2).map { dump["result"]?["Contacts"]?[$0]?["Contact"]?["Keepalive"] }
        #expect(marks == [1, 0])
    }

    // MARK: hash_size, timer_procs

    @Test(
        "hash_size sets slots aside, and ul.dump shows how many",
        arguments: [(0, 512), (1, 512), (2, 4), (10, 1_024), (20, 1 << 20)])
    func hashSize(value: Int, slots: Int) throws {
        let rig = try RegistrarRig("usrloc hash_size \(value)")
        for number in 0..<50 { try rig.register("<sip:a@h>", to: "<sip:u\(number)@h>") }
        let dump = try rig.services.call("ul.dump", "brief")["result"]?["Domains"]?[0]?["Domain"]
        #expect(dump?["Size"] == .integer(Int64(slots)))
        #expect(dump?["Stats"]?["Records"] == 50)
    }

    @Test(
        "timer_procs jobs share the work, and together they do all of it",
        arguments: [(0, 1), (1, 1), (3, 3), (64, 64)])
    func timerJobs(value: Int, jobs: Int) throws {
        let rig = try RegistrarRig("usrloc timer_procs \(value); usrloc timer_interval 9")
        let names = rig.services.jobNames
        #expect(names.count == jobs)
        rig.now.seconds -= 1_000
        for number in 0..<200 {
            try rig.register("<sip:a@h>", expires: "60", to: "<sip:u\(number)@h>")
        }
        rig.services.runJob(names[0])
        let left = try rig.table.statistics.contacts.value
        // Of 64 jobs the first may find nothing to do.
        #expect(jobs == 1 ? left == 0 : left > 0 && (left < 200 || jobs > 8))
        for name in names { rig.services.runJob(name) }
        #expect(try rig.table.statistics.contacts.value == 0)
    }
}
