import Basics
import Subscriptions
import Testing

@testable import Presence

@Suite("PUBLISH")
struct PublishTests {
    @Test(
        "a new document gets an entity tag and its lifetime, and watchers are told behind the reply"
    )
    func new() throws {
        let rig = try PresenceRig()
        let watch = try rig.subscribe()
        try rig.answer(watch.notify)
        let sent = try rig.publish("Messages-Waiting: yes\r\n")
        #expect(sent.map(\.line) == ["SIP/2.0 200 OK", "NOTIFY sip:bob@10.1.2.9:5090 SIP/2.0"])
        #expect(sent[0].value("Expires") == "600")
        #expect(sent[0].value("SIP-ETag").hasPrefix("a."))
        #expect(sent[0].header("Contact") == [])
        #expect(sent[1].body == "Messages-Waiting: yes\n")
        #expect(rig.notes == ["1"])
    }

    @Test("a refresh without body gets a new tag, keeps the document, and the old tag is void")
    func refresh() throws {
        let rig = try PresenceRig()
        let first = try rig.publish("Messages-Waiting: yes\r\n")[0].value("SIP-ETag")
        let second = try rig.publish("", etag: first, expires: 700, cseq: 2)[0]
        #expect(second.line == "SIP/2.0 200 OK" && second.value("Expires") == "700")
        #expect(second.value("SIP-ETag") != first && !second.value("SIP-ETag").isEmpty)
        let third = try rig.publish("", etag: first, cseq: 3)[0]
        #expect(third.line == "SIP/2.0 412 Conditional request failed")
        #expect(rig.notes == ["1"], "Kamailio returns 1 after 412")
        let seen = try rig.subscribe()
        #expect(seen.notify.body == "Messages-Waiting: yes\n")
    }

    @Test("a changed document is told, a removed one as well")
    func modifyAndRemove() throws {
        let rig = try PresenceRig()
        try rig.answer(rig.subscribe("presence").notify)
        let first = try rig.publish("open", event: "presence")
        #expect(first[1].body == "v=2 open", "the NOTIFY without a document counts")
        try rig.answer(first[1])
        let tag = first[0].value("SIP-ETag")
        let second = try rig.publish("closed", event: "presence", etag: tag, cseq: 2)
        #expect(second[1].body == "v=3 closed")
        try rig.answer(second[1])
        let third = try rig.publish(
            "", event: "presence", etag: second[0].value("SIP-ETag"), expires: 0, cseq: 3)
        #expect(third[0].line == "SIP/2.0 200 OK" && third[0].value("Expires") == "0")
        #expect(third[0].value("SIP-ETag") == second[0].value("SIP-ETag"))
        #expect(third[1].line.hasPrefix("NOTIFY"))
        let again = try rig.publish(
            "", event: "presence", etag: second[0].value("SIP-ETag"), expires: 0, cseq: 4)
        #expect(again[0].line.hasPrefix("SIP/2.0 412"))
    }

    @Test(
        "what is wrong is refused with Kamailio's words, or with the RFC's status",
        arguments: [
            ("Expires: 600", "Messages", "489 Bad Event"),
            ("Event: weather", "Messages", "489 Bad Event"),
            ("Event: presence.winfo", "Messages", "489 Bad Event"),
            ("Event: ;;", "Messages", "400 Bad request"),
            ("Event: message-summary\nExpires: soon", "Messages", "400 Bad request"),
            ("Event: message-summary", "", "400 Invalid request"),
            ("Event: message-summary", "rubbish", "400 Bad request"),
            ("Event: presence", "bad", "415 Unsupported media type"),
            (
                "Event: presence\nContent-Type: text/plain", "open",
                "415 Unsupported media type"
            ),
            (
                "Event: presence\nContent-Encoding: gzip", "open", "415 Unsupported media type"
            ),
            ("Event: presence\nSIP-If-Match: nonsense", "open", "412 Conditional request failed"),
            (
                "Event: presence\nSIP-If-Match: a.1.2.3.4", "",
                "412 Conditional request failed"
            ),
        ])
    func refused(headers: String, body: String, expected: String) throws {
        let rig = try PresenceRig()
        let sent = try rig.run(
            PresenceRig.request("PUBLISH", "sip:alice@example.com", headers, body: body))
        #expect(sent.map(\.line) == ["SIP/2.0 \(expected)"])
        #expect(rig.notes == [expected.hasPrefix("412") ? "1" : "-1"])
        #expect(try rig.agent.counters.allSatisfy { $0.publications.value == 0 })
    }

    @Test("refusals carry the header fields that say what would be accepted")
    func hints() throws {
        let rig = try PresenceRig()
        let event = try rig.run(PresenceRig.request("PUBLISH", "sip:a@b", "Event: x", body: "b"))
        #expect(event[0].value("Allow-Events") == "message-summary, presence")
        let type = try rig.publish("open", event: "presence", "Content-Type: text/plain")
        #expect(type[0].value("Accept") == "application/pidf+xml")
        let coded = try rig.publish("open", event: "presence", "Content-Encoding: gzip")
        #expect(coded[0].value("Accept-Encoding") == "identity")
    }

    @Test(
        "the presentity is user and host of the Request-URI",
        arguments: [
            ("sip:alice@example.com", "200 OK"),
            ("sip:alice@example.com:5080;transport=tcp", "200 OK"),
            ("sip:%61lice@example.com", "200 OK"), ("sip:example.com", "200 OK"),
            ("tel:+4930123", "416 Unsupported URI Scheme"), ("alice", "400 Bad request"),
            ("sip:\(String(repeating: "a", count: 65))@example.com", "400 Bad request"),
        ])
    func presentity(uri: String, expected: String) throws {
        let rig = try PresenceRig()
        let sent = try rig.run(
            PresenceRig.request("PUBLISH", uri, "Event: message-summary", body: "Messages"))
        #expect(sent[0].line == "SIP/2.0 \(expected)")
        let isAlice = uri.contains("lice@")
        guard isAlice, expected == "200 OK" else { return }
        let seen = try rig.subscribe()
        #expect(seen.notify.body == "Messages", "one presentity has one name")
    }

    @Test(
        "Expires is that of the request, or of the package, and never above the maximum",
        arguments: [
            ("", "Expires: 700", "700"), ("", "", "3600"), ("", "Expires: 999999", "3600"),
            ("", "Expires: 99999999999999", "3600"), ("max_expires 1800", "", "1800"),
            ("max_expires 0", "Expires: 9999", "3600"),
            ("expires_offset 10", "Expires: 600", "590"),
            ("expires_offset 10", "Expires: 0", "0"),
            ("min_expires 60", "Expires: 5", "5"),
        ])
    func lifetimes(settings: String, header: String, expected: String) throws {
        let rig = try PresenceRig(settings)
        let lines = "Event: message-summary" + (header.isEmpty ? "" : "\n" + header)
        let sent = try rig.run(
            PresenceRig.request("PUBLISH", "sip:alice@example.com", lines, body: "Messages"))
        #expect(sent[0].value("Expires") == expected)
    }

    @Test("a watcher whose Contact is the sender is not told")
    func sender() throws {
        let rig = try PresenceRig(
            body: """
                if (is_method("PUBLISH")) { handle_publish("sip:bob@10.1.2.9:5090"); }
                else { handle_subscribe(); }
                """)
        try rig.answer(rig.subscribe().notify)
        #expect(try rig.publish("Messages").map(\.line) == ["SIP/2.0 200 OK"])
    }

    @Test("a sender that is no SIP URI is refused")
    func badSender() throws {
        let rig = try PresenceRig(body: "handle_publish(\"nobody\"); note(\"$rc\");")
        #expect(try rig.publish("Messages").map(\.line) == ["SIP/2.0 400 Bad request"])
        #expect(rig.notes == ["-1"])
    }

    @Test("the priority that the script gives orders documents")
    func priority() throws {
        let rig = try PresenceRig(
            "xavp_cfg \"cfg\"\nretrieve_order 1\nretrieve_order_by \"priority\"",
            body: """
                if (is_method("PUBLISH")) {
                    $xavp(cfg=>priority) = $(hdr(X-Priority){s.int});
                    handle_publish();
                } else { handle_subscribe(); }
                """)
        _ = try rig.publish("Messages 9", cseq: 1, "X-Priority: 9")
        _ = try rig.publish("Messages 3", cseq: 2, "X-Priority: 3")
        #expect(try rig.subscribe().notify.body == "Messages 9", "the highest comes last")
    }
}
