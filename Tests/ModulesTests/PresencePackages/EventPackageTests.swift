import Basics
import EventDocuments
import JSONValue
import ModuleKit
import Presence
import Subscriptions
import TM
import Testing

@testable import PresenceDialoginfo
@testable import PresenceMWI
@testable import PresenceReginfo
@testable import PresenceXML

/// The packages of modules presence_reginfo, presence_dialoginfo and presence_mwi.
@Suite("Event packages")
struct EventPackageTests {
    @Test("message summaries pass as they are; what is none is malformed")
    func summaries() throws {
        var parameters = PresenceMWIModule.defaults
        parameters.expiresSeconds = 99
        let package = PresenceMWIModule.package(parameters)
        #expect(package.eventText == Array("message-summary".utf8))
        #expect(package.defaultExpiresSeconds == 99 && package.compose == nil)
        #expect(!package.needsAuthorisation)
        #expect(package.verdict("Messages-Waiting: yes\r\n") == .accepted(DocumentFacts()))
        #expect(package.verdict("Messages-Waiting: perhaps\r\n") == .malformed)
    }

    @Test("registration information counts its versions for each watcher")
    func registrationVersions() {
        let package = PresenceReginfoModule.package(PresenceReginfoModule.defaults)
        #expect(package.firstVersion == 0 && package.eventText == Array("reg".utf8))
        let document = Published.registration("a")
        #expect(
            package.composed(document, version: 5)
                == document.replacing("version=\"0\"", with: "version=\"5\""))
        #expect(package.composed(Published.registration("b"), document, version: 0) == document)
        #expect(package.verdict(document) == .accepted(DocumentFacts()))
        #expect(package.verdict("junk") == .unsupported)
    }

    @Test("without merging, what is withdrawn last leaves terminated registrations")
    func registrationWithdrawn() throws {
        let package = PresenceReginfoModule.package(PresenceReginfoModule.defaults)
        let gone = try #require(package.composed(withdrawn: Published.registration("a")))
        #expect(gone.contains("state=\"terminated\"") && !gone.contains("<contact"))
        #expect(package.composed() == nil)
        let left = package.composed(
            Published.registration("b"), withdrawn: Published.registration("a"))
        #expect(left?.contains("sip:b@") == true && left?.contains("terminated") == false)
    }

    @Test("with merging, one document has the contacts of all")
    func registrationMerged() throws {
        var parameters = PresenceReginfoModule.defaults
        parameters.mergesDocuments = true
        let package = PresenceReginfoModule.package(parameters)
        let merged = try #require(
            package.composed(Published.registration("a"), Published.registration("b"), version: 3))
        let bytes = Array(merged.utf8)
        let info = try RegistrationInfo(parsing: bytes.span)
        #expect(info.version == 3 && info.registrations.count == 1)
        #expect(info.registrations[0].contacts.map(\.id) == ["a", "b"])
    }

    @Test(
        "dialogs say which they are and when they have ended",
        arguments: [
            ("early", false), ("terminated", true),
        ])
    func dialogFacts(_ state: String, _ isTerminated: Bool) {
        let package = PresenceDialoginfoModule.package(PresenceDialoginfoModule.defaults)
        let facts = DocumentFacts(dialogID: Array("d1".utf8), isTerminated: isTerminated)
        #expect(package.verdict(Published.dialog("d1", state)) == .accepted(facts))
        #expect(package.verdict(Published.dialog("", "early")) == .accepted(DocumentFacts()))
        #expect(package.verdict("<dialog-info>") == .unsupported)
    }

    @Test("dialogs of all devices are shown, newest first, with a version for each watcher")
    func dialogs() throws {
        let package = PresenceDialoginfoModule.package(PresenceDialoginfoModule.defaults)
        let (one, two) = (Published.dialog("a", "early"), Published.dialog("b", "confirmed"))
        #expect(package.composed(one, version: 12)?.contains("version=\"12\"") == true)
        let both = try #require(package.composed(one, two, version: 2))
        let places = ["version=\"2\"", "id=\"b\"", "id=\"a\""].map {
            both.firstRange(of: $0)?.lowerBound
        }
        #expect(
            places.compactMap { $0 }.sorted() == places.compactMap { $0 } && !places.contains(nil))
        #expect(package.composed(withdrawn: one)?.contains("<state>terminated</state>") == true)
        #expect(package.composed() == nil)
    }

    @Test("phones that can show one dialog get the one that matters, or a dummy")
    func singleDialogs() {
        var parameters = PresenceDialoginfoModule.defaults
        parameters.showsSingle = true
        parameters.showsDummy = true
        let package = PresenceDialoginfoModule.package(parameters)
        let single = package.composed(
            Published.dialog("a", "early"), Published.dialog("b", "trying"))
        #expect(single?.contains("id=\"a\"") == true && single?.contains("id=\"b\"") == false)
        #expect(package.composed()?.contains("<state>terminated</state>") == true)
    }

    @Test("each module adds its package to presence, and none a second time")
    func loading() throws {
        let services = StandInServices()
        try services.load(PresenceModule.self)
        try services.load(PresenceMWIModule.self, [("default_expires", .integer(7))])
        try services.load(PresenceReginfoModule.self, [("aggregate_presentities", .integer(1))])
        try services.load(
            PresenceDialoginfoModule.self,
            [("force_single_dialog", .integer(1)), ("force_dummy_dialog", .integer(1))])
        #expect(throws: StartFailure.self) { try services.load(PresenceMWIModule.self) }
    }

    @Test("without module presence a package says what is missing")
    func alone() {
        func message(_ load: () throws -> Void) -> String? {
            do {
                try load()
                return nil
            } catch {
                return (error as? StartFailure)?.message
            }
        }
        let services = StandInServices()
        #expect(
            message { try services.load(PresenceMWIModule.self) }
                == "presence_mwi: load module presence before")
        #expect(
            message { try services.load(PresenceReginfoModule.self) }
                == "presence_reginfo: load module presence before")
        #expect(
            message { try services.load(PresenceDialoginfoModule.self) }
                == "presence_dialoginfo: load module presence before")
        #expect(
            message { try services.load(PresenceXMLModule.self) }
                == "presence_xml: load module presence before")
    }

    @Test("a package of one's own is one declaration")
    func newPackage() throws {
        var package = EventPackage("weather", contentType: "text/plain")
        package.check = { $0.equals("storm") ? .unsupported : .accepted(DocumentFacts()) }
        let services = StandInServices()
        let presence = try services.load(PresenceModule.self)
        try presence.add(package)
        #expect(throws: StartFailure.self) { try presence.add(package) }
    }
}

/// The packages of module presence_xml.
@Suite("Event packages of presence_xml")
struct PresenceXMLPackageTests {
    private func names(_ parameters: (String, Int)...) throws -> [String] {
        let rig = try PackageRig(
            parameters.map { ($0.0, .integer($0.1)) } + [("force_active", .integer(1))])
        return rig.module.packages.map { String(decoding: $0.eventText, as: UTF8.self) }
    }

    @Test("packages are there unless they are left out; shared lines only when asked for")
    func which() throws {
        #expect(try names() == ["presence", "presence.winfo", "xcap-diff"])
        #expect(try names(("disable_presence", 1)) == ["presence.winfo", "xcap-diff"])
        #expect(try names(("disable_winfo", 1), ("disable_xcapdiff", 1)) == ["presence"])
        #expect(
            try names(("disable_bla", 0))
                == ["presence", "presence.winfo", "dialog;sla", "xcap-diff"])
        #expect(try names(("passive_mode", 1)) == [])
    }

    @Test("who watches a shared line watches the user of Contact at the host of From")
    func sharedLine() throws {
        let rig = try ScriptRig(
            PresenceRig.body,
            before: """
                modparam("presence_xml", "force_active", 1)
                modparam("presence_xml", "disable_bla", 0)

                """,
            further: [
                ModuleBlueprint(TMModule.self), ModuleBlueprint(PresenceModule.self),
                ModuleBlueprint(PresenceXMLModule.self),
            ])
        let request = PresenceRig.request(
            "SUBSCRIBE", "sip:phone1@example.com", "Event: dialog;sla", "Expires: 600",
            "Contact: <sip:line7@10.1.2.9:5090>")
        #expect(try rig.run(request, now: SystemClock.wall()) == ["1"])
        let list = try rig.services.call("presence.watcher_list")
        let text = list["result"]?.encoded() ?? ""
        #expect(text.contains("sip:line7@example.org") && !text.contains("phone1"), "\(text)")
    }

    @Test("bad XML is unsupported, other presence is not looked at closely")
    func checks() throws {
        let rig = try PackageRig([("force_active", .integer(1)), ("disable_bla", .integer(0))])
        let presence = rig.module.packages[0]
        #expect(presence.verdict(Published.presence("t", "open")) == .accepted(DocumentFacts()))
        #expect(presence.verdict("<a/>") == .accepted(DocumentFacts()))
        #expect(presence.verdict("<presence>") == .unsupported)
        let lines = rig.module.packages[2]
        #expect(lines.keepsEntityTag && lines.compose == nil)
        #expect(lines.verdict(Published.dialog("a", "early")) == .accepted(DocumentFacts()))
        #expect(lines.verdict("junk") == .unsupported)
        #expect(rig.module.packages[3].verdict("junk") == .accepted(DocumentFacts()))
    }

    @Test("one document passes, several are merged, the withdrawn is closed")
    func composing() throws {
        let presence = try PackageRig([("force_active", .integer(1))]).module.packages[0]
        let (one, two) = (Published.presence("a", "open"), Published.presence("b", "open"))
        #expect(presence.composed(one) == nil)
        #expect(presence.composed() == nil)
        let both = try #require(presence.composed(one, two))
        #expect(both.contains("id=\"a\"") && both.contains("id=\"b\""))
        #expect(presence.composed(withdrawn: one)?.contains("<basic>closed</basic>") == true)
        let other = try #require(presence.composed("<a/>"))
        #expect(other.contains("<presence") && !other.contains("<a/>"))
    }

    @Test("the best document, or a dummy, where the settings say so")
    func singleBody() throws {
        let presence = try PackageRig([
            ("force_active", .integer(1)), ("force_dummy_presence", .integer(1)),
            ("force_presence_single_body", .integer(1)),
            ("presence_single_body_priorities", .string("idle|busy")),
        ]).module.packages[0]
        let busy = Published.presence("a", "open", note: "busy")
        let idle = Published.presence("b", "open", note: "idle")
        #expect(presence.composed(busy, idle) == busy)
        #expect(presence.composed(idle, withdrawn: busy) == idle)
        #expect(presence.composed()?.contains("Available") == true)
        #expect(presence.composed(withdrawn: busy)?.contains("closed") == true)
    }

    @Test("the element of the ranking is a parameter")
    func rankedElement() throws {
        let presence = try PackageRig([
            ("force_active", .integer(1)), ("force_presence_single_body", .integer(1)),
            ("presence_single_body_priorities", .string("closed|open")),
            ("presence_single_body_lookup_element", .string("basic")),
        ]).module.packages[0]
        let (open, closed) = (Published.presence("a", "open"), Published.presence("b", "closed"))
        #expect(presence.composed(open, closed) == open)
    }

    @Test("watcher information is written for the engine")
    func watcherInformation() throws {
        let winfo = try PackageRig([("force_active", .integer(1))]).module.packages[1]
        #expect(!winfo.isPublished && winfo.firstVersion == 0)
        let list = WatcherList(
            presentity: Array("sip:a@b".utf8), package: Array("presence".utf8), isFull: false,
            watchers: [
                WatcherEntry(
                    id: Array("call".utf8), status: .terminated, uri: Array("sip:c@d".utf8),
                    event: "rejected"),
                WatcherEntry(id: Array("x".utf8), status: .active, uri: Array("sip:e@d".utf8)),
            ])
        let document = try #require(winfo.composeWatchers?(list))
        let info = try WatcherInfo(parsing: document.bytes.span)
        #expect(!info.isFull && document.versionPlace != nil)
        #expect(info.lists[0].watchers.map(\.status) == ["terminated", "active"])
        #expect(info.lists[0].watchers.map(\.event) == ["rejected", "subscribe"])
    }

    @Test("through the engine: publish, watch, publish again, withdraw")
    func engine() throws {
        let rig = try PackageRig([("force_active", .integer(1))])
        #expect(try rig.subscribe("bob") == ["active "])
        let first = try rig.publish(Published.presence("a", "open"))
        #expect(rig.notices() == ["active \(Published.presence("a", "open"))"])
        try rig.publish(Published.presence("b", "open"))
        let both = rig.notices()
        #expect(both.count == 1 && both[0].contains("id=\"a\"") && both[0].contains("id=\"b\""))
        guard case .accepted(let tag?, _) = first else {
            Issue.record("no entity tag")
            return
        }
        try rig.publish("", ifMatch: String(decoding: tag.bytes, as: UTF8.self), expires: 0)
        let last = rig.notices()
        #expect(last.count == 1 && last[0].contains("<basic>closed</basic>"))
        #expect(try rig.publish("junk") == .unsupported)
    }

    @Test("through the engine: who watches is told to who asks")
    func engineWatchers() throws {
        let rig = try PackageRig([("force_active", .integer(1))])
        let first = try rig.subscribe("alice", "presence.winfo")
        #expect(first.count == 1 && first[0].contains("version=\"0\" state=\"full\""))
        let told = try rig.subscribe("bob")
        #expect(told.contains { $0.contains("sip:bob@example.com") && $0.contains("partial") })
        #expect(told.contains { $0.contains("version=\"1\"") })
    }
}
