import Basics
import ModuleKit
import Subscriptions
import Synchronization
import Testing

@testable import Presence

private let bobsContact = "Contact: <sip:bob@10.1.2.9:5090>"

@Suite("SUBSCRIBE")
struct SubscribeTests {
    @Test("a new subscription is answered and then told the state, byte for byte")
    func new() throws {
        let rig = try PresenceRig()
        _ = try rig.publish("Messages-Waiting: yes\r\n")
        let (reply, notify) = try rig.subscribe()
        #expect(
            reply.text == """
                SIP/2.0 200 OK
                Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bKcall-11
                From: <sip:bob@example.org>;tag=w1
                To: <sip:alice@example.com>;tag=\(reply.toTag)
                Call-ID: call-1
                CSeq: 1 SUBSCRIBE
                Expires: 600
                Contact: <sip:sip.example.com:5060;transport=udp>
                Content-Length: 0


                """)
        let via = notify.value("Via")
        #expect(
            notify.text == """
                NOTIFY sip:bob@10.1.2.9:5090 SIP/2.0
                Via: \(via)
                From: <sip:alice@example.com>;tag=\(reply.toTag)
                To: <sip:bob@example.org>;tag=w1
                Call-ID: call-1
                CSeq: 2 NOTIFY
                Max-Forwards: 70
                Event: message-summary
                Contact: <sip:sip.example.com:5060;transport=udp>
                Subscription-State: active;expires=600
                Content-Type: application/simple-message-summary
                Content-Length: 23

                Messages-Waiting: yes

                """)
        #expect(notify.to.source == PeerAddress(ipv4: 0x0a01_0209, port: 5090))
        #expect(notify.to.socket == SocketIndex(0))
        #expect(rig.notes == ["1"])
    }

    @Test("without a document there is neither body nor Content-Type")
    func empty() throws {
        let (_, notify) = try PresenceRig().subscribe()
        #expect(notify.header("Content-Type") == [] && notify.value("Content-Length") == "0")
    }

    @Test("a refresh in the dialog goes on with the same tags and the next CSeq")
    func refresh() throws {
        let rig = try PresenceRig()
        let (reply, notify) = try rig.subscribe()
        try rig.answer(notify)
        let sent = try rig.run(again(reply.toTag, expires: 900, cseq: 2))
        #expect(sent.map(\.line) == ["SIP/2.0 200 OK", "NOTIFY sip:bob@10.1.2.8:5091 SIP/2.0"])
        #expect(sent[0].value("Expires") == "900")
        #expect(sent[0].toTag == reply.toTag)
        #expect(sent[1].value("CSeq") == "3 NOTIFY")
        #expect(sent[1].value("Subscription-State") == "active;expires=900")
    }

    @Test("Expires 0 in the dialog ends it with a NOTIFY that still has the document")
    func end() throws {
        let rig = try PresenceRig()
        _ = try rig.publish("Messages")
        let (reply, notify) = try rig.subscribe()
        try rig.answer(notify)
        let sent = try rig.run(again(reply.toTag, expires: 0, cseq: 2))
        #expect(sent[0].value("Expires") == "0")
        #expect(sent[1].value("Subscription-State") == "terminated;reason=timeout")
        #expect(sent[1].body == "Messages")
        try rig.answer(sent[1])
        #expect(try rig.publish("Messages", cseq: 3).count == 1, "nothing more after the end")
        let late = try rig.run(again(reply.toTag, expires: 600, cseq: 3))
        #expect(late[0].line == "SIP/2.0 481 Subscription does not exist")
    }

    @Test("Expires 0 outside of a dialog is a fetch: one NOTIFY, nothing is kept")
    func fetch() throws {
        let rig = try PresenceRig()
        _ = try rig.publish("Messages")
        let (reply, notify) = try rig.subscribe(expires: 0)
        #expect(reply.value("Expires") == "0")
        #expect(notify.value("CSeq") == "1 NOTIFY")
        #expect(notify.value("Subscription-State") == "terminated;reason=timeout")
        #expect(notify.body == "Messages")
        try rig.answer(notify)
        #expect(try rig.publish("Messages", cseq: 2).count == 1)
    }

    @Test("the same request once more is answered alike and begins nothing")
    func retransmission() throws {
        let rig = try PresenceRig()
        let (reply, notify) = try rig.subscribe()
        try rig.answer(notify)
        let again = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:alice@example.com", "Event: message-summary", "Expires: 600",
                "Contact: <sip:bob@10.1.2.9:5090>"))
        #expect(again.map(\.text) == [reply.text])
    }

    private func again(_ tag: String, expires: Int, cseq: Int) -> String {
        PresenceRig.request(
            "SUBSCRIBE", "sip:sip.example.com:5060", "Event: message-summary",
            "Expires: \(expires)", "Contact: <sip:bob@10.1.2.8:5091>",
            to: "<sip:alice@example.com>;tag=\(tag)", cseq: cseq)
    }

    // MARK: Refusals

    @Test(
        "what is wrong is refused",
        arguments: [
            (bobsContact, "", "489 Bad Event"),
            ("\(bobsContact)\nEvent: weather", "", "489 Bad Event"),
            ("\(bobsContact)\nEvent: message-summary;x=1", "", "489 Bad Event"),
            ("\(bobsContact)\nEvent: ;;", "", "400 Bad request"),
            ("Event: message-summary", "", "400 Bad request"),
            ("Event: message-summary\nContact: *", "", "400 Bad request"),
            ("Event: message-summary\nContact: <tel:+49>", "", "400 Bad request"),
            ("\(bobsContact)\nEvent: message-summary\nExpires: soon", "", "400 Bad request"),
            ("\(bobsContact)\nEvent: message-summary\nExpires: -1", "", "400 Bad request"),
            (
                "\(bobsContact)\nEvent: message-summary\nExpires: 5", "min_expires 60",
                "423 Interval Too Brief"
            ),
            (
                "\(bobsContact)\nEvent: message-summary\nAccept: text/plain", "",
                "406 Not Acceptable"
            ),
            (
                "Contact: <sip:\(String(repeating: "b", count: 300))@10.1.2.9>\n"
                    + "Event: message-summary", "", "400 Bad request"
            ),
        ])
    func refused(headers: String, settings: String, expected: String) throws {
        let rig = try PresenceRig(settings)
        let sent = try rig.run(PresenceRig.request("SUBSCRIBE", "sip:alice@example.com", headers))
        #expect(sent.map(\.line) == ["SIP/2.0 \(expected)"])
        #expect(rig.notes == ["-1"])
    }

    @Test("423 says how long it may be, and 489 which packages there are")
    func hints() throws {
        let rig = try PresenceRig("min_expires 60")
        let brief = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:a@b", "Event: message-summary", "Expires: 5", bobsContact))
        #expect(brief[0].value("Min-Expires") == "60")
        let event = try rig.run(PresenceRig.request("SUBSCRIBE", "sip:a@b", bobsContact))
        #expect(event[0].value("Allow-Events") == "message-summary, presence, presence.winfo")
    }

    @Test("min_expires_action 2 grants the minimum")
    func raised() throws {
        let rig = try PresenceRig("min_expires 60\nmin_expires_action 2")
        #expect(try rig.subscribe(expires: 5).reply.value("Expires") == "60")
    }

    @Test(
        "a Request-URI that names nobody is answered, which Kamailio forgets",
        arguments: [("bob", "400 Bad request"), ("tel:+49", "416 Unsupported URI Scheme")])
    func badTarget(uri: String, expected: String) throws {
        let sent = try PresenceRig().run(
            PresenceRig.request("SUBSCRIBE", uri, "Event: message-summary", bobsContact))
        #expect(sent.map(\.line) == ["SIP/2.0 \(expected)"])
    }

    @Test(
        "in a dialog the tag must be known and CSeq must rise",
        arguments: [
            ("other", 2, "481 Subscription does not exist"), ("", 1, "500 Server Internal Error"),
        ])
    func inDialog(tag: String, cseq: Int, expected: String) throws {
        let rig = try PresenceRig()
        let (reply, notify) = try rig.subscribe()
        try rig.answer(notify)
        let sent = try rig.run(again(tag.isEmpty ? reply.toTag : tag, expires: 600, cseq: cseq))
        #expect(sent.map(\.line) == ["SIP/2.0 \(expected)"])
    }

    // MARK: What the reply says

    @Test(
        "subs_respond_200 0 answers 202 with the same reason, but not for watcher information",
        arguments: [("message-summary", "202 OK"), ("presence.winfo", "200 OK")])
    func accepted(event: String, expected: String) throws {
        let rig = try PresenceRig("subs_respond_200 0")
        #expect(try rig.subscribe(event).reply.line == "SIP/2.0 \(expected)")
    }

    @Test(
        "Contact is server_address with the transport, or the socket's address",
        arguments: [
            ("", TransportProtocol.udp, "<sip:sip.example.com:5060;transport=udp>"),
            ("", .tcp, "<sip:[::1]:5060;transport=tcp>"),
            ("server_address \"sip:pa@h.example\"", .udp, "<sip:pa@h.example>"),
            ("server_address \"sip:pa@h.example\"", .tcp, "<sip:pa@h.example;transport=tcp>"),
            (
                "server_address \"sip:h.example;transport=ws\"", .tcp,
                "<sip:h.example;transport=ws>"
            ),
        ])
    func contact(settings: String, transport: TransportProtocol, expected: String) throws {
        let rig = try PresenceRig(settings)
        rig.rig.services.wire.open(7)
        let sent = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:alice@example.com", "Event: message-summary",
                "Contact: <sip:bob@[::1]:5090;transport=tcp>"),
            transport: transport, connection: transport == .tcp ? 7 : -1)
        #expect(sent[0].value("Contact") == expected)
        if transport == .tcp { #expect(sent[1].value("Contact") == expected) }
    }

    @Test("Accept with wildcards, and none at all, are fine")
    func accept() throws {
        for value in ["*/*", "application/*", "text/plain, APPLICATION/pidf+xml;q=0.5", ""] {
            let rig = try PresenceRig()
            let (reply, _) = try rig.subscribe("presence", "Accept: \(value)")
            #expect(reply.line == "SIP/2.0 200 OK", "Accept: \(value)")
        }
    }

    @Test("Event id tells subscriptions of one dialog apart, and NOTIFY repeats it")
    func eventID() throws {
        let rig = try PresenceRig()
        let (_, notify) = try rig.subscribe("message-summary;id=5")
        #expect(notify.value("Event") == "message-summary;id=5")
    }

    @Test("the watcher that the script names is the one that rules are asked about")
    func watcher() throws {
        let rig = try PresenceRig(body: "handle_subscribe(\"sip:carol@example.net\");")
        rig.packages.rules.withLock { $0["sip:carol@example.net"] = .confirm }
        let (reply, notify) = try rig.subscribe("presence")
        #expect(reply.line == "SIP/2.0 200 OK")
        #expect(notify.value("Subscription-State") == "pending;expires=600")
        #expect(notify.value("To") == "<sip:bob@example.org>;tag=w1")
    }

    @Test(
        "rules decide what the watcher sees",
        arguments: [
            (Authorisation.allow, "active;expires=600", "v=1 open"),
            (.confirm, "pending;expires=600", ""), (.block, "terminated;reason=rejected", ""),
            (.politeBlock, "active;expires=600", ""),
        ])
    func rules(rule: Authorisation, state: String, body: String) throws {
        let rig = try PresenceRig()
        rig.packages.rules.withLock { $0["sip:bob@example.org"] = rule }
        _ = try rig.publish("open", event: "presence")
        let (_, notify) = try rig.subscribe("presence")
        #expect(notify.value("Subscription-State") == state)
        #expect(notify.body == body)
    }
}
