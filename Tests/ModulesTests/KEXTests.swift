import Basics
import Core
import JSONValue
import KEX
import ModuleKit
import Testing

@Suite("module kex")
struct KEXTests {
    private func services() throws -> (StandInServices, Core) {
        let services = StandInServices()
        let core = try services.load(Core.self)
        try services.load(KEX.self)
        core.counters.requests.add(12)
        core.counters.badURIs.add(1)
        return (services, core)
    }

    @Test("statistics are found by group, by name, and all together")
    func lines() throws {
        let (services, _) = try services()
        let one = try services.call("stats.get_statistics", "rcv_requests")["result"]
        #expect(one == ["core:rcv_requests = 12"])
        #expect(try services.call("stats.get_statistics", "core:rcv_requests")["result"] == one)
        let all = try services.call("stats.get_statistics", "all")["result"]
        #expect(all?.items?.count == 85)
        #expect(all?[0] == "core:bad_URIs_rcvd = 1")
        #expect(try services.call("stats.get_statistics", "core:")["result"] == all)
        #expect(try services.call("stats.get_statistics", "core:", "all")["result"] == all)
    }

    @Test("unknown names are skipped, no name is an error with the code that callers know")
    func unknown() throws {
        let (services, _) = try services()
        #expect(try services.call("stats.get_statistics", "nothing:", "no")["result"] == [])
        for method in ["get_statistics", "fetch", "fetchn", "reset_statistics"] {
            #expect(try services.call("stats.\(method)")["error"]?["code"] == 400)
        }
    }

    @Test("values are fetched as strings or as numbers")
    func fetch() throws {
        let (services, _) = try services()
        #expect(
            try services.call("stats.fetch", "rcv_requests")["result"]
                == ["core.rcv_requests": "12"])
        #expect(
            try services.call("stats.fetchn", "rcv_requests", "bad_URIs_rcvd")["result"]
                == ["core.rcv_requests": 12, "core.bad_URIs_rcvd": 1])
    }

    @Test("counters are set to zero, in silence or with their old values")
    func reset() throws {
        let (services, core) = try services()
        #expect(
            try services.call("stats.clear_statistics", "rcv_requests", "rcv_replies")["result"]
                == ["core:rcv_requests = 0 (12)", "core:rcv_replies = 0"])
        #expect(core.counters.requests.value == 0)
        core.counters.requests.add(3)
        #expect(try services.call("stats.reset_statistics", "core:")["result"] == [:])
        #expect(core.counters.requests.value == 0)
    }
}
