import Basics
import Foundation
import Locations
import ModuleKit
import SIPSyntax
import Storage
import StorageSQLite
import Testing

@testable import Usrloc

@Suite("usrloc: connections and bindings")
struct UsrlocConnectionTests {
    private func rig(
        _ settings: String, database: (any DatabaseDriver)? = nil
    ) throws -> RegistrarRig {
        try RegistrarRig(settings, database: database)
    }

    /// Registers over a connection of a number.
    private func register(
        _ rig: RegistrarRig, _ contact: String, connection: Int64, to: String = "alice"
    ) throws {
        rig.origin = Origin(
            transport: .tcp, socket: SocketIndex(1),
            source: PeerAddress(ipv4: 0x0A01_0203, port: 40_000), connection: connection)
        try rig.register(contact, to: "<sip:\(to)@example.com>")
    }

    @Test("handle_lost_tcp ends the bindings whose connection is gone", arguments: [0, 1])
    func lost(value: Int) throws {
        let rig = try rig("usrloc handle_lost_tcp \(value)")
        try register(rig, "<sip:a@h;transport=tcp>", connection: 7)
        try register(rig, "<sip:b@h;transport=tcp>", connection: 8)
        rig.origin = Origin(
            transport: .udp, socket: SocketIndex(0),
            source: PeerAddress(ipv4: 0x0A01_0203, port: 5_070))
        try rig.register("<sip:c@h>")
        rig.services.standInNetwork.open(8)
        rig.usrloc.tick()
        let expected = ["sip:a@h;transport=tcp", "sip:b@h;transport=tcp", "sip:c@h"]
        let left = try rig.bindings().map(\.uri).sorted()
        #expect(left == (value == 1 ? Array(expected.dropFirst()) : expected))
        #expect(try rig.table.statistics.expired.value == value)
    }

    @Test("a binding that is not on this server's connections is left alone")
    func others() throws {
        let rig = try RegistrarRig("usrloc handle_lost_tcp 1", serverID: 2)
        let database = FakeDatabase()
        database.add(
            "bob", "sip:b@h", ruid: "r1",
            expires: WallTime(seconds: rig.now.seconds + 600),
            ["server_id": .integer(9), "connection_id": .integer(5)])
        let other = try RegistrarRig(
            "usrloc handle_lost_tcp 1;usrloc db_mode 1", serverID: 2, database: database)
        other.usrloc.tick()
        #expect(try other.bindings("bob").count == 1)
    }

    @Test("with db_mode 3 the rows of lost connections are deleted")
    func lostRows() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-lost-\(UUID().uuidString).sqlite").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let driver = try SQLiteDriver(DatabaseURL("sqlite:///\(path)"))
        let rig = try rig("usrloc db_mode 3;usrloc handle_lost_tcp 1", database: driver)
        try register(rig, "<sip:a@h;transport=tcp>", connection: 7)
        try register(rig, "<sip:b@h;transport=tcp>", connection: 8)
        rig.services.standInNetwork.open(8)
        rig.usrloc.tick()
        #expect(try rig.register().contacts.count == 1)
    }

    @Test("close_expired_tcp closes the connection of what expires", arguments: [0, 1])
    func close(value: Int) throws {
        let rig = try rig("usrloc close_expired_tcp \(value)")
        let now = rig.now
        rig.now.seconds -= 1_000
        try register(rig, "<sip:a@h;transport=tcp>;expires=60", connection: 7)
        rig.now = now
        try register(rig, "<sip:b@h;transport=tcp>;expires=60", connection: 8, to: "bob")
        rig.services.standInNetwork.open(7, 8)
        rig.usrloc.tick()
        #expect(rig.services.standInNetwork.closed == (value == 1 ? [7] : []))
    }
}
