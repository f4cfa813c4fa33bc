import Core
import Corex
import Htable
import JSONValue
import ModuleKit
import Testing

/// The record of changes has old and new value of what commands change.
@Suite("old and new values in the record of changes")
struct ChangeNoteTests {
    /// The change that the last call of a command has noted.
    private func last(_ services: StandInServices) throws -> JSONValue? {
        try services.call("audit.list", 1)["result"]?["entries"]?[0]?["changes"]?[0]
    }

    private func tables() throws -> StandInServices {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(
            HtableModule.self, [("htable", .string("ban=>size=8;autoexpire=300"))])
        return services
    }

    @Test("entries of tables: set, overwritten, removed, flushed")
    func entries() throws {
        let services = try tables()
        _ = try services.call("htable.sets", "ban", "a", "x")
        #expect(try last(services) == ["what": "htable ban[a]", "old": nil, "new": "x"])
        _ = try services.call("htable.seti", "ban", "a", 5)
        #expect(try last(services) == ["what": "htable ban[a]", "old": "x", "new": 5])
        _ = try services.call("htable.setex", "ban", "a", 60)
        let life = try last(services)
        #expect(life?["what"] == "htable ban[a] expires" && life?["old"] != life?["new"])
        _ = try services.call("htable.delete", "ban", "a")
        #expect(try last(services) == ["what": "htable ban[a]", "old": 5, "new": nil])
        _ = try services.call("htable.sets", "ban", "b", "x")
        _ = try services.call("htable.flush", "ban")
        #expect(try last(services) == ["what": "htable ban entries", "old": 1, "new": 0])
    }

    @Test("what was refused is no change")
    func refused() throws {
        let services = try tables()
        #expect(try services.call("htable.delete", "ban", "nobody")["error"]?["code"] == 404)
        #expect(try last(services) == nil)
    }

    @Test("the log level, with who has changed it in the log")
    func level() throws {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(Corex.self)
        _ = try services.call("corex.debug", 2)
        #expect(try last(services) == ["what": "core.debug", "old": 0, "new": 2])
        #expect(
            services.lines.all.contains("notice core.debug changed from 0 to 2 by test here"))
        _ = try services.call("corex.debug")
        #expect(try last(services) == nil, "to look is no change")
    }

    @Test("bindings: added, refreshed, removed one by one and all at once")
    func bindings() throws {
        let rig = try RegistrarRig("")
        let services = rig.services
        if services.loadedModules.allSatisfy({ $0.name != "core" }) {
            try services.load(Core.self)
        }
        let add: [JSONValue] = [
            "location", "ann", "sip:ann@192.0.2.9", 300, 0.5, "", 0, 0, -1,
        ]
        _ = try services.exchange("ul.add", .array(add))
        let added = try last(services)
        #expect(added?["what"] == "location ann sip:ann@192.0.2.9" && added?["old"] == .null)
        #expect(added?["new"]?.text != nil || added?["new"]?["Address"] != nil)
        _ = try services.exchange("ul.add", .array(add))
        #expect(try last(services)?["old"] != .null)
        _ = try services.call("ul.rm_contact", "location", "ann", "sip:ann@192.0.2.9")
        let removed = try last(services)
        #expect(removed?["old"] != .null && removed?["new"] == .null)
        _ = try services.exchange("ul.add", .array(add))
        _ = try services.call("ul.rm", "location", "ann")
        #expect(try last(services)?["what"] == "location ann sip:ann@192.0.2.9")
    }
}
