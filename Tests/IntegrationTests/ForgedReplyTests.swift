import TestSupport
import Testing

/// Replies that no server asked for: an edge must not carry them to anybody.
@Suite("forged replies", .onThreads)
struct ForgedReplyTests {
    /// A server that forwards everything to one address.
    private func relay(to port: UInt16) throws -> ServerProcess {
        try ServerProcess {
            $0.routes = """
                request_route {
                    if ($rU == $null) {
                        sl_send_reply("200", "OK");
                        exit;
                    }
                    $du = "sip:127.0.0.1:\(port)";
                    if (!forward()) sl_send_reply("503", "No Way On");
                }
                """
        }
    }

    private func reply(_ vias: [String]) -> String {
        (["SIP/2.0 200 OK"] + vias.map { "Via: \($0)" } + [
            "From: <sip:a@example.com>;tag=a", "To: <sip:b@example.com>;tag=b",
            "Call-ID: forged@test", "CSeq: 1 MESSAGE", "Content-Length: 0", "", "",
        ]).joined(separator: "\r\n")
    }

    @Test(
        "a reply with a made-up branch reaches nobody, over UDP and TCP",
        arguments: [ClientSocket.Kind.datagrams, .stream])
    func madeUp(kind: ClientSocket.Kind) throws {
        let server = try ServerProcess()
        let victim = try server.phone()
        let attacker = try server.phone(kind)
        let own = "127.0.0.1:\(server.sipPort)"
        let target = "127.0.0.1:\(victim.socket.localPort)"
        let lists: [[String]] = [
            ["SIP/2.0/UDP \(own);branch=z9hG4bK0123456789abcdef", "SIP/2.0/UDP \(target)"],
            ["SIP/2.0/UDP \(own)", "SIP/2.0/UDP \(target);branch=z9hG4bKx;rport=1"],
            [
                "SIP/2.0/UDP \(own);branch=z9hG4bK",
                "SIP/2.0/UDP 1.2.3.4;received=127.0.0.1;"
                    + "rport=\(victim.socket.localPort);branch=z9hG4bKx",
            ],
            ["SIP/2.0/UDP \(target);branch=z9hG4bKx"],
            ["SIP/2.0/UDP \(own);branch=z9hG4bKx"],
            ["SIP/2.0/UDP \(target);branch=z9hG4bKx", "SIP/2.0/UDP \(target);branch=z9hG4bKx"],
            ["SIP/2.0/TCP \(own);branch=z9hG4bKx", "SIP/2.0/TCP \(target);branch=z9hG4bKx"],
            [],
        ]
        for vias in lists { attacker.send(reply(vias)) }
        // The answer to what comes last says that all before it has been looked at.
        #expect(try attacker.options().status == 200)
        #expect(victim.reply(seconds: 0.2) == nil)
        let dropped = try server.statistic("core:drop_replies") ?? 0
        let faulty = try server.statistic("core:err_replies") ?? 0
        #expect(dropped + faulty == lists.count)
        #expect(try server.statistic("core:fwd_replies") == 0)
        #expect(server.faults == [])
    }

    @Test("the branch of one request lets no reply go to anybody else")
    func replayed() throws {
        let phone = try SIPListener()
        let server = try relay(to: phone.port)
        let (caller, victim) = (try server.phone(), try server.phone())
        caller.send(caller.request("MESSAGE", "sip:bob@example.com", callID: "one@test"))
        let request = try #require(phone.incoming())
        let vias = request.values("Via")
        #expect(vias.count == 2)
        let good = request.reply(200, "OK")
        let port = "\(caller.socket.localPort)"
        let forged = [
            good.replacing(port, with: "\(victim.socket.localPort)"),
            good.replacing("rport=\(port)", with: "rport=\(victim.socket.localPort)"),
            good.replacing("received=127.0.0.1", with: "received=127.0.0.2"),
            good.replacing("Call-ID: one@test", with: "Call-ID: two@test"),
            good.replacing("CSeq: 1 ", with: "CSeq: 2 "),
            good.replacing("z9hG4bK-onetest", with: "z9hG4bK-twotest"),
        ]
        for text in forged { phone.send(text) }
        phone.send(good)
        #expect(caller.answer(to: "one@test")?.status == 200)
        #expect(caller.reply(seconds: 0.1) == nil)
        #expect(victim.reply(seconds: 0.1) == nil)
        #expect(try server.statistic("core:fwd_replies") == 1)
        #expect(try server.statistic("core:drop_replies") == forged.count)
    }

    @Test("provisional and repeated replies are carried, each of them")
    func several() throws {
        let phone = try SIPListener()
        let server = try relay(to: phone.port)
        let caller = try server.phone(.stream)
        caller.send(caller.request("INVITE", "sip:bob@example.com", callID: "ring@test"))
        let request = try #require(phone.incoming())
        for (status, reason) in [(180, "Ringing"), (183, "Progress"), (200, "OK"), (200, "OK")] {
            phone.send(request.reply(status, reason))
        }
        let statuses = (0..<4).map { _ in caller.reply(seconds: 5)?.status }
        #expect(statuses == [180, 183, 200, 200])
    }
}
