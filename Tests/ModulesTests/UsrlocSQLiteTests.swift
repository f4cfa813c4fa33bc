import Basics
import Foundation
import JSONValue
import Locations
import ModuleKit
import Storage
import StorageSQLite
import Testing

@testable import Usrloc

@Suite("usrloc on SQLite")
final class UsrlocSQLiteTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-usrloc-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func driver(_ name: String = "test.sqlite") throws -> SQLiteDriver {
        try SQLiteDriver(DatabaseURL("sqlite:///\(folder.path)/\(name)"))
    }

    private func rig(_ settings: String, serverID: Int = 0) throws -> RegistrarRig {
        try RegistrarRig(settings, serverID: serverID, database: driver())
    }

    /// The first column of a statement's rows.
    private func column(_ sql: String) throws -> [String] {
        var found: [String] = []
        try driver().connect().query(sql, []) { row in
            found.append((0..<row.count).map { row.text($0) ?? "NULL" }.joined(separator: "|"))
            return true
        }
        return found
    }

    @Test("a new database gets its tables at the start", arguments: [1, 2, 3])
    func tables(mode: Int) throws {
        let rig = try rig("usrloc db_mode \(mode); usrloc preload aliases")
        #expect(rig.services.lines.all.contains("notice location: created"))
        let versions = try column(
            "SELECT table_name, table_version FROM version ORDER BY table_name")
        #expect(versions == ["aliases|9", "location|9", "version|1"])
        try rig.register("<sip:a@h>")
        rig.stop()
        #expect(try column("SELECT contact FROM location") == ["sip:a@h"])
        let again = try self.rig("usrloc db_mode \(mode)")
        #expect(!again.services.lines.all.contains { $0.contains("created") })
        #expect(try again.register().contacts.count == 1)
    }

    @Test("db_mode 4 creates nothing and says what is missing")
    func readOnly() throws {
        #expect(throws: StartFailure.self) { try rig("usrloc db_mode 4") }
        #expect(try column("SELECT name FROM sqlite_master").isEmpty)
        try rig("usrloc db_mode 1").register("<sip:a@h>")
        let reading = try rig("usrloc db_mode 4")
        try reading.register("<sip:b@h>")
        reading.stop()
        #expect(try reading.bindings().count == 2)
        #expect(try column("SELECT contact FROM location") == ["sip:a@h"])
    }

    @Test("a table that differs is reported and left as it is")
    func foreignTable() throws {
        let connection = try driver().connect()
        try connection.execute("CREATE TABLE location (id INTEGER PRIMARY KEY, note TEXT)")
        let failure = #expect(throws: StartFailure.self) { try rig("usrloc db_mode 2") }
        #expect(failure?.message.contains("location") == true)
        #expect(try column("SELECT name FROM pragma_table_info('location')") == ["id", "note"])
    }

    @Test("a folder that is not there keeps every mode from starting")
    func noFolder() throws {
        let lost = try SQLiteDriver(DatabaseURL("sqlite:///\(folder.path)/none/x.sqlite"))
        for mode in 1...4 {
            let failure = #expect(throws: StartFailure.self) {
                try RegistrarRig("usrloc db_mode \(mode)", database: lost)
            }
            #expect(failure?.message.contains("does not exist") == true)
        }
    }

    @Test("bindings are the same after a restart", arguments: [1, 2])
    func restart(mode: Int) throws {
        let first = try rig("usrloc db_mode \(mode); usrloc use_domain 1", serverID: 7)
        try first.register(
            "<sip:a@h>;q=0.123;+sip.instance=\"<urn:uuid:1>\";reg-id=2;expires=600;"
                + "received=\"sip:192.0.2.9\"", "User-Agent: caf\u{e9}", "Allow: INVITE")
        try first.register("<tel:+1555>;expires=700", callID: "two")
        let before = try first.bindings("alice@example.com")
        first.stop()
        let second = try rig("usrloc db_mode \(mode); usrloc use_domain 1")
        let after = try second.bindings("alice@example.com")
        #expect(after.count == 2)
        for (old, new) in zip(before, after) {
            #expect(new.uri == old.uri)
            #expect(new.ruid == old.ruid)
            #expect(new.callID == old.callID)
            #expect(new.userAgent == old.userAgent)
            #expect(new.received == old.received)
            #expect(new.instance == old.instance)
            #expect(new.values == old.values)
        }
        let refresh = try second.register("<tel:+1555>;expires=900", cseq: 9, callID: "two")
        #expect(refresh.code == 2)
    }

    @Test("a refresh after a restart writes over the old row")
    func sameRow() throws {
        let first = try rig("usrloc db_mode 2")
        try first.register("<sip:a@h>;expires=600")
        first.stop()
        let second = try rig("usrloc db_mode 2")
        try second.register("<sip:a@h>;expires=900", cseq: 2)
        #expect(try second.bindings()[0].state == "CS_DIRTY")
        second.stop()
        #expect(try column("SELECT contact, cseq FROM location") == ["sip:a@h|2"])
    }

    @Test("expired rows go, refreshed ones stay")
    func expiry() throws {
        let rig = try rig("usrloc db_mode 2")
        rig.now.seconds -= 1_000
        try rig.register("<sip:a@h>;expires=500, <sip:b@h>;expires=5000")
        #expect(try rig.writer.flush())
        #expect(try column("SELECT COUNT(*) FROM location") == ["2"])
        rig.usrloc.tick()
        rig.settle()
        #expect(try column("SELECT contact FROM location") == ["sip:b@h"])
    }

    @Test("the commands that count ask the database")
    func counts() throws {
        let rig = try rig("usrloc db_mode 2; usrloc server_id_filter 1", serverID: 3)
        rig.now.seconds -= 1_000
        try rig.register("<sip:a@h>;expires=5000, <sip:b@h>;expires=5000, <sip:c@h>;expires=100")
        try rig.register("<sip:a@h>;expires=5000", to: "<sip:bob@example.com>")
        _ = try rig.services.call("ul.add", "location", "eve", "sip:e@h", 0, -1.0, "", 0, 0, -1)
        #expect(try rig.services.call("ul.flush")["result"] == [:])
        try driver().connect().execute(
            "INSERT INTO location (ruid, username, contact, server_id) VALUES ('x', 'x', 'x', 9)")
        #expect(try rig.services.call("ul.db_users", "location")["result"] == 3)
        #expect(try rig.services.call("ul.db_contacts", "location")["result"] == 4)
        #expect(try rig.services.call("ul.db_expired_contacts", "location")["result"] == 1)
    }

    @Test("db_mode 3 reads and writes rows, deletes what expired, and shares them")
    func databaseOnly() throws {
        // Two servers of one process and second: without numbers their unique names may meet.
        let one = try rig("usrloc db_mode 3; usrloc use_domain 1")
        let two = try rig("usrloc db_mode 3; usrloc use_domain 1", serverID: 2)
        try one.register("<sip:a@h>;expires=600")
        #expect(try two.register().contacts.count == 1)
        try two.register("<sip:b@h>;expires=600")
        #expect(try one.register().contacts.count == 2)
        try one.register("<sip:a@h>", expires: "0")
        #expect(try two.register().contacts.count == 1)
        one.now.seconds -= 5_000
        try one.register("<sip:old@h>;expires=600", callID: "old")
        two.usrloc.tick()
        #expect(try column("SELECT contact FROM location") == ["sip:b@h"])
    }

    @Test("rows that Kamailio's own client wrote are understood")
    func otherHand() throws {
        try rig("usrloc db_mode 1").stop()
        let soon = WallTime(seconds: SystemClock.wall().seconds + 600)
        try driver().connect().execute(
            """
            INSERT INTO location (ruid, username, contact, expires, q, callid, cseq, \
            last_modified, user_agent) VALUES ('uloc-5-1-1', 'alice', 'sip:a@h', ?, 1.0, 'c', 3, \
            ?, 'x')
            """, [.time(soon), .time(WallTime(seconds: 1_700_000_000))])
        let rig = try rig("usrloc db_mode 2")
        let found = try #require(try rig.bindings().first)
        #expect(found.values.expires == soon)
        #expect(found.values.q == 1000)
        #expect(found.values.methods == .max)
        #expect(found.ruid == "uloc-5-1-1")
    }
}
