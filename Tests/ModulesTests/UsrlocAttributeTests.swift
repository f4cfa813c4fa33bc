import Basics
import Foundation
import Locations
import ModuleKit
import Storage
import StorageSQLite
import Testing

@testable import Usrloc

@Suite("usrloc: attributes of contacts in their own table")
final class UsrlocAttributeTests {
    private let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("roost-attributes-\(UUID().uuidString).sqlite").path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func driver() throws -> SQLiteDriver {
        try SQLiteDriver(DatabaseURL("sqlite:///\(path)"))
    }

    private func rig(_ settings: String) throws -> RegistrarRig {
        try RegistrarRig("usrloc xavp_contact ulattrs;" + settings, database: driver())
    }

    private func rows() throws -> [String] {
        var found: [String] = []
        try driver().connect().query(
            "SELECT username, domain, aname, atype, avalue FROM location_attrs ORDER BY id", []
        ) { row in
            found.append((0..<row.count).map { row.text($0) ?? "NULL" }.joined(separator: "|"))
            return true
        }
        return found
    }

    /// Registers a contact with attributes, as `save` does.
    private func register(
        _ rig: RegistrarRig, _ aor: String, cseq: UInt32, _ attributes: [(String, String, Bool)]
    ) throws {
        var texts = ByteWriter()
        func keep(_ text: String) -> TextPlace {
            let start = texts.count
            texts.append(text)
            return .scratch(ByteRange(offset: start, count: texts.count - start))
        }
        var request = RegistrationRequest()
        request.callID = keep("call")
        request.cseq = cseq
        let uri = keep("sip:a@h")
        let start = texts.count
        for (name, value, isInteger) in attributes {
            let nameBytes = Array(name.utf8)
            let valueBytes = Array(value.utf8)
            let isKept = ContactAttributes.append(
                name: nameBytes.span, value: valueBytes.span, isInteger: isInteger, from: start,
                to: &texts)
            #expect(isKept)
        }
        request.attributes = .scratch(ByteRange(offset: start, count: texts.count - start))
        _ = request.append(
            ContactUpdate(
                uri: uri, lifetime: .until(WallTime(seconds: rig.now.seconds + 600))))
        let name = Array(aor.utf8)
        let outcome = try rig.usrloc.register(
            in: rig.table, name.span, request, message: Span(), scratch: texts.span,
            rules: rig.usrloc.rules, now: rig.now
        ) { _ in }
        #expect(outcome.isAccepted)
    }

    /// The attributes of the only binding of an AoR.
    private func attributes(_ rig: RegistrarRig, _ aor: String) throws -> [String] {
        var found: [String] = []
        let name = Array(aor.utf8)
        _ = try rig.usrloc.lookUp(in: rig.table, name.span, now: rig.now) { binding in
            let bytes = binding.attributes
            var walk = ContactAttributes(bytes)
            while let attribute = walk.next() {
                let name = String(copying: bytes.extracting(attribute.name.indices))
                let value = String(copying: bytes.extracting(attribute.value.indices))
                found.append("\(name)=\(value)\(attribute.isInteger ? " int" : "")")
            }
        }
        return found
    }

    @Test(
        "they are written, read back, replaced and deleted with their contact",
        arguments: [1, 2, 3])
    func life(mode: Int) throws {
        let settings = "usrloc db_mode \(mode)"
        let rig = try rig(settings)
        try register(rig, "alice", cseq: 1, [("color", "red", false), ("n", "7", true)])
        try register(rig, "bob", cseq: 1, [("color", "blue", false)])
        rig.stop()
        #expect(
            try rows().sorted() == [
                "alice|NULL|color|0|red", "alice|NULL|n|1|7", "bob|NULL|color|0|blue",
            ])
        let again = try self.rig(settings)
        #expect(try attributes(again, "alice") == ["color=red", "n=7 int"])
        #expect(try attributes(again, "bob") == ["color=blue"])
        try register(again, "alice", cseq: 2, [("color", "green", false)])
        let name = Array("bob".utf8)
        let removed = try again.usrloc.remove(in: again.table, name.span, now: again.now) { _ in
            true
        }
        #expect(removed == 1)
        again.stop()
        #expect(try rows() == ["alice|NULL|color|0|green"])
    }

    @Test("with use_domain they carry the domain, and any bytes stand in a value")
    func domain() throws {
        let rig = try rig("usrloc db_mode 1;usrloc use_domain 1")
        let odd = "a'b\"c|;--\n%s"
        try register(rig, "alice@example.com", cseq: 1, [("x", odd, false)])
        #expect(try rows() == ["alice|example.com|x|0|\(odd)"])
        let again = try self.rig("usrloc db_mode 1;usrloc use_domain 1")
        #expect(try attributes(again, "alice@example.com") == ["x=\(odd)"])
    }

    @Test("without xavp_contact there is no such table")
    func none() throws {
        let rig = try RegistrarRig("usrloc db_mode 1", database: driver())
        try rig.register("<sip:a@h>")
        #expect(throws: StorageError.self) { try rows() }
    }

    @Test("rows that no contact has are left alone, and what is too much is left out")
    func foreign() throws {
        let rig = try rig("usrloc db_mode 1")
        try register(rig, "alice", cseq: 1, [("color", "red", false)])
        let connection = try driver().connect()
        let long = String(repeating: "x", count: 500)
        try connection.execute(
            "INSERT INTO location_attrs (ruid, username, aname, atype, avalue)"
                + " VALUES ('nobody', 'zoe', 'a', 0, 'b')")
        for number in 0..<40 {
            try connection.execute(
                "INSERT INTO location_attrs (ruid, username, aname, atype, avalue)"
                    + " SELECT ruid, username, 'n\(number)', 0, ? FROM location", [.text(long)])
        }
        let again = try self.rig("usrloc db_mode 1")
        let found = try attributes(again, "alice")
        #expect(found.first == "color=red")
        #expect(found.count < 41)
        #expect(try rows().count == 42)
    }
}
