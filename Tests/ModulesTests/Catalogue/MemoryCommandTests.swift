import Basics
import Core
import Corex
import JSONValue
import ModuleKit
import TestSupport
import Testing

/// Commands about memory, threads and connections; every answer is checked against its schema.
@Suite("commands about memory and connections")
struct MemoryCommandTests {
    private func services() throws -> StandInServices {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(Corex.self)
        return services
    }

    @Test(
        "the figures of the process make sense of each other", .enabled(if: Sanitizer.leavesHeap),
        arguments: ["b", "k", "KB", "m"])
    func pool(unit: String) throws {
        let services = try services()
        let shown = try #require(try services.call("core.shmmem", .string(unit))["result"])
        let figures = ["total", "free", "used", "real_used", "max_used", "fragments"].map {
            shown[$0]?.integer ?? -1
        }
        #expect(figures.allSatisfy { $0 >= 0 })
        let (total, free, used, real, most) = (
            figures[0], figures[1], figures[2], figures[3], figures[4]
        )
        #expect(total > real && free <= total - real && most >= real && used > 0)
    }

    @Test(
        "bytes are what is shown without a unit, and shm.stats shows the same fields",
        .enabled(if: Sanitizer.leavesHeap))
    func bytes() throws {
        let services = try services()
        let shared = try services.call("core.shmmem")["result"]
        let statistics = try services.call("shm.stats")["result"]
        #expect(shared?.members?.map(\.name) == statistics?.members?.map(\.name))
        #expect(shared?["total"] == statistics?["total"])
        #expect((shared?["used"]?.integer ?? 0) > 100_000)
    }

    @Test(
        "a unit that is none is refused in the words that callers know", arguments: ["x", "", "bb"])
    func unit(text: String) throws {
        let error = try services().call("core.shmmem", .string(text))["error"]
        #expect(error?["code"] == 500)
        #expect(error?["message"] == "bad param, (use b|k|m|g)")
    }

    @Test("allocator and report have the members of the recorded ones")
    func report() throws {
        let services = try services()
        for command in ["shm.info", "pkg.info"] {
            let shown = try services.call(command)["result"]
            #expect(shown?["name"] == "malloc")
            #expect((shown?["size"]?.integer ?? 0) > 1_000_000)
        }
        let report = try #require(try services.call("shm.report")["result"])
        #expect(report.members?.count == 28)
        #expect(report["free_frags"] == report["total_frags"])
        #expect(report["max_free_frag_file"] == "" && report["min_used_frag_line"] == 0)
    }

    @Test(
        "the first thread has the heap, and a sum over all is the process's",
        .enabled(if: Sanitizer.leavesHeap))
    func threads() throws {
        let services = try services()
        let rows = try #require(try services.call("pkg.stats")["result"]?.items)
        #expect(rows.count == 2)
        #expect((rows[0]["used"]?.integer ?? 0) > 0 && rows[1]["used"] == 0)
        #expect(rows.map { $0["rank"] } == [0, 1])
        #expect(rows.map { $0["desc"] } == ["main", "udp worker 0"])
    }

    @Test(
        "threads are filtered by number, rank and place",
        arguments: [
            ("pid", 12, ["udp worker 0"]), ("rank", 0, ["main"]), ("index", 1, ["udp worker 0"]),
            ("rank", 7, []), ("index", -1, []), ("INDEX", 0, ["main"]),
        ])
    func filtered(filter: String, value: Int64, names: [String]) throws {
        let answer = try services().call("pkg.stats", .string(filter), .integer(value))
        #expect(answer["result"]?.items?.compactMap { $0["desc"]?.text } == names)
    }

    @Test(
        "a filter that is none is refused as it always was",
        arguments: [
            (["foo", 1], "Invalid filter type"), (["pid"], "One more parameter expected"),
            (["pid", 1], "No such pid"),
        ] as [([JSONValue], String)])
    func filterFaults(parameters: [JSONValue], message: String) throws {
        let error = try services().exchange("pkg.stats", .array(parameters))["error"]
        #expect(error?["code"] == 500 && error?["message"] == .string(message))
    }

    @Test(
        "memory by module: core has it, others have a line with 0",
        .enabled(if: Sanitizer.leavesHeap))
    func modules() throws {
        let services = try services()
        let all = try #require(try services.call("mod.stats", "all", "all")["result"]?.items)
        #expect(all.compactMap(\.text) == ["Module: core", "", "Module: corex", ""])
        #expect(all[1] == ["Total": 0])
        #expect(all[2]["Total"] == all[2]["heap"] && (all[2]["Total"]?.integer ?? 0) > 0)
        let one = try services.call("mod.mem_stats", "corex", "shm")["result"]
        #expect(one == ["Module: corex", ["Total": 0], ""])
        let extended = try services.call("mod.mem_statsx", "core", "shm")["result"]
        #expect(extended?[1]?["heap"]?.text?.hasSuffix(" (1)") == true)
        #expect(try services.call("mod.stats", "nope", "pkg")["result"]?.items?.count == 3)
    }

    @Test(
        "a module and a pool must be named",
        arguments: [
            ([], "Module name or \"all\" needed"),
            (["core"], "\"pkg\" or \"shm\" or \"all\" needed"),
            (["core", "x"], "\"pkg\" or \"shm\" or \"all\" needed"),
        ] as [([JSONValue], String)])
    func moduleFaults(parameters: [JSONValue], message: String) throws {
        let error = try services().exchange("mod.stats", .array(parameters))["error"]
        #expect(error?["code"] == 500 && error?["message"] == .string(message))
    }

    @Test("a summary is one line of the log, whichever command asks for it")
    func summaries() throws {
        let services = try services()
        #expect(try services.call("corex.shm_summary")["result"] == [:])
        #expect(try services.call("corex.shm_status")["result"] == [:])
        #expect(try services.call("corex.pkg_summary", "idx", 1)["result"] == [:])
        let lines = services.lines.all.filter { $0.hasPrefix("notice memory: ") }
        #expect(lines.count == 3)
        #expect(try services.call("corex.pkg_summary", "foo", 1)["error"]?["code"] == 500)
        #expect(try services.call("corex.pkg_summary")["error"]?["code"] == 400)
    }

    @Test("core.psa has status and rank of each thread")
    func attributes() throws {
        let rows = try #require(try services().call("core.psa")["result"]?.items)
        #expect(
            rows[1] == [
                "index": 1, "pid": 12, "status": 1, "rank": 1, "description": "udp worker 0",
            ])
    }

    @Test("raw sockets are off, connections without any are an empty list")
    func streams() throws {
        let services = try services()
        #expect(
            try services.call("core.udp4_raw_info")["result"]
                == ["udp4_raw": 0, "udp4_raw_mtu": 1_500, "udp4_raw_ttl": 64])
        #expect(try services.call("core.tcp_list")["result"] == [])
        let options = try #require(try services.call("core.tcp_options")["result"])
        #expect(options.members?.count == 23)
        #expect(options["connection_lifetime"] == 120 && options["max_connections(soft)"] == 2_048)
        let information = try services.call("core.tcp_info")["result"]
        #expect(information?["opened_connections"] == 0 && information?["readers"] == 0)
    }

    @Test("connections are shown as they are read from the transport")
    func connections() throws {
        let services = try services()
        let remote = PeerAddress(ipv4: 0xC000_0201, port: 40_000)
        services.wire.readings([
            StreamReading(
                number: 3, transport: .tcp, state: .open, secondsLeft: 117,
                local: PeerAddress(ipv4: 0x7F00_0001, port: 5_060), remote: remote,
                queuedBytes: 9),
            StreamReading(
                number: 4, transport: .tcp, state: .opening, secondsLeft: 9, local: nil,
                remote: remote, queuedBytes: 1),
            StreamReading(
                number: 5, transport: .tcp, state: .closing, secondsLeft: 0, local: nil,
                remote: remote, queuedBytes: 0),
        ])
        let rows = try #require(try services.call("core.tcp_list")["result"]?.items)
        #expect(
            rows[0] == [
                "id": 3, "type": "TCP", "state": "CONN_OK", "timeout": 117, "lifetime": 120,
                "ref_count": 1, "src_ip": "192.0.2.1", "src_port": 40_000,
                "dst_ip": "127.0.0.1", "dst_port": 5_060,
            ])
        #expect(rows.map { $0["state"] } == ["CONN_OK", "CONN_CONNECT", "CONN_EOF"])
        let information = try services.call("core.tcp_info")["result"]
        #expect(information?["opened_connections"] == 3)
        #expect(information?["write_queued_bytes"] == 10)
    }

    @Test(
        "without TCP there is nothing to show, in the words that callers know",
        arguments: ["core.tcp_info", "core.tcp_list", "core.tcp_options"])
    func disabled(command: String) throws {
        let services = StandInServices()
        try services.load(Core.self, [("disable_tcp", .integer(1))])
        let error = try services.call(command)["error"]
        #expect(error?["code"] == 500 && error?["message"] == "tcp support disabled")
    }
}
