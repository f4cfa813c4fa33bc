import Basics
import Foundation
import Locations
import SIPSyntax
import Storage
import StorageSQLite
import Testing

@testable import Registrar
@testable import Usrloc

/// What `save` leaves in a database, and what is made of it after a restart.
@Suite("save: on SQLite")
final class RegistrarStoredTests {
    private let folder: URL
    private let phone =
        "<sip:alice@192.0.2.1>;expires=600;reg-id=3;+sip.instance=\"<urn:uuid:0-1>\""

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-save-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func driver() throws -> SQLiteDriver {
        try SQLiteDriver(DatabaseURL("sqlite:///\(folder.path)/test.sqlite"))
    }

    private func rig(_ settings: String) throws -> RegistrarRig {
        try RegistrarRig(settings, database: driver())
    }

    /// Columns of the rows.
    private func rows(_ columns: String) throws -> [String] {
        var found: [String] = []
        try driver().connect().query("SELECT \(columns) FROM location ORDER BY id", []) { row in
            found.append((0..<row.count).map { row.text($0) ?? "NULL" }.joined(separator: "|"))
            return true
        }
        return found
    }

    /// The temporary GRUU of a reply.
    private func temporary(_ reply: SIPReply) throws -> String {
        let parts = reply.contact.split(separator: ";temp-gruu=\"", maxSplits: 1)
        try #require(parts.count == 2)
        return String(parts[1].prefix { $0 != "\"" })
    }

    /// The contact that a temporary GRUU leads to.
    private func found(_ text: String, _ rig: RegistrarRig) throws -> [String] {
        let bytes = Array(text.utf8)
        let uri = try SIPURI(parsing: bytes.span)
        guard case .temporary(let ruid) = GRUU(uri, in: bytes.span) else { return ["no GRUU"] }
        var contacts: [String] = []
        try rig.usrloc.lookUp(in: rig.table, ruid: bytes.span.part(ruid), now: rig.now) {
            contacts.append(String(copying: $0.uri))
        }
        return contacts
    }

    @Test("a temporary GRUU is good in every db_mode", arguments: [1, 2, 3])
    func temporaryGRUU(mode: Int) throws {
        let rig = try rig("usrloc db_mode \(mode)")
        let gruu = try temporary(rig.register(phone, "Supported: gruu"))
        #expect(try found(gruu, rig) == ["sip:alice@192.0.2.1"])
        #expect(try found("sip:uloc-1-2-3-4@h;gr", rig).isEmpty)
        rig.stop()
    }

    @Test(
        "a temporary GRUU outlives a restart, although the hash in it does not",
        arguments: [1, 2, 3], [0, 1])
    func restart(mode: Int, usesDomain: Int) throws {
        let settings = "usrloc db_mode \(mode);usrloc use_domain \(usesDomain)"
        let before = try rig(settings)
        let gruu = try temporary(before.register(phone, "Supported: gruu"))
        before.stop()
        let after = try rig(settings)
        // The table is loaded when a request has been through it.
        #expect(try after.register().contacts.count == 1)
        #expect(try found(gruu, after) == ["sip:alice@192.0.2.1"])
        after.stop()
    }

    @Test("with db_mode 3 and no database a GRUU cannot be followed, and says so")
    func unavailable() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 3", database: database)
        database.change { $0.isAway = true }
        #expect(throws: LocationsUnavailable.self) {
            _ = try found("sip:uloc-1-2-3-4@h;gr", rig)
        }
    }

    @Test("Path, instance, reg-id and flags stand in their columns")
    func columns() throws {
        let rig = try rig(
            "usrloc db_mode 1;registrar use_path 1;registrar path_mode 0;"
                + "registrar path_use_received 1;usrloc nat_bflag 6")
        try rig.register(phone, "Path: <sip:p1;lr;received=sip:10.1.1.1:4000>, <sip:p2;lr>")
        #expect(
            try rows("path, received, instance, reg_id, cflags") == [
                "<sip:p1;lr;received=sip:10.1.1.1:4000>, <sip:p2;lr>|sip:10.1.1.1:4000"
                    + "|<urn:uuid:0-1>|3|64"
            ])
        rig.stop()
    }

    @Test("Path comes back from the table after a restart", arguments: [1, 3])
    func pathReloaded(mode: Int) throws {
        let settings = "usrloc db_mode \(mode);registrar use_path 1;registrar path_mode 0"
        let before = try rig(settings)
        try before.register(phone, "Path: <sip:p1;lr>")
        before.stop()
        let after = try rig(settings)
        var path = ""
        let aor = Array("alice".utf8)
        try after.usrloc.lookUp(in: after.table, aor.span, now: after.now) {
            path = String(copying: $0.path)
        }
        #expect(path == "<sip:p1;lr>")
        after.stop()
    }

    @Test(
        "sock_mode stores the address that the socket advertises",
        arguments: [(0, "udp:127.0.0.1:5060"), (1, "udp:sip.example.com:5060")])
    func socket(mode: Int, name: String) throws {
        let settings = "usrloc db_mode 1;registrar sock_mode \(mode)"
        let before = try rig(settings)
        try before.register(phone)
        #expect(try rows("socket") == [name])
        before.stop()
        let after = try rig(settings)
        _ = try after.register()
        #expect(try after.bindings()[0].values.socket == SocketIndex(0))
        after.stop()
    }
}
