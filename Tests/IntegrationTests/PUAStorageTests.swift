import Basics
import Foundation
import JSONValue
import Synchronization
import TestSupport
import Testing

/// What the presence user agent keeps in its table, and what a kill, an outage and a second server
/// cost.
@Suite("pua: publications outlive the server", .onThreads)
struct PUAStorageTests {
    /// A presence server that gives every publication another entity tag each time, and writes
    /// down what it was asked.
    private final class PresenceServer: Sendable {
        struct Request: Sendable {
            var user: String
            var ifMatch: String?
            var given: String
            var via: String
        }
        let listener: SIPListener
        private let requests = Guarded<[Request]>([])
        private let seen = Guarded<Set<String>>([])
        private let isStopped = Guarded(false)
        private let expires: Int

        init(expires: Int) throws {
            listener = try SIPListener()
            self.expires = expires
            let thread = Thread { [weak self] in
                while let self, !self.isStopped.withLock({ $0 }) { self.serve() }
            }
            thread.start()
        }

        deinit { isStopped.withLock { $0 = true } }

        func stop() { isStopped.withLock { $0 = true } }

        /// All requests so far, those that were sent again once.
        var all: [Request] { requests.withLock { $0 } }

        private func serve() {
            guard let request = listener.incoming(seconds: 0.2), request.method == "PUBLISH" else {
                return
            }
            let branch = request["Via"] ?? ""
            let isNew = seen.withLock { $0.insert(branch).inserted }
            let given = requests.withLock { requests in
                let user = String(request.uri.dropFirst(4).prefix { $0 != "@" })
                let given = "\(user)-\(requests.count)"
                guard isNew else { return requests.last { $0.via == branch }?.given ?? given }
                requests.append(
                    Request(
                        user: user, ifMatch: request["SIP-If-Match"], given: given, via: branch))
                return given
            }
            listener.send(
                request.reply(
                    200, "OK", further: ["SIP-ETag: \(given)", "Expires: \(expires)"]))
        }
    }

    /// A server whose user agent publishes at the presence server.
    private func server(
        _ url: String, mode: Int = 2, _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerProcess {
        var configuration = ServerConfiguration()
        configuration.modules += ["tm", "pua", "pua_rpc"]
        configuration.set("pua", "db_url", url)
        configuration.set("pua", "db_mode", mode)
        configuration.set("pua", "update_period", 6)
        change(&configuration)
        return try ServerProcess(configuration)
    }

    /// Has a server publish for a user, for good.
    private func publish(
        _ server: ServerProcess, _ user: String, at presence: PresenceServer
    ) throws {
        _ = try server.rpc.call(
            "pua.send_publish", .string("sip:\(user)@127.0.0.1:\(presence.listener.port)"),
            .string("-1"), .string("message-summary"),
            .string("application/simple-message-summary"), .string("id-\(user)"), .string("."),
            .string("."), .string("."), .string("Messages-Waiting: yes\r\n"))
    }

    private func tags(_ database: TestDatabase) throws -> [String] {
        try database.sql("SELECT etag FROM pua ORDER BY id;").map { $0[0] }
    }

    private static let modes: [(TestDatabase.Kind, Int)] =
        TestDatabase.Kind.installed.flatMap { [($0, 0), ($0, 2)] }

    @Test(
        "a refresh after kill -9 carries the stored entity tag",
        arguments: TestDatabase.Kind.installed)
    func killed(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let presence = try PresenceServer(expires: 10)
        defer { presence.stop() }
        let server = try server(database.url)
        try publish(server, "alice", at: presence)
        #expect(try eventually(within: Rig.limit(10)) { try tags(database) == ["alice-0"] })
        server.kill()
        let before = presence.all.count
        #expect(presence.all.first?.ifMatch == nil)
        try server.start()
        #expect(eventually(within: Rig.limit(20)) { presence.all.count > before })
        #expect(presence.all.dropFirst(before).first?.ifMatch == "alice-\(before - 1)")
        #expect(server.faults == [])
    }

    @Test("a refresh after a clean restart carries the entity tag, in both modes", arguments: modes)
    func restarted(kind: TestDatabase.Kind, mode: Int) throws {
        let database = try TestDatabase(kind)
        let presence = try PresenceServer(expires: 10)
        defer { presence.stop() }
        let server = try server(database.url, mode: mode)
        try publish(server, "alice", at: presence)
        #expect(eventually(within: Rig.limit(10)) { presence.all.count == 1 })
        #expect(server.stop() == 0)
        let before = presence.all.count
        #expect(try tags(database) == ["alice-\(before - 1)"])
        try server.start()
        #expect(eventually(within: Rig.limit(20)) { presence.all.count > before })
        #expect(presence.all.dropFirst(before).first?.ifMatch == "alice-\(before - 1)")
        #expect(server.stop() == 0)
        #expect(try tags(database).count == 1)
        #expect(server.faults == [])
    }

    @Test(
        "two servers on one table do not refresh the same publication twice, and one goes on alone",
        arguments: TestDatabase.Kind.installed)
    func twoServers(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let presence = try PresenceServer(expires: 12)
        defer { presence.stop() }
        let first = try server(database.url)
        let second = try server(database.url)
        let users = (0..<20).map { "user\($0)" }
        for (place, user) in users.enumerated() {
            try publish(place % 2 == 0 ? first : second, user, at: presence)
        }
        #expect(try eventually(within: Rig.limit(15)) { try tags(database).count == 20 })
        // Two rounds of refreshes.
        #expect(eventually(within: Rig.limit(60)) { presence.all.count >= 60 })
        let refreshes = presence.all.compactMap(\.ifMatch)
        #expect(Set(refreshes).count == refreshes.count, "an entity tag was used twice")
        // Each publication is there once: nobody began anew.
        #expect(presence.all.count { $0.ifMatch == nil } == 20)
        #expect(try tags(database).count == 20)

        first.kill()
        let before = presence.all.count
        #expect(eventually(within: Rig.limit(60)) { presence.all.count >= before + 60 })
        let later = presence.all.dropFirst(before)
        #expect(Set(later.map(\.user)) == Set(users))
        #expect(later.count { $0.ifMatch == nil } == 0)
        #expect(second.faults == [])
    }

    @Test("publications wait for a frozen database, and SIP goes on", .needsMariaDB)
    func frozen() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let presence = try PresenceServer(expires: 600)
        defer { presence.stop() }
        let server = try server(database.url)
        let phone = try server.phone()
        try publish(server, "alice", at: presence)
        #expect(try eventually(within: Rig.limit(10)) { try tags(database) == ["alice-0"] })
        fixture.freeze()
        for number in 0..<20 { try publish(server, "user\(number)", at: presence) }
        #expect(
            try eventually(within: Rig.limit(20)) {
                try server.rpc.call("pua.status")["database"] == "away"
            })
        let start = ContinuousClock.now
        for _ in 0..<20 { #expect(try phone.options().status == 200) }
        #expect(ContinuousClock.now - start < .seconds(Rig.limit(2)))
        fixture.thaw()
        #expect(try eventually(within: Rig.limit(60)) { try tags(database).count == 21 })
        #expect(
            try eventually(within: Rig.limit(10)) {
                try server.rpc.call("pua.status")["dirty"] == 0
            })
        #expect(try server.rpc.call("pua.status")["database"] == "connected")
        #expect(!server.log.contains("p@ss") && !server.log.contains("p%40ss"))
        #expect(server.faults == [])
        #expect(server.stop() == 0)
    }

    @Test(
        "the server starts without its database and makes up for it", .needsMariaDB,
        arguments: [0, 2])
    func startsWithout(mode: Int) throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        fixture.kill()
        let presence = try PresenceServer(expires: 600)
        defer { presence.stop() }
        let server = try server(database.url, mode: mode)
        try publish(server, "alice", at: presence)
        try fixture.restart()
        #expect(try eventually(within: Rig.limit(60)) { try tags(database) == ["alice-0"] })
        #expect(server.stop() == 0)
    }
}
