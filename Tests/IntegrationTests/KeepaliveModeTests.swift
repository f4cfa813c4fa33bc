import JSONValue
import TestSupport
import Testing

/// Keepalives that usrloc sends by itself: `ka_mode` and its like.
@Suite("keepalives of usrloc", .onThreads)
struct KeepaliveModeTests {
    private func server(
        mode: Int, _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> ServerProcess {
        try ServerProcess {
            $0.modules.append("nathelper")
            $0.set("usrloc", "ka_mode", mode)
            $0.set("usrloc", "ka_interval", 1)
            $0.set("usrloc", "ka_randomize", 0)
            $0.set("usrloc", "ka_from", "sip:keeper@example.com")
            $0.set("usrloc", "ka_domain", "users.example.com")
            $0.set("usrloc", "nat_bflag", 6)
            $0.set("usrloc", "timer_interval", 1)
            $0.set("registrar|nathelper", "received_avp", "$avp(RECEIVED)")
            $0.routes = """
                request_route {
                    if (is_method("REGISTER")) {
                        if (nat_uac_test("1")) {
                            fix_nated_register();
                            setbflag(6);
                        }
                        save("location");
                        exit;
                    }
                    sl_send_reply("200", "OK");
                }
                """
            change(&$0)
        }
    }

    @discardableResult
    private func register(
        _ user: String, _ phone: SIPClient, isNatted: Bool = true
    ) throws -> SIPReply {
        let port = phone.socket.localPort
        let transport = phone.socket.kind == .stream ? ";transport=tcp" : ""
        let host = isNatted ? "10.1.2.3" : "127.0.0.1:\(port)"
        return try phone.register(user, "sip:\(user)@\(host)\(transport)")
    }

    @Test(
        "every contact is asked where it was seen, and what it answers is noted",
        arguments: [(ClientSocket.Kind.datagrams, true), (.datagrams, false), (.stream, true)])
    func all(kind: ClientSocket.Kind, isNatted: Bool) throws {
        let server = try server(mode: 1)
        let phone = try server.phone(kind)
        try register("alice", phone, isNatted: isNatted)
        let request = try #require(phone.incoming())
        #expect(request.method == "OPTIONS")
        #expect(request.uri.hasPrefix("sip:alice@"))
        #expect(request["From"]?.hasPrefix("<sip:keeper@example.com>;tag=") == true)
        #expect(request["To"]?.contains("sip:alice@users.example.com") == true)
        #expect(request["CSeq"] == "80 OPTIONS")
        let before = try #require(try server.contact(of: "alice"))
        phone.send(request.reply(200, "OK"))
        let isNoted = try eventually(within: 5) {
            let after = try server.contact(of: "alice")
            return (after?["KA-Roundtrip"]?.integer ?? 0) > 0
                && (after?["Last-Keepalive"]?.integer ?? 0) >= wallSeconds() - 10
        }
        #expect(isNoted, "\(before)")
        #expect(phone.incoming() != nil)
    }

    @Test("bit 2 asks those behind a NAT, bit 4 leaves streams alone", arguments: [2, 6])
    func some(mode: Int) throws {
        let server = try server(mode: mode)
        let (natted, open) = (try server.phone(), try server.phone())
        let stream = try server.phone(.stream)
        try register("natted", natted)
        try register("open", open, isNatted: false)
        try register("stream", stream)
        #expect(natted.incoming()?.uri == "sip:natted@10.1.2.3")
        #expect(natted.incoming() != nil)
        #expect(open.incoming(seconds: 0.2) == nil)
        #expect((stream.incoming(seconds: mode == 2 ? 10 : 1) != nil) == (mode == 2))
    }

    @Test("ka_mode 0 asks nobody, and ka_method is what is asked with", arguments: [0, 1])
    func method(mode: Int) throws {
        let server = try server(mode: mode) { $0.set("usrloc", "ka_method", "NOTIFY") }
        let phone = try server.phone()
        try register("alice", phone)
        let request = phone.incoming(seconds: mode == 0 ? 1.5 : 10)
        #expect(request?.method == (mode == 0 ? nil : "NOTIFY"))
    }

    @Test("ka_timeout ends a contact that does not answer, or not with what counts")
    func timeout() throws {
        let server = try server(mode: 1) {
            $0.set("usrloc", "ka_timeout", 3)
            $0.set("usrloc", "ka_reply_codes", "200,486")
        }
        let phones = try (0..<3).map { _ in try server.phone() }
        for (user, phone) in zip(["good", "busy", "odd"], phones) { try register(user, phone) }
        try register("silent", try server.phone())
        let statuses = [200, 486, 404]
        let isGone = try eventually(within: 30) {
            for (status, phone) in zip(statuses, phones) {
                if let request = phone.incoming(seconds: 0.05) {
                    phone.send(request.reply(status, "Answer"))
                }
            }
            return try server.uris(of: "silent") == [] && server.uris(of: "odd") == []
        }
        #expect(isGone)
        #expect(try server.uris(of: "good").count == 1)
        #expect(try server.uris(of: "busy").count == 1)
    }

    @Test("ka_loglevel and ka_logmsg write a line for an answer")
    func line() throws {
        let server = try server(mode: 1) {
            $0.set("usrloc", "ka_loglevel", 1)
            $0.set("usrloc", "ka_logmsg", "alive: $tu from $si:$sp with $rs")
        }
        let phone = try server.phone()
        try register("alice", phone)
        let request = try #require(phone.incoming())
        phone.send(request.reply(200, "OK"))
        let port = phone.socket.localPort
        let words = "alive: sip:alice@users.example.com from 127.0.0.1:\(port) with 200"
        #expect(eventually(within: 5) { server.logged(words) == 1 }, "\(server.log.suffix(500))")
    }
}
