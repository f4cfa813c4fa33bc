import Testing

@testable import TestSupport

@Suite("Bursts of registrations", .timeLimit(.minutes(10)))
struct RegisterBurstTests {
    /// A reply to a burst's request, with the fields that it repeats.
    private static func answer(_ request: String, _ status: Int) -> String {
        let callID = request.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Call-ID") }
        return "SIP/2.0 \(status) X\r\n\(callID ?? "")\r\nContent-Length: 0\r\n\r\n"
    }

    @Test("every user registers once, and each reply counts by its status")
    func all() throws {
        let peer = try LoopbackPeer(.datagrams) { number, text in
            .init([Self.answer(text, number % 4 == 3 ? 503 : 200)])
        }
        defer { peer.stop() }
        var burst = RegisterBurst(port: peer.port, users: 100..<180)
        burst.prefix = "u"
        burst.window = 5
        burst.cseq = 7
        burst.expires = 99
        let report = try burst.run()
        #expect(report.statuses[200, default: 0] + report.statuses[503, default: 0] == 80)
        #expect(report.statuses[503] == peer.received.count / 4)
        #expect(report.unanswered == 0)
        #expect(report.latencies.count == 80 && report.latencies.allSatisfy { $0 >= 0 })
        let first = try #require(peer.received.first)
        for part in [
            "To: <sip:u100@example.com>", "CSeq: 7 REGISTER", "Expires: 99",
            "Contact: <sip:u100@192.0.2.1:5060>", "Call-ID: burst-100@test",
        ] {
            #expect(first.contains(part), "\(part)")
        }
        #expect(burst.contact(of: 100) == "sip:u100@192.0.2.1:5060")
    }

    @Test("what gets no reply is sent again, and counted when it never gets one")
    func lost() throws {
        let peer = try LoopbackPeer(.datagrams) { _, text in
            .init(text.contains("burst-1@test") ? [] : [Self.answer(text, 200)])
        }
        defer { peer.stop() }
        var burst = RegisterBurst(port: peer.port, users: 0..<3)
        burst.secondsMax = 0.9
        let report = try burst.run()
        #expect(report.statuses == [200: 2])
        #expect(report.unanswered == 1)
        #expect(report.sentAgain >= 1)
    }

    @Test("replies that are none, foreign or double count nothing")
    func strange() throws {
        let peer = try LoopbackPeer(.datagrams) { _, text in
            .init([
                "x", "SIP/2.0 200", "SIP/2.0 200 OKb", "SIP/2.0 200 OK burst-",
                "rubbish without a number",
                "SIP/2.0 200 burst-4711@test", Self.answer(text, 200), Self.answer(text, 500),
            ])
        }
        defer { peer.stop() }
        let report = try RegisterBurst(port: peer.port, users: 0..<4).run()
        #expect(report.statuses == [200: 4])
        #expect(report.unanswered == 0)
    }

    @Test("a burst of nobody sends nothing")
    func nobody() throws {
        let peer = try LoopbackPeer(.datagrams) { _, _ in .init([]) }
        defer { peer.stop() }
        let report = try RegisterBurst(port: peer.port, users: 5..<5).run()
        #expect(report.statuses.isEmpty && report.unanswered == 0)
        #expect(peer.received.isEmpty)
    }

    @Test(
        "user and status are read from a reply, whatever else it is",
        arguments: [
            ("SIP/2.0 200 OK\r\nCall-ID: burst-17@test\r\n", 17, 200),
            ("SIP/2.0 423 X\r\nX: burst-, burst-x, burst-5", 5, 423),
            ("SIP/2.0 200 burst-0", 0, 200),
        ])
    func read(_ text: String, _ user: Int, _ status: Int) {
        let read = RegisterBurst.read(Array(text.utf8))
        #expect(read?.user == user)
        #expect(read?.status == status)
    }

    @Test(
        "what names no user or no status is passed over",
        arguments: [
            "", "SIP/2.0 200", "SIP/2.0 200 O", "SIP/2.0 200 OKburs", "SIP/2.0 200 OKburst-",
            "SIP/2.0 xxx burst-1@test", "SIP/2.0 200 OK burst-x",
            "SIP/2.0 99999999999999999999 burst-1@test",
            "SIP/2.0 200 burst-99999999999999999999@test",
        ])
    func unreadable(_ text: String) { #expect(RegisterBurst.read(Array(text.utf8)) == nil) }

    @Test("no reply that is cut off anywhere stops the program")
    func cut() {
        let whole = Array("SIP/2.0 200 OK\r\nCall-ID: burst-17@test\r\n\r\n".utf8)
        for count in 0...whole.count { _ = RegisterBurst.read(Array(whole[..<count])) }
    }

    @Test(
        "a latency is the one that a share of the requests stayed below",
        arguments: [(0, 1), (0.5, 51), (0.9, 91), (0.99, 100), (1, 100)] as [(Double, Double)])
    func latency(_ share: Double, _ expected: Double) {
        var report = RegisterBurst.Report()
        report.latencies = (1...100).map(Double.init).shuffled()
        #expect(report.latency(below: share) == expected)
        #expect(RegisterBurst.Report().latency(below: share) == .infinity)
    }
}
