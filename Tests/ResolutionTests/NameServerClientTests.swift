import Basics
import Synchronization
import TestSupport
import Testing

@testable import Resolution

/// c-ares against a name server of this process.
@Suite("The client of name servers")
struct NameServerClientTests {
    /// Settings for a server on a port of 127.0.0.1.
    static func settings(_ ports: UInt16..., milliseconds: Int = 2_000) -> NameServerClient.Settings
    {
        var settings = NameServerClient.Settings()
        settings.servers = ports.map { PeerAddress(ipv4: 0x7f00_0001, port: $0) }
        settings.attemptMilliseconds = milliseconds
        settings.attempts = 2
        settings.usesSearchList = false
        settings.hostsPath = nil
        return settings
    }

    /// Asks and waits.
    private static func ask(
        _ client: NameServerClient, _ name: String, _ type: RecordType = .a
    ) async throws -> Answer {
        let question = try #require(Question(name: name, type: type))
        return await withCheckedContinuation { waiting in
            client.ask(question) { waiting.resume(returning: $0) }
        }
    }

    @Test("it brings records of each type, and that there are none")
    func types() async throws {
        let server = try LoopbackNameServer(AnswerParsingTests.zone)
        let client = try NameServerClient(Self.settings(server.port))
        for (name, type) in [
            ("h.test", RecordType.a), ("h.test", .aaaa), ("alias.test", .a), ("far.test", .a),
            ("_sip._udp.test", .srv), ("_sip._tcp.test", .srv), ("test", .naptr),
            ("alias.test", .cname), ("h.test", .srv), ("no.test", .a),
        ] {
            let expected = AnswerParsingTests.zone.answer(
                try #require(Question(name: name, type: type)))
            #expect(try await Self.ask(client, name, type) == expected, "\(type.name) \(name)")
        }
        #expect(client.counters.questions == 10)
        #expect(client.counters.answers == 10)
        client.stop()
    }

    @Test("an answer that does not fit into a datagram is fetched over TCP")
    func truncated() async throws {
        let server = try LoopbackNameServer(
            """
            big.test TRUNCATE
            big.test A 192.0.2.1
            """)
        let client = try NameServerClient(Self.settings(server.port))
        let answer = try await Self.ask(client, "big.test")
        #expect(answer.records.count == 1)
        #expect(server.streamQuestions == 1)
    }

    @Test("a silent server is asked again and then given up")
    func silent() async throws {
        let server = try LoopbackNameServer("slow.test DROP")
        let client = try NameServerClient(Self.settings(server.port, milliseconds: 50))
        #expect(try await Self.ask(client, "slow.test").failure == .timeout)
        #expect(server.questions == ["slow.test 1", "slow.test 1"])
        #expect(client.counters.timeouts == 1)
    }

    @Test("where one server is silent or refuses, the next one answers")
    func next() async throws {
        let silent = try LoopbackNameServer("h.test DROP")
        let refusing = try LoopbackNameServer("h.test REFUSE")
        let good = try LoopbackNameServer("h.test A 192.0.2.1")
        let client = try NameServerClient(
            Self.settings(silent.port, refusing.port, good.port, milliseconds: 100))
        #expect(try await Self.ask(client, "h.test").records.count == 1)
    }

    @Test("a server that is not there any more is told from one that is silent")
    func dead() async throws {
        let server = try LoopbackNameServer("h.test A 192.0.2.1")
        let port = server.port
        let client = try NameServerClient(Self.settings(port, milliseconds: 200))
        #expect(try await Self.ask(client, "h.test").records.count == 1)
        server.stop()
        pause(seconds: 0.1)
        #expect(try await Self.ask(client, "h.test").failure == .unreachable)
        #expect(client.counters.failures == 1)
    }

    @Test(
        "refusals and garbage are failures",
        arguments: [("REFUSE", Answer.Failure.unreachable), ("GARBAGE", .malformed)])
    func failures(_ line: String, _ failure: Answer.Failure) async throws {
        let server = try LoopbackNameServer("h.test \(line)")
        let client = try NameServerClient(Self.settings(server.port, milliseconds: 100))
        #expect(try await Self.ask(client, "h.test").failure == failure)
    }

    @Test("equal questions that wait are asked once, and each asker gets the answer")
    func joined() async throws {
        let server = try LoopbackNameServer("slow.test DROP")
        let client = try NameServerClient(Self.settings(server.port, milliseconds: 100))
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<50 { group.addTask { try await Self.ask(client, "slow.test") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 50)
        #expect(answers.allSatisfy { $0.failure == .timeout })
        #expect(client.counters.questions + client.counters.joined == 50)
        #expect(server.questions.count <= 2 * client.counters.questions)
    }

    @Test("hundreds of questions at once all get their answers")
    func many() async throws {
        var text = ""
        for number in 0..<300 { text += "h\(number).test A 192.0.\(number % 256).1\n" }
        let server = try LoopbackNameServer(text)
        let client = try NameServerClient(Self.settings(server.port))
        let found = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let answer = try await Self.ask(client, "h\(number).test")
                    let address = PeerAddress(
                        ipv4: 0xc000_0001 | UInt32(number % 256) << 8, port: 0)
                    return answer.records == [.address(address)]
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(found == 300)
    }

    @Test("what waits when the client stops is told so, once, and later questions at once")
    func stop() async throws {
        let names = (0..<20).map { "h\($0).slow.test" }
        let server = try LoopbackNameServer(names.map { "\($0) DROP\n" }.joined())
        let client = try NameServerClient(Self.settings(server.port, milliseconds: 30_000))
        let told = Guarded<[Answer.Failure?]>([])
        for name in names {
            let question = try #require(Question(name: name, type: .srv))
            client.ask(question) { answer in told.withLock { $0.append(answer.failure) } }
        }
        client.stop()
        #expect(told.withLock { $0 } == Array(repeating: .stopped, count: 20))
        #expect(try await Self.ask(client, "h.test").failure == .stopped)
        client.stop()
    }

    @Test("a callback may stop the client")
    func stopWithin() async throws {
        let server = try LoopbackNameServer("h.test A 192.0.2.1")
        let client = try NameServerClient(Self.settings(server.port))
        let question = try #require(Question(name: "h.test", type: .a))
        let answer = await withCheckedContinuation { waiting in
            client.ask(question) { answer in
                client.stop()
                waiting.resume(returning: answer)
            }
        }
        #expect(answer.records.count == 1)
    }

    @Test("the file of host names goes before the servers, and is read again when it changes")
    func hosts() async throws {
        let server = try LoopbackNameServer("pbx.test A 192.0.2.9")
        let folder = try TemporaryFolder()
        let path = folder.file("hosts")
        var settings = Self.settings(server.port)
        settings.hostsPath = path
        let client = try NameServerClient(settings)
        let address = { (last: UInt32) in
            [Record.address(PeerAddress(ipv4: 0xc000_0200 | last, port: 0))]
        }
        #expect(try await Self.ask(client, "pbx.test").records == address(9))
        try folder.write("192.0.2.1 pbx.test\n", to: "hosts")
        #expect(try await Self.ask(client, "pbx.test").records == address(1))
        #expect(try await Self.ask(client, "pbx.test", .aaaa).outcome == .noData)
        try folder.write("192.0.2.22 pbx.test\n", to: "hosts")
        #expect(try await Self.ask(client, "pbx.test").records == address(22))
        #expect(server.questions == ["pbx.test 1"])
    }

    @Test("the system's own servers make a client, however many are allowed")
    func system() throws {
        for most in [1, 8] {
            var settings = NameServerClient.Settings()
            settings.serversMax = most
            try NameServerClient(settings).stop()
        }
    }
}
