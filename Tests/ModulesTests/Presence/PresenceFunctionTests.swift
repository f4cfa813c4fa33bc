import Basics
import JSONValue
import ModuleKit
import Subscriptions
import Synchronization
import Testing

@testable import Presence

/// The elements of an array, none of anything else.
private func items(_ value: JSONValue?) -> [JSONValue] {
    if case .array(let items)? = value { return items }
    return []
}

@Suite("functions, variables and commands of module presence")
struct PresenceFunctionTests {
    /// A rig whose MESSAGE runs `body`, while PUBLISH and SUBSCRIBE work.
    private func rig(_ body: String, _ settings: String = "", before: String = "") throws
        -> PresenceRig
    {
        try PresenceRig(
            settings, body: PresenceRig.body + " else { \(body) }", before: before)
    }

    private func message(_ rig: PresenceRig) throws -> [TMRig.Sent] {
        try rig.run(PresenceRig.request("MESSAGE", callID: "m"))
    }

    @Test("pres_has_subscribers knows whether somebody watches")
    func subscribers() throws {
        let rig = try rig(
            "pres_has_subscribers(\"sip:alice@example.com\", \"message-summary\"); note(\"$rc\");")
        _ = try message(rig)
        #expect(rig.notes == ["-1"])
        try rig.answer(rig.subscribe().notify)
        _ = try message(rig)
        #expect(rig.notes == ["1"])
    }

    @Test(
        "pres_auth_status says what the rules say",
        arguments: [
            (Authorisation.allow, "1"), (.confirm, "2"), (.noRule, "2"), (.block, "3"),
            (.politeBlock, "5"),
        ])
    func status(rule: Authorisation, expected: String) throws {
        let rig = try rig(
            "pres_auth_status(\"sip:bob@example.org\", \"sip:alice@example.com\"); note(\"$rc\");")
        rig.packages.rules.withLock { $0["sip:bob@example.org"] = rule }
        _ = try message(rig)
        #expect(rig.notes == [expected])
    }

    @Test("pres_update_watchers takes up the rules again and tells those whose state has changed")
    func update() throws {
        let rig = try rig(
            "pres_update_watchers(\"sip:alice@example.com\", \"presence\"); note(\"$rc\");")
        rig.packages.rules.withLock { $0["sip:bob@example.org"] = .confirm }
        try rig.answer(rig.subscribe("presence").notify)
        rig.packages.rules.withLock { $0["sip:bob@example.org"] = .allow }
        // The control thread may be done before the worker is, or after it.
        let atOnce = try message(rig)
        #expect(rig.notes == ["1"])
        rig.presence.commands.drain()
        let states = (atOnce + rig.takeSent()).map { $0.value("Subscription-State") }
        #expect(states.count == 1 && states[0].hasPrefix("active;expires="))
        #expect(rig.packages.reloads.withLock { $0 } == ["alice@example.com"])
    }

    @Test(
        "pres_refresh_watchers: types, and what cannot be",
        arguments: [
            ("\"message-summary\", 1", "1", 1), ("\"message-summary\", 0", "-1", 0),
            ("\"message-summary\", 7", "-1", 0), ("\"weather\", 1", "-1", 0),
            ("\"message-summary\", 2, \"pidf\", \"name\"", "1", 1),
            ("\"message-summary\", 2", "-1", 0),
            ("\"message-summary\", 2, \"away\", \"name\"", "1", 0),
            ("\"message-summary\", 2, \"gone\", \"name\"", "1", 0),
            ("\"weather\", 2, \"pidf\", \"name\"", "-1", 0),
        ])
    func refresh(arguments: String, result: String, count: Int) throws {
        let rig = try rig(
            "pres_refresh_watchers(\"sip:alice@example.com\", \(arguments)); note(\"$rc\");")
        try rig.answer(rig.subscribe().notify)
        let atOnce = try message(rig)
        rig.presence.commands.drain()
        let sent = atOnce + rig.takeSent()
        #expect(rig.notes == [result])
        #expect(sent.count == count)
        if arguments.contains("pidf"), count > 0 { #expect(sent.first?.body == "Messages open") }
    }

    @Test("$subs shows the subscription that was handled last")
    func subs() throws {
        let names = [
            "uri", "event", "callid", "from_tag", "contact", "expires", "status", "sockinfo",
        ]
        let text = names.map { "$subs(\($0))" }.joined(separator: " ")
        for (settings, expected) in [
            (
                "",
                "sip:alice@example.com message-summary call-1 w1 sip:bob@10.1.2.9:5090 600 1 "
                    + "udp:127.0.0.1:5060"
            ),
            ("pres_subs_mode 0", "<null> <null> <null> <null> <null> <null> <null> <null>"),
        ] {
            let rig = try PresenceRig(settings, body: "handle_subscribe(); note(\"\(text)\");")
            _ = try rig.subscribe()
            #expect(rig.notes == [expected])
        }
        #expect(scriptError("note(\"$subs(colour)\");", further: []) != "none")
    }

    @Test("the event route sees the answer and may end the subscription")
    func notifyReply() throws {
        let rig = try PresenceRig(
            "xavp_cfg \"cfg\"",
            before: """
                event_route[presence:notify-reply] {
                    note("$notify_reply($rs) $subs(callid) $subs(event)");
                    if ($notify_reply($rs) == 503) $xavp(cfg=>delete_subscription) = 1;
                }
                """)
        let first = try rig.subscribe(callID: "a").notify
        let second = try rig.subscribe(callID: "b").notify
        _ = try rig.subscribe(callID: "c")
        try rig.answer(first)
        try rig.answer(second, 503)
        for _ in 0..<9 { _ = rig.pass(4_000) }
        let event = "message-summary"
        #expect(rig.rig.notes == ["200 a \(event)", "503 b \(event)", "408 c \(event)"])
        #expect(try rig.count(event) == 1)
    }

    // MARK: Commands

    @Test("presentity_list shows what memory holds, filtered and page by page")
    func presentities() throws {
        let rig = try PresenceRig()
        for number in 1...5 {
            _ = try rig.run(
                PresenceRig.request(
                    "PUBLISH", "sip:u\(number)@example.com", "Event: message-summary",
                    body: "Messages \(number)"))
        }
        let services = rig.rig.services
        let all = try services.call("presence.presentity_list")["result"]
        #expect(items(all).count == 5)
        let one = try services.call(
            "presence.presentity_list", "full", "sip:u3@example.com", "message-summary")["result"]
        #expect(items(one).first?["body"] == "Messages 3")
        let basic = try services.call("presence.presentity_show", "basic", "u3", "*")["result"]
        #expect(items(basic).count == 1 && items(basic).first?["body"] == nil)
        var seen: Set<String> = []
        var after: JSONValue = ""
        for _ in 0..<9 {
            let page = try services.call(
                "presence.presentity_list", "basic", "*", "*", 2, after)["result"]
            for record in items(page?["records"]) {
                if case .string(let user)? = record["user"] { seen.insert(user) }
            }
            guard let next = page?["after"] else { break }
            after = next
        }
        #expect(seen == ["u1", "u2", "u3", "u4", "u5"])
    }

    @Test("watcher_list shows subscriptions, without the number of their connection")
    func watchers() throws {
        let rig = try PresenceRig()
        rig.rig.services.wire.open(7)
        _ = try rig.run(
            PresenceRig.request(
                "SUBSCRIBE", "sip:alice@example.com", "Event: presence;id=4", "User-Agent: t/1",
                "Contact: <sip:bob@[::1]:5090;transport=tcp>"), transport: .tcp, connection: 7)
        let result = try rig.rig.services.call("presence.watcher_list", "full")["result"]
        let record = try #require(items(result).first)
        #expect(record["pres_uri"] == "sip:alice@example.com" && record["event"] == "presence")
        #expect(record["event_id"] == "4" && record["user_agent"] == "t/1")
        #expect(record["socket"] == "tcp:[::1]:5060" && record["status"] == 1)
        #expect(record["expires"] == .integer(Int64(rig.now.seconds + 3_600)))
    }

    @Test(
        "commands refuse with Kamailio's code and words",
        arguments: [
            ("presence.refreshWatchers", ["", "presence", 1], "Empty presentity URI"),
            ("presence.refreshWatchers", ["sip:a@b", "", 1], "Empty event parameter"),
            (
                "presence.refreshWatchers", ["sip:a@b", "presence", 2],
                "No file uri or name parameters"
            ),
            (
                "presence.refreshWatchers", ["sip:a@b", "presence", 2, "", "n"],
                "Empty file uri parameter"
            ),
            (
                "presence.refreshWatchers", ["sip:a@b", "presence", 2, "u", ""],
                "Empty file name parameter"
            ),
            ("presence.refreshWatchers", ["sip:a@b", "weather", 1], "Execution failed"),
            ("presence.updateWatchers", ["sip:a@b", "message-summary"], "Processing error"),
            ("presence.updateWatchers", ["tel:1", "presence"], "Processing error"),
            ("presence.presentity_list", ["half"], "Unknown output mode"),
            ("presence.watcher_list", ["full", "*", "weather"], "no such event package"),
            ("presence.watcher_list", ["full", "*", "*", 0], "limit must be"),
            ("presence.watcher_list", ["full", "*", "*", 1, "x"], "after is"),
        ] as [(String, [JSONValue], String)])
    func refusals(method: String, parameters: [JSONValue], words: String) throws {
        let rig = try PresenceRig()
        let answer = try rig.rig.services.exchange(method, .array(parameters))
        #expect(answer["error"]?["code"] == 500)
        guard case .string(let text)? = answer["error"]?["message"] else {
            Issue.record("no message")
            return
        }
        #expect(text.hasPrefix(words))
    }

    @Test("refreshWatchers, updateWatchers and cleanup do what they say")
    func commands() throws {
        let rig = try PresenceRig()
        rig.packages.rules.withLock { $0["sip:bob@example.org"] = .confirm }
        try rig.answer(rig.subscribe("presence").notify)
        rig.packages.rules.withLock { $0["sip:bob@example.org"] = .allow }
        let services = rig.rig.services
        #expect(
            try services.call("presence.updateWatchers", "sip:alice@example.com", "presence")[
                "result"]
                != nil)
        let told = rig.takeSent()
        #expect(told.count == 1)
        try rig.answer(told[0])
        _ = try services.call("presence.refreshWatchers", "sip:alice@example.com", "presence", 1)
        #expect(rig.takeSent().count == 1)
        #expect(try services.call("presence.cleanup")["result"] == "Reload OK")
    }

    @Test("statistics count requests, and for each package what there is")
    func statistics() throws {
        let rig = try PresenceRig()
        _ = try rig.publish("Messages")
        _ = try rig.publish("", etag: "a.1.2.3.4", cseq: 2)
        try rig.answer(rig.subscribe().notify)
        let module = try #require(
            rig.rig.services.loadedModules.first { $0.name == "presence" })
        let values = Dictionary(
            module.statistics.map { ($0.name, $0.value) }, uniquingKeysWith: { one, _ in one })
        #expect(values["publish_accepted"] == 1 && values["publish_412"] == 1)
        #expect(values["subscribe_accepted"] == 1)
        #expect(values["message-summary_publications"] == 1)
        #expect(values["message-summary_active"] == 1)
        #expect(values["message-summary_notify_sent"] == 1)
        #expect(values["message-summary_notify_delivered"] == 1)
        #expect(values["message-summary_notify_in_flight"] == 0)
    }
}
