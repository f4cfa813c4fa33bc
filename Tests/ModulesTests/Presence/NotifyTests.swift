import Basics
import ModuleKit
import SIPSyntax
import Subscriptions
import Synchronization
import Testing

@testable import Presence

@Suite("NOTIFY")
struct NotifyTests {
    @Test("while one is on its way nothing follows it; its answer brings the newest state only")
    func oneInFlight() throws {
        let rig = try PresenceRig()
        let (_, first) = try rig.subscribe("presence")
        let tag = try rig.publish("one", event: "presence")[0].value("SIP-ETag")
        let second = try rig.publish("two", event: "presence", etag: tag, cseq: 2)
        #expect(second.count == 1, "a reply and no NOTIFY")
        let next = try rig.answer(first)
        #expect(next.map { $0.value("CSeq") } == ["3 NOTIFY"])
        #expect(next[0].body.hasSuffix("two"))
        #expect(try rig.answer(next[0]).isEmpty)
    }

    @Test(
        "what the answer says about the subscription",
        arguments: [
            (200, true), (202, true), (404, false), (481, false), (489, false), (408, false),
            (500, true), (503, true), (403, true), (604, false),
        ])
    func answers(status: Int, stays: Bool) throws {
        let rig = try PresenceRig()
        try rig.answer(rig.subscribe().notify, status)
        #expect(try rig.publish("Messages").count == (stays ? 2 : 1))
    }

    @Test("timeout_rm_subs 0 keeps a subscription whose NOTIFY nobody answers")
    func keeps() throws {
        for (settings, count) in [("", 1), ("timeout_rm_subs 0", 2)] {
            let rig = try PresenceRig(settings)
            _ = try rig.subscribe()
            for _ in 0..<9 { _ = rig.pass(4_000) }
            #expect(try rig.publish("Messages").count == count)
        }
    }

    @Test("a dead watcher in the middle holds nobody up, and is forgotten")
    func deadWatcher() throws {
        let rig = try PresenceRig()
        let notifies = try (1...3).map { try rig.subscribe(callID: "w\($0)").notify }
        for notify in notifies { try rig.answer(notify) }
        let first = try rig.publish("Messages 1").dropFirst()
        #expect(first.count == 3)
        for notify in first where notify.value("Call-ID") != "w2" { try rig.answer(notify) }
        let tag = try rig.publish("Messages 2", cseq: 2)
        #expect(tag.dropFirst().map { $0.value("Call-ID") }.sorted() == ["w1", "w3"])
        for notify in tag.dropFirst() { try rig.answer(notify) }
        for _ in 0..<9 { _ = rig.pass(4_000) }
        #expect(rig.presence.running.load()?.sender.unanswered.value == 1)
        let last = try rig.publish("Messages 3", cseq: 3).dropFirst()
        #expect(last.map { $0.value("Call-ID") }.sorted() == ["w1", "w3"])
        #expect(try rig.count("message-summary") == 2)
    }

    @Test("a thousand watchers are told in turns, some dozens at a time, each once")
    func turns() throws {
        let rig = try PresenceRig()
        for number in 0..<1_000 { try rig.answer(rig.subscribe(callID: "w\(number)").notify) }
        var told = try rig.publish("Messages").dropFirst().map { $0.value("Call-ID") }
        #expect(told.count <= 32)
        var turns = 0
        while rig.rig.services.wire.turn(rig.context) {
            let some = rig.takeSent()
            #expect(some.count <= 32)
            told += some.map { $0.value("Call-ID") }
            turns += 1
        }
        told += rig.takeSent().map { $0.value("Call-ID") }
        #expect(turns >= 29)
        #expect(Set(told).count == 1_000 && told.count == 1_000)
        #expect(!rig.rig.services.wire.turn(rig.context), "nothing is left")
    }

    // MARK: Where it goes

    private func watch(_ rig: PresenceRig, _ headers: String, connection: Int64 = -1) throws
        -> TMRig.Sent
    {
        let sent = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:alice@example.com", "Event: message-summary\n" + headers),
            transport: connection < 0 ? .udp : .tcp, connection: connection)
        return try #require(sent.last)
    }

    @Test("over the connection that the SUBSCRIBE came on, whatever Contact says, while it is open")
    func flow() throws {
        let rig = try PresenceRig()
        rig.rig.services.wire.open(7)
        let notify = try watch(rig, "Contact: <sip:bob@x.invalid;transport=ws>", connection: 7)
        #expect(notify.line == "NOTIFY sip:bob@x.invalid;transport=ws SIP/2.0")
        #expect(notify.to.connection == 7 && notify.to.transport == .tcp)
        #expect(notify.to.socket == SocketIndex(1))
    }

    @Test("when the connection is gone, to the Contact")
    func lostFlow() throws {
        let rig = try PresenceRig()
        let notify = try watch(
            rig, "Contact: <sip:bob@[::2]:5090;transport=tcp>", connection: 7)
        #expect(notify.to.connection == -1 && notify.to.transport == .tcp)
        #expect(notify.to.source.text == "[::2]:5090")
    }

    @Test("through the route set in the order of Record-Route")
    func routes() throws {
        let rig = try PresenceRig()
        let notify = try watch(
            rig,
            """
            Record-Route: <sip:10.1.2.7;lr>, <sip:10.1.2.6:5066;lr>
            Record-Route: <sip:p3.example;lr>
            Contact: <sip:bob@10.1.2.9>
            """)
        #expect(notify.line == "NOTIFY sip:bob@10.1.2.9 SIP/2.0")
        #expect(
            notify.header("Route")
                == ["<sip:10.1.2.7;lr>,<sip:10.1.2.6:5066;lr>,<sip:p3.example;lr>"])
        #expect(notify.to.source == PeerAddress(ipv4: 0x0a01_0207, port: 5060))
    }

    @Test("a strict router gets itself as the Request-URI and Contact as the last route")
    func strictRoute() throws {
        let rig = try PresenceRig()
        let notify = try watch(
            rig, "Record-Route: <sip:10.1.2.7>,<sip:10.1.2.6;lr>\nContact: <sip:bob@10.1.2.9>")
        #expect(notify.line == "NOTIFY sip:10.1.2.7 SIP/2.0")
        #expect(notify.header("Route") == ["<sip:10.1.2.6;lr>,<sip:bob@10.1.2.9>"])
    }

    @Test("a Contact that leads nowhere costs its watcher only, and is counted")
    func nowhere() throws {
        let rig = try PresenceRig()
        let reply = try watch(rig, "Contact: <sip:bob@nowhere.example>")
        #expect(reply.line == "SIP/2.0 200 OK", "the NOTIFY is not there")
        #expect(rig.presence.running.load()?.sender.unsendable.value == 1)
        try rig.answer(rig.subscribe(callID: "call-2").notify)
        #expect(try rig.publish("Messages").count == 2)
    }

    // MARK: Time

    @Test("a subscription that expires is told so without a document, and is gone")
    func expiry() throws {
        let rig = try PresenceRig()
        _ = try rig.publish("Messages", expires: 3_600)
        try rig.answer(rig.subscribe(expires: 60).notify)
        #expect(rig.tick(after: 59).isEmpty)
        let sent = rig.tick(after: 62)
        #expect(sent.map { $0.value("Subscription-State") } == ["terminated;reason=timeout"])
        #expect(sent.first?.header("Content-Type") == [])
        try rig.answer(#require(sent.first))
        #expect(try rig.count("message-summary") == 0)
    }

    @Test("a document that expires is told, unless force_delete is set")
    func documentExpiry() throws {
        for (settings, count) in [("", 1), ("force_delete 1", 0)] {
            let rig = try PresenceRig(settings)
            _ = try rig.publish("open", event: "presence", expires: 60)
            try rig.answer(rig.subscribe("presence").notify)
            let sent = rig.tick(after: 62)
            #expect(sent.count == count)
            #expect(sent.allSatisfy { $0.body.isEmpty })
        }
    }

    @Test("send_fast_notify 0 leaves the first NOTIFY to the notifier's turn")
    func slow() throws {
        let rig = try PresenceRig("send_fast_notify 0\nwaitn_time 2")
        let sent = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:alice@example.com", "Event: message-summary",
                "Contact: <sip:bob@10.1.2.9>"))
        #expect(sent.map(\.line) == ["SIP/2.0 200 OK"])
        rig.rig.services.runJob("presence.notify 2")
        #expect(rig.takeSent().map(\.line) == ["NOTIFY sip:bob@10.1.2.9 SIP/2.0"])
    }

    // MARK: Watcher information

    @Test("winfo: the list of watchers is full for its subscriber and partial for a change")
    func watcherInfo() throws {
        let rig = try PresenceRig()
        let own = try rig.subscribe("presence.winfo", callID: "own")
        #expect(own.notify.body == "full ")
        #expect(own.notify.value("Content-Type") == "application/watcherinfo+xml")
        try rig.answer(own.notify)
        let sent = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:alice@example.com", "Event: presence",
                "Contact: <sip:bob@10.1.2.9:5090>", callID: "w"))
        #expect(sent.count == 3)
        let info = try #require(sent.first { $0.value("Call-ID") == "own" })
        #expect(info.body == "partial sip:bob@example.org active")
        for notify in sent.dropFirst() { try rig.answer(notify) }
        let end = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:alice@example.com", "Event: presence", "Expires: 0",
                "Contact: <sip:bob@10.1.2.9:5090>",
                to: "<sip:alice@example.com>;tag=\(sent[0].toTag)", callID: "w", cseq: 2))
        #expect(end.map(\.body) == ["", "", "full "], "nobody is left")
    }
}

extension PresenceRig {
    /// What is sent when the clock ticks, so many seconds after all requests.
    func tick(after seconds: Int) -> [TMRig.Sent] {
        guard let running = presence.running.load() else { return [] }
        presence.tick(running, now: WallTime(seconds: self.now.seconds + seconds))
        return takeSent()
    }

    /// Number of subscriptions to alice's package.
    func count(_ event: String) throws -> Int {
        let agent = try agent
        let name = Array(event.utf8)
        let package = try #require(agent.packages.packages.firstIndex { $0.name == name })
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        return agent.subscriptionCount(
            package: PackageIndex(package), user: user.span, host: host.span)
    }
}

@Suite("NOTIFY and what scripts do to it")
struct NotifyScriptTests {
    @Test("a script that sends NOTIFYs while one is sent does no harm")
    func nested() throws {
        let rig = try PresenceRig(
            before: """
                event_route[tm:local-request] {
                    pres_refresh_watchers("sip:carol@example.com", "message-summary", 1);
                    pres_refresh_watchers("sip:alice@example.com", "message-summary", 1);
                }
                """)
        let (reply, notify) = try rig.subscribe()
        #expect(reply.line == "SIP/2.0 200 OK" && notify.line.hasPrefix("NOTIFY"))
        let next = try rig.answer(notify)
        #expect(next.count == 1, "what was asked for meanwhile follows once")
    }
}

@Suite("texts of a subscription's socket and route set")
struct SubscriptionTextTests {
    @Test(
        "the connection stands behind the socket's name, and only a number is one",
        arguments: [
            ("udp:127.0.0.1:5060", "udp:127.0.0.1:5060", -1),
            ("tcp:127.0.0.1:5060#17", "tcp:127.0.0.1:5060", 17),
            ("tcp:[::1]:5060#0", "tcp:[::1]:5060", 0), ("", "", -1),
            ("tcp:h#x", "tcp:h#x", -1), ("#5", "", 5), ("a#", "a", -1),
        ] as [(String, String, Int64)])
    func socket(text: String, name: String, connection: Int64) {
        let bytes = Array(text.utf8)
        #expect(String(copying: SocketText.name(of: bytes.span)) == name)
        #expect(SocketText.connection(of: bytes.span) == connection)
    }

    @Test(
        "the first route is found behind quotes and brackets",
        arguments: [
            ("<sip:a;lr>", "sip:a;lr", "", false),
            ("<sip:a;lr>,<sip:b>", "sip:a;lr", "<sip:b>", false),
            ("<sip:a>, <sip:b;lr>", "sip:a", " <sip:b;lr>", true),
            ("\"x,\\\"<\" <sip:a,b@h;lr>,<sip:c;lr>", "sip:a,b@h;lr", "<sip:c;lr>", false),
            ("rubbish", "", "", false), ("", "", "", false),
        ])
    func routes(text: String, first: String, rest: String, isStrict: Bool) {
        let bytes = Array(text.utf8)
        let set = RouteSet(bytes.span)
        #expect(String(copying: bytes.span.extracting(set.first.indices)) == first)
        #expect(String(copying: bytes.span.extracting(set.rest.indices)) == rest)
        #expect(set.isStrict == isStrict)
    }

    @Test("a token names a subscription and nobody else")
    func token() {
        let handles = [
            SubscriptionHandle(shard: 0, index: 0, generation: 0),
            SubscriptionHandle(shard: 63, index: 0x3ff_fffe, generation: .max),
            SubscriptionHandle(shard: 17, index: 4_711, generation: 3),
        ]
        for handle in handles {
            #expect(NotifyToken.handle(NotifyToken.token(handle)) == handle)
        }
        #expect(NotifyToken.handle(NotifyToken.token(nil)) == nil)
    }
}
