import Basics
import EventDocuments
import ModuleKit
import PUADialoginfo
import RouteScript
import Synchronization
import Testing

@testable import Dialog
@testable import PUA

/// A proxy that publishes its calls, and a presence server that takes everything.
final class CallPublishingRig {
    let tm: TMRig
    private let agent: PUAAgent
    private var tags = 0

    init(
        _ parameters: String = "", manage: String = "dlg_manage();", before: String = "",
        within: String = ""
    ) throws {
        tm = try TMRig(
            """
            if (has_totag()) {
                \(before)
                loose_route();
                \(within)
                t_relay();
                exit;
            }
            \(manage)
            record_route();
            t_relay();
            """,
            before: "modparam(\"pua\", \"outbound_proxy\", \"sip:10.5.5.5:5070\")\n" + parameters,
            also: [
                ModuleBlueprint(DialogModule.self), ModuleBlueprint(PUAModule.self),
                ModuleBlueprint(PUADialoginfoModule.self),
            ])
        let agent = tm.rig.services.module(PUAModule.self)?.agent.load()
        self.agent = try #require(agent)
        self.agent.stopThread()
    }

    /// One PUBLISH, in the words that tests compare.
    struct Published {
        let presentity: String
        let expires: String
        let text: String

        var state: String { part("<state>", "</state>") }
        func attribute(_ name: String) -> String { part("\(name)=\"", "\"") }

        private func part(_ from: String, _ to: String) -> String {
            guard let start = text.firstRange(of: from) else { return "" }
            let rest = text[start.upperBound...]
            return String(rest.prefix(upTo: rest.firstRange(of: to)?.lowerBound ?? rest.endIndex))
        }
        /// User and state: "alice early".
        var word: String {
            let user = presentity.split(separator: ":").last?.split(separator: "@").first ?? ""
            return "\(user) \(state)"
        }
    }

    /// All that is published now; each gets 200.
    func published() throws -> [Published] {
        var all: [Published] = []
        for _ in 0..<10 {
            agent.turn(now: WallTime(seconds: 1_700_000_000))
            let sent = tm.takeSent().filter { $0.line.hasPrefix("PUBLISH") }
            guard !sent.isEmpty else { break }
            for request in sent {
                #expect(request.header("Event") == ["dialog"])
                tags += 1
                let expires = request.header("Expires").first ?? ""
                all.append(
                    Published(
                        presentity: String(request.line.split(separator: " ")[1]),
                        expires: expires, text: request.text))
                try tm.receive(
                    request.response(
                        200, tag: "p", "SIP-ETag: e\(tags)\nExpires: \(expires)\n"))
            }
        }
        return all
    }

    /// What is published now: "alice early".
    func words() throws -> [String] { try published().map(\.word) }

    private static let users = "From: \"Alice A\" <sip:alice@example.com>;tag=a\n"

    /// An INVITE of alice's to bob, both of this domain.
    func invite(
        from: String = "sip:alice@example.com", to: String = "sip:bob@example.com",
        uri: String = "sip:bob@10.1.2.9:5090"
    ) throws -> TMRig.Sent {
        let request = Call.request(uri: uri)
            .replacing("From: <sip:alice@example.org>", with: "From: \"Alice A\" <\(from)>")
            .replacing("To: <sip:bob@example.com>", with: "To: <\(to)>")
        return try #require(tm.run(request).last { $0.line.hasPrefix("INVITE") })
    }

    /// A request of the caller within the call.
    func within(_ method: String, _ invite: TMRig.Sent, branch: String, number: Int) throws {
        let route = try #require(invite.header("Record-Route").first)
        let request = Call.request(
            method, branch: branch, number: number, toTag: "b", "Route: \(route)\n"
        ).replacing("sip:alice@example.org", with: "sip:alice@example.com")
        try tm.run(request)
    }

    func receive(_ response: String) throws { try tm.receive(response) }
}

@Suite("Calls that are published")
struct PUADialoginfoTests {
    @Test("caller and callee are published as the call goes on, each for itself")
    func wholeCall() throws {
        let rig = try CallPublishingRig()
        let invite = try rig.invite()
        let trying = try rig.published()
        #expect(trying.map(\.word) == ["alice trying"] && trying[0].expires == "43201")
        #expect(trying[0].attribute("direction") == "initiator")
        #expect(trying[0].attribute("entity") == "sip:alice@example.com")
        try rig.receive(invite.response(180, tag: "b", DialogRig.contact))
        let early = try rig.published()
        #expect(early.map(\.word) == ["alice early", "bob early"])
        #expect(early[1].attribute("direction") == "recipient")
        #expect(early[1].attribute("local-tag") == "b" && early[1].attribute("remote-tag") == "a")
        #expect(early[0].attribute("dialog id") != early[1].attribute("dialog id"))
        try rig.receive(invite.response(200, tag: "b", DialogRig.contact))
        #expect(try rig.words() == ["alice confirmed", "bob confirmed"])
        try rig.within("ACK", invite, branch: "ack", number: 1)
        #expect(try rig.words() == [])
        try rig.within("INVITE", invite, branch: "re", number: 2)
        #expect(try rig.words() == ["alice confirmed", "bob confirmed"])
        try rig.within("BYE", invite, branch: "bye", number: 3)
        let over = try rig.published()
        #expect(over.map(\.word) == ["alice terminated", "bob terminated"])
        #expect(over.map(\.expires) == ["11", "11"])
        #expect(over[0].attribute("dialog id") == trying[0].attribute("dialog id"))
    }

    @Test("a phone that never rang is not shown as one that has stopped")
    func refused() throws {
        let rig = try CallPublishingRig()
        let invite = try rig.invite()
        try rig.receive(invite.response(486, tag: "b"))
        #expect(try rig.words() == ["alice terminated"])
    }

    @Test("a response without tag is proceeding, and one with a tag early")
    func proceeding() throws {
        let rig = try CallPublishingRig()
        let invite = try rig.invite()
        _ = try rig.published()
        var response = invite.response(183, tag: "b")
        response = response.replacing(";tag=b", with: "")
        try rig.receive(response)
        #expect(try rig.words() == ["alice proceeding", "bob proceeding"])
        try rig.receive(invite.response(180, tag: "b"))
        #expect(try rig.words() == ["alice early", "bob early"])
    }

    @Test("documents say who talks to whom, and are those of the package")
    func documents() throws {
        let rig = try CallPublishingRig("modparam(\"pua_dialoginfo\", \"attribute_display\", 1)")
        let invite = try rig.invite()
        try rig.receive(invite.response(180, tag: "b", DialogRig.contact))
        let text = try #require(try rig.published().last?.text)
        #expect(text.contains("<identity display=\"bob\">sip:bob@example.com</identity>"))
        #expect(text.contains("<target uri=\"sip:bob@10.1.2.9:5090\"/>"))
        #expect(text.contains("<identity display=\"Alice A\">sip:alice@example.com</identity>"))
        #expect(text.contains("<target uri=\"sip:alice@10.1.2.3:5070\"/>"))
        let body = Array(
            text.suffix(from: try #require(text.firstRange(of: "<?xml")).lowerBound).utf8)
        #expect(try DialogInfo.check(body.span).dialogIDs.count == 1)
    }

    @Test(
        "what documents show can be left out",
        arguments: [
            ("include_callid", "call-id="), ("include_tags", "-tag="),
            ("include_localremote", "<identity"),
        ])
    func leftOut(parameter: String, text: String) throws {
        for value in [0, 1] {
            let rig = try CallPublishingRig(
                "modparam(\"pua_dialoginfo\", \"\(parameter)\", \(value))")
            let invite = try rig.invite()
            try rig.receive(invite.response(180, tag: "b"))
            let all = try rig.published()
            #expect(all.count == 2)
            #expect(all.allSatisfy { $0.text.contains(text) == (value == 1) })
        }
    }

    /// The states of a call that rings, is answered, meets a new INVITE and ends.
    private func course(_ parameters: String, manage: String = "dlg_manage();") throws -> [String] {
        let rig = try CallPublishingRig(parameters, manage: manage)
        let invite = try rig.invite()
        var words = try rig.words()
        try rig.receive(invite.response(180, tag: "b", DialogRig.contact))
        words += try rig.words()
        try rig.receive(invite.response(200, tag: "b", DialogRig.contact))
        words += try rig.words()
        try rig.within("INVITE", invite, branch: "re", number: 2)
        words += try rig.words()
        try rig.within("BYE", invite, branch: "bye", number: 3)
        return words + (try rig.words())
    }

    @Test("callee_trying, caller_confirmed and publish_dialog_req_within do what they say")
    func switches() throws {
        let all = try course(
            """
            modparam("pua_dialoginfo", "callee_trying", 1)
            modparam("pua_dialoginfo", "caller_confirmed", 1)
            modparam("pua_dialoginfo", "publish_dialog_req_within", 0)
            """)
        #expect(
            all == [
                "alice trying", "bob trying", "alice confirmed", "bob early", "alice confirmed",
                "bob confirmed", "alice terminated", "bob terminated",
            ])
    }

    @Test("a flag decides whether anything is published, and then for strangers as well")
    func publishFlag() throws {
        let parameter = "modparam(\"pua_dialoginfo\", \"send_publish_flag\", 8)"
        #expect(try course(parameter) == [])
        let rig = try CallPublishingRig(parameter, manage: "setflag(8); dlg_manage();")
        let invite = try rig.invite(to: "sip:carol@elsewhere.net")
        try rig.receive(invite.response(180, tag: "b"))
        #expect(try rig.words() == ["alice early", "carol early"])
    }

    @Test("without that flag only users of own domains are published")
    func foreign() throws {
        let rig = try CallPublishingRig()
        let invite = try rig.invite(
            from: "sip:eve@elsewhere.net", to: "sip:bob@example.com")
        try rig.receive(invite.response(180, tag: "b"))
        #expect(try rig.words() == ["bob early"])
        let other = try CallPublishingRig()
        let call = try other.invite(from: "sip:a@elsewhere.net", to: "sip:b@elsewhere.net")
        try other.receive(call.response(180, tag: "b"))
        #expect(try other.words() == [])
    }

    @Test("a side can be hidden: it is not published, and the other's watchers see a stand-in")
    func hidden() throws {
        let rig = try CallPublishingRig(
            """
            modparam("pua_dialoginfo", "disable_caller_publish_flag", 9)
            modparam("pua_dialoginfo", "caller_entity_when_publish_disabled", "sip:x@example.com")
            modparam("pua_dialoginfo", "attribute_display", 1)
            """, manage: "setflag(9); dlg_manage();")
        let invite = try rig.invite()
        try rig.receive(invite.response(180, tag: "b", DialogRig.contact))
        let all = try rig.published()
        #expect(all.map(\.word) == ["bob early"])
        #expect(all[0].text.contains(">sip:x@example.com<"))
        let body = try #require(all[0].text.firstRange(of: "<remote>"))
        #expect(!all[0].text[body.lowerBound...].contains("lice"), "neither name nor address")
    }

    @Test("the callee can be hidden as well")
    func hiddenCallee() throws {
        let words = try course(
            "modparam(\"pua_dialoginfo\", \"disable_callee_publish_flag\", 3)",
            manage: "setflag(3); dlg_manage();")
        #expect(words.allSatisfy { $0.hasPrefix("alice") } && words.count == 5)
    }

    @Test(
        "attributes name the presentities, several of a side, and may change before loose_route")
    func attributes() throws {
        let rig = try CallPublishingRig(
            """
            modparam("pua_dialoginfo", "use_pubruri_avps", 1)
            modparam("pua_dialoginfo", "pubruri_caller_avp", "$avp(s:from)")
            modparam("pua_dialoginfo", "pubruri_callee_avp", "$avp(to)")
            modparam("pua_dialoginfo", "refresh_pubruri_avps_flag", 7)
            """,
            manage: """
                $avp(from) = "sip:one@example.com";
                $avp(from) = "sip:two@example.com";
                $avp(to) = "sip:three@elsewhere.net";
                dlg_manage();
                """, before: "setflag(7); $avp(from) = \"sip:four@example.com\";")
        let invite = try rig.invite()
        let all = try rig.published()
        #expect(all.map(\.word) == ["two trying", "one trying"])
        #expect(all.allSatisfy { $0.attribute("entity") == "sip:alice@example.com" })
        try rig.receive(invite.response(200, tag: "b", DialogRig.contact))
        #expect(try rig.words() == ["two confirmed", "one confirmed"])
        try rig.within("INVITE", invite, branch: "re", number: 2)
        #expect(try rig.words() == ["four confirmed"])
    }

    @Test("presentities are kept with the call, where a script may change them")
    func variables() throws {
        let rig = try CallPublishingRig(
            """
            modparam("pua_dialoginfo", "pubruri_caller_dlg_var", "pa")
            modparam("pua_dialoginfo", "pubruri_callee_dlg_var", "pb")
            """,
            within: "note(\"$dlg_var(pa) $dlg_var(pb)\"); $dlg_var(pa) = \"sip:x@example.com\";")
        let invite = try rig.invite()
        #expect(try rig.words() == ["alice trying"])
        try rig.receive(invite.response(200, tag: "b", DialogRig.contact))
        _ = try rig.published()
        try rig.within("ACK", invite, branch: "ack", number: 1)
        try rig.within("BYE", invite, branch: "bye", number: 2)
        #expect(try rig.words() == ["x terminated", "bob terminated"])
        #expect(rig.tm.notes()[0] == "sip:alice@example.com sip:bob@example.com")
    }

    @Test("the request URI may say who is called")
    func requestURI() throws {
        let rig = try CallPublishingRig(
            "modparam(\"pua_dialoginfo\", \"include_req_uri\", 1)",
            manage: "dlg_manage(); $ru = \"sip:bob@10.1.2.9:5090\";")
        let invite = try rig.invite(uri: "sip:bobby@example.com")
        try rig.receive(invite.response(180, tag: "b"))
        let all = try rig.published()
        #expect(all.map(\.word) == ["alice early", "bobby early"])
        #expect(all[0].text.contains("<identity>sip:bobby@example.com</identity>"))
    }

    @Test("ids, lifetimes and the own identity can be given")
    func further() throws {
        let rig = try CallPublishingRig(
            """
            modparam("pua_dialoginfo", "use_uuid", 1)
            modparam("pua_dialoginfo", "override_lifetime", 300)
            modparam("pua_dialoginfo", "local_identity_dlg_var", "me")
            """, manage: "$dlg_var(me) = \"sip:desk@example.com\"; dlg_manage();")
        _ = try rig.invite()
        let all = try rig.published()
        #expect(all.map(\.expires) == ["301"])
        #expect(all[0].attribute("dialog id").count == 37)
        #expect(all[0].text.contains("<identity>sip:desk@example.com</identity>"))
    }

    @Test(
        "settings that cannot work are refused",
        arguments: [
            ("use_pubruri_avps\", 1", "needs pubruri_caller_avp"),
            ("pubruri_caller_avp\", \"x\"", "$avp(name)"),
            ("caller_entity_when_publish_disabled\", \"nobody\"", "no SIP URI"),
            ("pubruri_callee_dlg_var\", \"\"", "is empty"),
        ])
    func refusals(setting: String, reason: String) {
        do {
            _ = try CallPublishingRig("modparam(\"pua_dialoginfo\", \"\(setting))")
            Issue.record("accepted")
        } catch let failure as StartFailure {
            #expect(failure.message.contains(reason))
        } catch {
            Issue.record("\(error)")
        }
    }
}
