import Basics
import ModuleKit
import Presence
import Subscriptions
import Synchronization
import TM
import Testing

@testable import PresenceXML

/// Module `presence_xml` beside a presence server that has started.
@Suite("presence_xml beside a running presence server")
struct PresenceXMLLiveTests {
    /// The modules, with alice's document published.
    private final class Live {
        let database = RulesDatabase()
        let services: StandInServices
        let presence: PresenceModule
        let module: PresenceXMLModule
        let tm: TMModule

        init(
            _ parameters: [(String, SettingValue)], presence settings: [(String, SettingValue)] = []
        )
            throws
        {
            services = StandInServices(database: database)
            tm = try services.load(TMModule.self)
            presence = try services.load(PresenceModule.self, settings)
            module = try services.load(PresenceXMLModule.self, parameters)
            try tm.start()
            try presence.start()
        }

        deinit { tm.stop() }

        func publish(_ body: String) throws {
            let agent = try #require(presence.agent)
            let package = agent.packages.named("presence".utf8.span)
            let (user, host) = (Array("alice".utf8), Array("example.com".utf8))
            let (none, document) = ([UInt8](), Array(body.utf8))
            var request = PublishRequest(
                package: try #require(package), user: user.span, host: host.span,
                ifMatch: none.span, body: document.span, sender: none.span)
            request.expiresSeconds = 600
            var orders: [NotifyOrder] = []
            let outcome = agent.publish(request, now: SystemClock.wall(), into: &orders)
            guard case .accepted = outcome else { throw StartFailure("\(outcome)") }
        }
    }

    private let alice = Array("sip:alice@example.com".utf8)

    private func person(_ inner: String) -> String {
        """
        <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" \
        xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="pres:alice@example.com">\
        <tuple id="t"><status><basic>open</basic></status></tuple>\
        <dm:person id="p">\(inner)</dm:person></presence>
        """
    }

    @Test("a script can ask for a status and an activity")
    func functions() throws {
        let live = try Live([("force_active", .integer(1))])
        #expect(live.module.hasStatus("open", alice) == -1)
        try live.publish(person("<r:activities><r:on-the-phone/></r:activities>"))
        #expect(live.module.hasStatus("open", alice) == 1)
        #expect(live.module.hasStatus("closed", alice) == -1)
        #expect(live.module.hasActivity("on-the-phone", alice) == 1)
        #expect(live.module.hasActivity("away", alice) == -1)
        #expect(live.module.hasStatus("open", Array("sip:bob@example.com".utf8)) == -1)
        let rows = PresenceXMLModule.manifest.functions.map(\.name)
        #expect(rows == ["pres_check_basic", "pres_check_activities"])
    }

    @Test("with enable_sphere_check a rule asks where the presentity is", arguments: [true, false])
    func spheres(_ isChecked: Bool) throws {
        let live = try Live(
            [], presence: [("enable_sphere_check", .integer(isChecked ? 1 : 0))])
        live.database.set(
            "alice", RuleText.document("allow", conditions: "<cr:sphere value=\"work\"/>"))
        try live.module.start()
        let watcher = Array("sip:bob@example.com".utf8)
        #expect(live.module.authorise(alice.span, watcher.span) == .noRule)
        try live.publish(person("<r:sphere><r:work/></r:sphere>"))
        let found = live.module.authorise(alice.span, watcher.span)
        #expect(found == (isChecked ? .allow : .noRule))
        live.module.stop()
    }

    @Test("a change of rules reaches the engine, and the reader does not wait for itself")
    func reload() throws {
        let live = try Live([])
        try live.module.start()
        live.database.set("alice", RuleText.document("allow", to: "bob"))
        let watcher = Array("sip:bob@example.com".utf8)
        #expect(live.module.authorise(alice.span, watcher.span) == .unknown)
        live.module.reader.load()?.drain()
        #expect(live.module.authorise(alice.span, watcher.span) == .allow)
        let agent = try #require(live.presence.agent)
        let package = agent.packages.named("presence".utf8.span)
        live.database.set("alice", RuleText.document("block", to: "bob"))
        live.presence.reauthorise(
            user: Array("alice".utf8), host: Array("example.com".utf8),
            package: try #require(package))
        #expect(live.module.authorise(alice.span, watcher.span) == .block)
        live.module.stop()
    }
}
