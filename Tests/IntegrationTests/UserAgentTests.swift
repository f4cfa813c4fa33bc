import JSONValue
import TestSupport
import Testing

extension ServerConfiguration {
    /// A presence server in memory that publishes and subscribes by command.
    static func userAgent(_ parameters: [(String, String)] = []) -> ServerConfiguration {
        var configuration = ServerConfiguration.presence()
        configuration.modules += ["pua", "pua_rpc"]
        configuration.set("tm", "fr_timer", 1_500)
        for (name, value) in parameters { configuration.set("pua", name, value) }
        configuration.routes = configuration.routes.replacing(
            "sl_send_reply(\"200\", \"OK\");",
            with: """
                if (is_method("NOTIFY")) {
                    if (!pua_update_contact()) {
                        sl_send_reply("481", "Subscription Does Not Exist");
                        exit;
                    }
                    sl_send_reply("200", "OK");
                    exit;
                }
                sl_send_reply("404", "Not here");
                """)
        return configuration
    }
}

/// What commands say and what phones see of the presence user agent, with sockets.
@Suite("The presence user agent as a server", .serialized, .onThreads)
struct UserAgentTests {
    private static let alice = "sip:alice@example.com"

    /// Publishes by command and waits for the reply.
    private func publish(
        _ server: ServerProcess, _ body: String?, expires: Int = 600, hop: String,
        event: String = "message-summary", id: String = "box"
    ) throws -> JSONValue {
        var parameters: [JSONValue] = [
            .string(Self.alice), .integer(Int64(expires)), .string(event), ".", .string(id), ".",
            .string(hop), ".",
        ]
        if let body { parameters.append(.string(body)) }
        return try server.rpc.call("pua.publish", parameters)
    }

    private func hop(_ server: ServerProcess) -> String { "sip:127.0.0.1:\(server.sipPort)" }
    private func hop(_ peer: SIPListener) -> String { "sip:127.0.0.1:\(peer.port)" }

    @Test("what it publishes to its own presence server can be changed and removed")
    func loop() throws {
        let server = try ServerProcess(.userAgent())
        let first = try publish(server, "Messages-Waiting: yes\r\n", hop: hop(server))
        #expect(first["code"] == 200)
        #expect(first["Expires"] == 601)
        let tag = try #require(first["SIP-ETag"])
        let second = try publish(server, "Messages-Waiting: no\r\n", hop: hop(server))
        #expect(second["code"] == 200)
        #expect(second["SIP-ETag"] != tag)
        let list = try server.rpc.call("presence.presentity_list", "full")
        #expect(list.encoded().components(of: "Messages-Waiting") == 1)
        #expect(list.encoded().contains("no"))
        let gone = try publish(server, nil, expires: 0, hop: hop(server))
        #expect(gone["code"] == 200)
        #expect(gone["Expires"] == 0)
        let empty = try server.rpc.call("presence.presentity_list", "full")
        #expect(!empty.encoded().contains("Messages-Waiting"))
        #expect(server.faults == [])
    }

    @Test("a phone that watches is notified of what a command publishes")
    func watched() throws {
        let server = try ServerProcess(.userAgent())
        let phone = try server.phone()
        phone.send(
            """
            SUBSCRIBE \(Self.alice) SIP/2.0\r
            Via: SIP/2.0/UDP 127.0.0.1:\(phone.socket.localPort);branch=z9hG4bKsub\r
            From: <sip:bob@example.com>;tag=b\r
            To: <\(Self.alice)>\r
            Call-ID: watch@test\r
            CSeq: 1 SUBSCRIBE\r
            Event: message-summary\r
            Expires: 600\r
            Contact: <sip:bob@127.0.0.1:\(phone.socket.localPort)>\r
            Content-Length: 0\r
            \r\n
            """)
        let early = try #require(phone.incoming())
        phone.send(early.reply(200, "OK"))
        _ = try publish(server, "Messages-Waiting: yes\r\n", hop: hop(server))
        let notify = try #require(phone.incoming())
        phone.send(notify.reply(200, "OK"))
        #expect(notify.method == "NOTIFY")
        #expect(notify.body.contains("Messages-Waiting: yes"))
    }

    @Test("a peer that says nothing costs a 408, and one that refuses is told as it is")
    func failures() throws {
        let server = try ServerProcess(.userAgent())
        let peer = try SIPListener()
        let silent = try publish(server, "x", hop: hop(peer))
        #expect(silent["code"] == 408)
        while peer.incoming(seconds: 0.5) != nil {}
        for (status, lines) in [(403, [String]()), (200, []), (202, ["Expires: 9"])] {
            let answers = try atOnce([0, 1]) { side -> JSONValue in
                if side == 1 {
                    let request = try #require(peer.incoming())
                    peer.send(request.reply(status, "Why", further: lines))
                    return .null
                }
                return try publish(server, "x", hop: hop(peer))
            }
            #expect(answers[0]["code"] == .integer(Int64(status)))
            #expect(answers[0]["reason"] == "Why")
        }
    }

    @Test("a challenge is answered, with the password of the configuration and not in the log")
    func challenge() throws {
        let server = try ServerProcess(.userAgent([("credential", "bob:home:hunter2")]))
        let peer = try SIPListener()
        let answers = try atOnce([0, 1]) { side -> JSONValue in
            guard side == 1 else { return try publish(server, "x", hop: hop(peer)) }
            let first = try #require(peer.incoming())
            peer.send(
                first.reply(
                    401, "Unauthorized",
                    further: [
                        "WWW-Authenticate: Digest realm=\"home\", nonce=\"abc\", qop=\"auth\""
                    ]
                ))
            let second = try #require(peer.incoming())
            let value = second["Authorization"] ?? ""
            peer.send(second.reply(200, "OK", further: ["SIP-ETag: t", "Expires: 600"]))
            return .string(value)
        }
        #expect(answers[0]["SIP-ETag"] == "t")
        #expect(answers[1].encoded().contains("username=\\\"bob\\\""))
        #expect(!server.log.contains("hunter2"))
    }

    @Test("a subscription is refreshed in its dialog, and a NOTIFY moves its target")
    func subscription() throws {
        let server = try ServerProcess(.userAgent())
        let peer = try SIPListener()
        let uri = "sip:peer@127.0.0.1:\(peer.port)"
        func subscribe(_ seconds: Int) throws -> SIPRequest {
            _ = try server.rpc.call(
                "pua.subscribe", .string(uri), "sip:me@example.com", "presence",
                .integer(Int64(seconds)))
            return try #require(peer.incoming())
        }
        let first = try subscribe(600)
        #expect(first.uri == uri)
        #expect(first["Expires"] == "610")
        // The NOTIFY comes before the answer.
        let from = first["From"] ?? ""
        let notify = """
            NOTIFY sip:me@example.com SIP/2.0\r
            Via: SIP/2.0/UDP 127.0.0.1:\(peer.port);branch=z9hG4bKn1\r
            From: <\(uri)>;tag=phone\r
            To: \(from)\r
            Call-ID: \(first["Call-ID"] ?? "")\r
            CSeq: 1 NOTIFY\r
            Contact: <\(uri);moved>\r
            Content-Length: 0\r
            \r\n
            """
        peer.send(notify)
        peer.send(first.reply(200, "OK", further: ["Contact: <\(uri)>", "Expires: 610"]))
        #expect(
            eventually(within: 10) {
                (try? server.rpc.call("stats.fetch", "pua:accepted").encoded().contains("\"1\""))
                    ?? false
            })
        peer.send(
            notify.replacing("z9hG4bKn1", with: "z9hG4bKn2").replacing("1 NOTIFY", with: "2 NOTIFY")
        )
        #expect(
            eventually(within: 10) {
                guard let next = try? subscribe(300) else { return false }
                peer.send(next.reply(200, "OK", further: ["Expires: 310"]))
                return next.uri == "\(uri);moved" && next["To"]?.contains("tag=phone") == true
            })
        peer.send(notify.replacing("tag=phone", with: "tag=other"))
        let end = try subscribe(0)
        #expect(end["Expires"] == "0")
        peer.send(end.reply(200, "OK", further: ["Expires: 0"]))
        #expect(server.faults == [])
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { split(separator: text).count - 1 }
}
