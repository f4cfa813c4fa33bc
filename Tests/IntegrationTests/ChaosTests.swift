import JSONValue
import TestSupport
import Testing

/// Everything at once.
@Suite("everything at once", .onThreads)
struct ChaosTests {
    /// Calls that a command may get, sensible and not.
    private static func parameters(of method: JSONValue) -> [JSONValue] {
        let values: [JSONValue] = [
            "location", "alice", "user1", "registrar", "max_expires", "core", "debug", 1, 0, 3_600,
            -1, 0.5, "sip:x@192.0.2.1", "", "usrloc:", "all",
            .string(String(repeating: "x", count: 300)),
        ]
        let wanted = method["params"]?.items?.count ?? 0
        if Int.random(in: 0..<4) == 0 {
            return (0..<Int.random(in: 0...5)).compactMap { _ in values.randomElement() }
        }
        let example = method["examples"]?[0]?["params"]?.items ?? []
        return (0..<wanted).compactMap { place in
            guard place < example.count, let value = example[place]["value"] else { return nil }
            if case .array = value { return "x" }
            return Int.random(in: 0..<4) == 0 ? values.randomElement() : value
        }
    }

    /// Calls random commands until the time is over; returns how many replies came.
    private static func call(_ server: ServerProcess, until end: Double) throws -> Int {
        let published = try ReplySchema.published()
        let methods =
            published.document["methods"]?.items?.filter { $0["name"] != "core.kill" } ?? []
        var count = 0
        while monotonicSeconds() < end, let method = methods.randomElement() {
            let name = method["name"]?.text ?? ""
            // What refuses is well-formed, too: anything else is thrown here.
            do { _ = try server.rpc.call(name, parameters(of: method)) } catch is RPCFault {}
            count += 1
        }
        return count
    }

    /// Registers, refreshes and removes until the time is over; returns how many replies came.
    private static func register(
        _ server: ServerProcess, _ prefix: String, until end: Double
    ) throws -> Int {
        var count = 0
        var round = 1
        while monotonicSeconds() < end {
            var burst = RegisterBurst(port: server.sipPort, users: 0..<100)
            burst.prefix = prefix
            burst.cseq = round
            burst.expires = round % 3 == 0 ? 0 : 60
            burst.secondsMax = 10
            let report = try burst.run()
            guard report.unanswered == 0 else {
                throw StartedProgram.Failure(description: "\(report.unanswered) have no reply")
            }
            count += report.latencies.count
            round += 1
        }
        return count
    }

    @Test(
        "all commands beside registrations, noise and a busy timer: no crash, every reply valid",
        arguments: [0, 1, 2])
    func everything(mode: Int) throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: mode, database.url, timerInterval: 1)
        let end = monotonicSeconds() + 3
        let counts = try atOnce(Array(0..<6)) { part -> Int in
            switch part {
            case 0, 1: return try Self.register(server, "p\(part)x", until: end)
            case 2:
                let phone = try server.phone(.stream)
                var cseq = 0
                while monotonicSeconds() < end {
                    cseq += 1
                    try phone.register("tcp", "sip:tcp@192.0.2.1", cseq: cseq)
                }
                return cseq
            default: return try Self.call(server, until: end)
            }
        }
        for (part, count) in counts.enumerated() { #expect(count > 0, "part \(part)") }
        #expect(server.isRunning)
        #expect(try server.phone().options().status == 200)
        #expect(server.stop() == 0, "\(server.log.suffix(1_000))")
        #expect(server.faults == [], "\(server.log.suffix(2_000))")
    }

    @Test("servers start and stop many times over, under load")
    func restarts() throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: 2, database.url)
        var registered = 0
        for round in 1...4 {
            let users = registered..<(registered + 50)
            #expect(
                try RegisterBurst(port: server.sipPort, users: users).run().statuses == [200: 50])
            registered += 50
            #expect(server.stop() == 0)
            #expect(try database.count() == registered, "round \(round)")
            try server.start()
        }
        #expect(try server.everything().count == registered)
        #expect(server.faults == [])
    }
}
