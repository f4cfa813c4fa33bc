import JSONValue
import TestSupport
import Testing

extension ServerConfiguration {
    /// A presence server in memory.
    static func presence() -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.modules = [
            "jsonrpcs", "microhttpd", "kex", "corex", "cfg_rpc", "pv", "sl", "tm", "rr",
            "textops", "siputils", "xlog", "db_sqlite", "db_mysql", "presence", "presence_xml",
            "presence_mwi",
        ]
        configuration.set("presence_xml", "force_active", 1)
        configuration.set("presence", "subs_db_mode", 0)
        configuration.set("presence", "publ_cache", 2)
        configuration.routes = """
            request_route {
                if (is_method("PUBLISH")) {
                    handle_publish();
                    exit;
                }
                if (is_method("SUBSCRIBE")) {
                    handle_subscribe();
                    exit;
                }
                sl_send_reply("200", "OK");
            }
            """
        return configuration
    }
}

/// A phone that publishes or watches alice's state.
struct PresencePhone {
    let client: SIPClient
    let name: String

    init(_ name: String, _ server: ServerProcess, _ kind: ClientSocket.Kind = .datagrams) throws {
        client = try server.phone(kind)
        self.name = name
    }

    static let pidf = "application/pidf+xml"

    static func document(_ basic: String) -> String {
        """
        <?xml version="1.0"?>
        <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@example.com">\
        <tuple id="t1"><status><basic>\(basic)</basic></status></tuple></presence>
        """
    }

    private var contact: String {
        let isStream = client.socket.kind == .stream
        return
            "<sip:\(name)@127.0.0.1:\(client.socket.localPort)\(isStream ? ";transport=tcp" : "")>"
    }

    private func send(
        _ method: String, _ cseq: Int, to tag: String?, _ headers: [String], _ body: String = ""
    ) throws -> SIPReply {
        let transport = client.socket.kind == .stream ? "TCP" : "UDP"
        let via = "SIP/2.0/\(transport) 127.0.0.1:\(client.socket.localPort)"
        let lines =
            [
                "\(method) sip:alice@example.com SIP/2.0",
                "Via: \(via);branch=z9hG4bK-\(name)-\(method)-\(cseq);rport", "Max-Forwards: 70",
                "From: <sip:\(name)@example.com>;tag=\(name)",
                "To: <sip:alice@example.com>\(tag.map { ";tag=\($0)" } ?? "")",
                "Call-ID: \(method)-\(name)@test", "CSeq: \(cseq) \(method)",
                "Contact: \(contact)",
            ] + headers + ["Content-Length: \(body.utf8.count)", "", body]
        return try client.request(lines.joined(separator: "\r\n"))
    }

    /// Publishes a document, or refreshes without one.
    func publish(_ body: String, etag: String? = nil, expires: Int = 600, cseq: Int) throws
        -> SIPReply
    {
        var headers = ["Event: presence", "Expires: \(expires)"]
        if let etag { headers.append("SIP-If-Match: \(etag)") }
        if !body.isEmpty { headers.append("Content-Type: \(Self.pidf)") }
        return try send("PUBLISH", cseq, to: nil, headers, body)
    }

    /// Subscribes, and answers the NOTIFY that comes.
    func subscribe(
        _ event: String = "presence", expires: Int = 600, to tag: String? = nil, cseq: Int = 1
    ) throws -> (reply: SIPReply, notify: SIPRequest) {
        let reply = try send(
            "SUBSCRIBE", cseq, to: tag, ["Event: \(event)", "Expires: \(expires)"])
        return (reply, try #require(told()))
    }

    /// The next NOTIFY, which is answered with 200.
    func told(seconds: Double = 10) -> SIPRequest? {
        guard let notify = client.incoming(seconds: seconds) else { return nil }
        client.send(notify.reply(200, "OK"))
        return notify
    }
}

extension SIPReply {
    /// The tag of To.
    fileprivate var toTag: String? { self["to"]?.components(";tag=").last }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator).map(String.init)
    }
}

@Suite("publishing and watching over real sockets", .onThreads)
struct PresenceFlowTests {
    private let server: ServerProcess
    private let alice: PresencePhone
    private let bob: PresencePhone

    init() throws {
        server = try ServerProcess(.presence())
        alice = try PresencePhone("alice", server)
        bob = try PresencePhone("bob", server)
    }

    @Test("PUBLISH: new, changed with a body, refreshed without one, and removed")
    func publish() throws {
        let first = try alice.publish(PresencePhone.document("open"), cseq: 1)
        #expect(first.status == 200 && first["expires"] == "600")
        let seen = try bob.subscribe()
        #expect(seen.notify.body.contains("<basic>open</basic>"))
        let second = try alice.publish(
            PresencePhone.document("closed"), etag: first["sip-etag"], cseq: 2)
        #expect(second.status == 200)
        #expect(bob.told()?.body.contains("<basic>closed</basic>") == true)
        let third = try alice.publish("", etag: second["sip-etag"], expires: 700, cseq: 3)
        #expect(third.status == 200 && third["expires"] == "700")
        #expect(third["sip-etag"] != second["sip-etag"])
        #expect(bob.told()?.body.contains("<basic>closed</basic>") == true)
        let old = try alice.publish("", etag: first["sip-etag"], cseq: 4)
        #expect(old.status == 412)
        let removed = try alice.publish("", etag: third["sip-etag"], expires: 0, cseq: 5)
        #expect(removed.status == 200 && removed["expires"] == "0")
        #expect(bob.told()?.method == "NOTIFY")
        #expect(try server.rpc.call("presence.presentity_list").items?.count == 0)
        #expect(server.faults == [])
    }

    @Test("SUBSCRIBE: new, refreshed in its dialog, ended, and then unknown")
    func subscribe() throws {
        let first = try bob.subscribe()
        #expect(first.reply.status == 200 && first.reply["expires"] == "600")
        #expect(first.notify["Subscription-State"]?.hasPrefix("active;expires=") == true)
        #expect(first.notify["CSeq"] == "2 NOTIFY" && first.notify.body.isEmpty)
        let tag = try #require(first.reply.toTag)
        #expect(first.notify["From"] == "<sip:alice@example.com>;tag=\(tag)")
        let second = try bob.subscribe(expires: 900, to: tag, cseq: 2)
        #expect(second.reply["expires"] == "900" && second.notify["CSeq"] == "3 NOTIFY")
        let third = try bob.subscribe(expires: 0, to: tag, cseq: 3)
        #expect(third.notify["Subscription-State"] == "terminated;reason=timeout")
        #expect(try server.rpc.call("presence.watcher_list").items?.count == 0)
        _ = try alice.publish(PresencePhone.document("open"), cseq: 1)
        #expect(bob.told(seconds: 0.3) == nil, "nothing more after the end")
    }

    @Test("a fetch gets one NOTIFY with the state and leaves nothing behind")
    func fetch() throws {
        _ = try alice.publish(PresencePhone.document("open"), cseq: 1)
        let seen = try bob.subscribe(expires: 0)
        #expect(seen.notify["Subscription-State"] == "terminated;reason=timeout")
        #expect(seen.notify.body.contains("<basic>open</basic>"))
        #expect(try server.rpc.call("presence.watcher_list").items?.count == 0)
    }

    @Test("presence.winfo: the presentity is told who comes and who goes")
    func watcherInfo() throws {
        let own = try alice.subscribe("presence.winfo")
        #expect(own.notify.body.contains("state=\"full\""))
        let seen = try bob.subscribe()
        let come = try #require(alice.told())
        #expect(come.body.contains("sip:bob@example.com") && come.body.contains("active"))
        _ = try bob.subscribe(expires: 0, to: seen.reply.toTag, cseq: 2)
        let gone = try #require(alice.told())
        #expect(gone.body.contains("watcherinfo") && !gone.body.contains("active"))
    }

    @Test("a NOTIFY comes over the connection that the watcher has opened")
    func stream() throws {
        let carol = try PresencePhone("carol", server, .stream)
        let seen = try carol.subscribe()
        #expect(seen.reply["contact"]?.contains(";transport=tcp") == true)
        _ = try alice.publish(PresencePhone.document("open"), cseq: 1)
        #expect(carol.told()?.body.contains("<basic>open</basic>") == true)
    }

    @Test("what expires is told so and leaves memory")
    func expiry() throws {
        _ = try bob.subscribe(expires: 1)
        let end = try #require(bob.told(seconds: Rig.limit(8)))
        #expect(end["Subscription-State"] == "terminated;reason=timeout")
        #expect(end.body.isEmpty)
        #expect(
            eventually(within: Rig.limit(5)) {
                (try? server.rpc.call("presence.watcher_list").items?.count) == 0
            })
    }

    @Test("a body that is no XML is refused and not stored")
    func badBody() throws {
        let reply = try alice.publish("<presence><broken", cseq: 1)
        #expect([400, 415].contains(reply.status))
        #expect(try server.rpc.call("presence.presentity_list").items?.count == 0)
    }

    @Test("a hundred watchers are all told, although one of them is dead")
    func fanOut() throws {
        let watchers = try (0..<100).map { try PresencePhone("w\($0)", server) }
        for watcher in watchers { _ = try watcher.subscribe() }
        _ = try alice.publish(PresencePhone.document("open"), cseq: 1)
        for (place, watcher) in watchers.enumerated() where place != 50 {
            #expect(watcher.told()?.body.contains("<basic>open</basic>") == true)
        }
        let isOne = eventually(within: Rig.limit(10)) {
            (try? server.statistic("presence:presence_notify_in_flight")) == 1
        }
        #expect(isOne, "only the dead one's is on its way")
    }
}
