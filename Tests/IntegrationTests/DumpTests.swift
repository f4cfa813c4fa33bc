import Foundation
import JSONValue
import TestSupport
import Testing

/// `ul.dump` of many contacts, while more come.
@Suite("ul.dump", .onThreads)
struct DumpTests {
    private static let users = 20_000

    /// The AoRs of a dump; read by Foundation, which knows nothing of the server's code.
    private static func read(_ body: [UInt8]) throws -> [String] {
        let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let result = document?["result"] as? [String: Any]
        let domains = result?["Domains"] as? [[String: Any]] ?? []
        let domain = domains.first?["Domain"] as? [String: Any]
        let records = domain?["AoRs"] as? [Any] ?? []
        return records.compactMap { record in
            if let name = (record as? [String: Any])?["AoR"] as? String { return name }
            let info = (record as? [String: Any])?["Info"] as? [String: Any]
            let contacts = info?["Contacts"] as? [Any] ?? []
            return contacts.count == 1 ? info?["AoR"] as? String : nil
        }
    }

    @Test("20,000 contacts are valid JSON and complete, for several clients, while phones register")
    func large() throws {
        let server = try ServerProcess()
        var burst = RegisterBurst(port: server.sipPort, users: 0..<Self.users)
        burst.window = 64
        burst.secondsMax = 120
        #expect(try burst.run().statuses == [200: Self.users])
        let port = server.sipPort
        let rpc = server.rpc
        let results = try atOnce(["full", "full", "brief", "refresh"]) { work -> (Int, Double) in
            if work == "refresh" {
                var burst = RegisterBurst(port: port, users: 0..<1_500)
                burst.window = 4
                burst.cseq = 2
                let report = try burst.run()
                return (report.statuses[200] ?? 0, report.latency(below: 0.99))
            }
            let parameters: [JSONValue] = work == "brief" ? ["brief"] : []
            let reply = try rpc.post(RPCClient.request("ul.dump", parameters))
            let names = try Self.read(reply.body)
            return (Set(names).count, Double(names.count))
        }
        for result in results.dropLast() {
            #expect(result.0 == Self.users)
            #expect(result.1 == Double(Self.users), "an AoR occurs twice")
        }
        #expect(results[3].0 == 1_500)
        #expect(results[3].1 < Rig.limit(0.5), "REGISTER waits for ul.dump")
        #expect(server.faults == [])
    }

    @Test("what comes and goes during a dump leaves it valid JSON, with all that stays")
    func churn() throws {
        let server = try ServerProcess()
        #expect(try RegisterBurst(port: server.sipPort, users: 0..<1_000).run().unanswered == 0)
        let (port, rpc) = (server.sipPort, server.rpc)
        _ = try atOnce([0, 1, 2]) { part in
            if part == 0 {
                for round in 1...4 {
                    var burst = RegisterBurst(port: port, users: 0..<500)
                    burst.prefix = "guest"
                    burst.cseq = round
                    burst.expires = round % 2 == 0 ? 0 : 3_600
                    #expect(try burst.run().statuses == [200: 500])
                }
                return
            }
            for _ in 0..<6 {
                let reply = try rpc.post(RPCClient.request("ul.dump", []))
                let names = try Self.read(reply.body).filter { $0.hasPrefix("user") }
                #expect(Set(names).count == 1_000)
                #expect(names.count == 1_000)
            }
        }
        #expect(try server.statistic("usrloc:location_contacts") == 1_000)
    }

    @Test("a client that stops reading holds up nobody")
    func stalled() throws {
        let server = try ServerProcess()
        #expect(try RegisterBurst(port: server.sipPort, users: 0..<4_000).run().unanswered == 0)
        let body = RPCClient.request("ul.dump", [])
        let stalled = try (0..<4).map { _ in
            let socket = try ClientSocket(.stream, port: server.httpPort)
            let head = "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            socket.send(Array((head + body).utf8))
            return socket
        }
        _ = stalled[0].receive(seconds: 5)
        #expect(try server.phone().register("alice", "sip:alice@192.0.2.1").status == 200)
        let reply = try server.rpc.post(body)
        #expect(try Self.read(reply.body).count == 4_001)
        withExtendedLifetime(stalled) {}
    }
}
