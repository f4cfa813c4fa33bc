import Foundation
import ModuleKit
import Subscriptions
import Testing

@testable import Presence

@Suite("parameters of module presence")
struct PresenceParameterTests {
    @Test("all documented parameters are declared, and nothing else")
    func documented() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("parameters.tsv")
        let rows = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
            .filter { $0.first == "presence" }
        let declared = PresenceModule.manifest.parameters
        #expect(rows.count == 45)
        #expect(Set(rows.map { $0[1] }) == Set(declared.map(\.name)))
        let defaults = PresenceModule.defaults
        // Rows are always found by all three names of a dialog: docs/differences.md.
        for row in rows where row[1] != "subs_remove_match" {
            guard let number = Int(row[3]),
                let found = declared.first(where: { $0.name == row[1] }),
                case .integer(let value) = found.value(in: defaults)
            else { continue }
            #expect(value == number, "default of \(row[1])")
        }
    }

    @Test(
        "what cannot be had is refused with its reason",
        arguments: [
            ("enable_dmq 1", "there is no dmq"), ("enable_subs_dmq 1", "there is no dmq"),
            ("min_expires_action 3", "1 to 2"),
            ("subs_db_mode 4", "0 to 3"), ("publ_cache 3", "0 to 2"),
            ("server_address \"nonsense\"", "sip URI"),
            ("retrieve_order_by \"body\"", "priority or received_time"),
            ("presentity_table \"a; drop\"", "letters"), ("skip_notify_dmq 1", "there is no dmq"),
            ("notifier_processes 2", "0 to 1"), ("notifier_poll_rate 20", "10"),
            ("timer_mode 0", "1"), ("dmq_peer_id \"other\"", "there is no dmq"),
            ("local_log_facility \"LOG_LOCAL1\"", "go one way"),
            ("db_table_lock_type 2", "0 to 1"), ("enable_pres_dmq 2", "0 to 1"),
            ("max_expires 100\nmin_expires 200", "above max_expires"),
        ])
    func refused(settings: String, words: String) {
        do {
            _ = try PresenceRig(settings)
            Issue.record("\(settings) is accepted")
        } catch {
            #expect("\(error)".contains(words), "\(error)")
        }
    }

    @Test("what means nothing here is accepted where it makes no difference, and the log says so")
    func ignored() throws {
        let rig = try PresenceRig(
            """
            subs_htable_size 11
            pres_htable_size 11
            timer_mode 1
            db_table_lock_type 0
            notifier_poll_rate 10
            enable_dmq 0
            enable_pres_dmq 1
            dmq_peer_id "presence"
            """)
        let lines = rig.rig.services.lines.all
        for name in ["subs_htable_size", "timer_mode", "notifier_poll_rate"] {
            #expect(lines.contains { $0.contains("presence: \(name) means nothing here") })
        }
    }

    @Test("the engine is told what the parameters say")
    func settings() {
        var parameters = PresenceParameters()
        parameters.expiresMax = 0
        parameters.expiresMin = 60
        parameters.ordersByColumn = true
        parameters.orderBy = "priority DESC"
        parameters.subscriptionMode = .databaseOnly
        let settings = parameters.agentSettings
        #expect(settings.expiresSecondsMax == 3_600 && settings.expiresSecondsMin == 60)
        #expect(settings.order == .priority(descending: true))
        #expect(settings.notifyIntervalSeconds == 5)
        parameters.notifierProcesses = 0
        #expect(parameters.agentSettings.notifyIntervalSeconds == 0)
    }

    @Test("subs_respond_200, local_log_level and server_address change while the server runs")
    func runtime() throws {
        let rig = try PresenceRig()
        let store = rig.rig.services.settings
        try store.set(group: "presence", name: "subs_respond_200", to: .integer(0))
        try store.set(group: "presence", name: "server_address", to: .string("sip:p@h.example"))
        let reply = try rig.subscribe().reply
        #expect(reply.line == "SIP/2.0 202 OK")
        #expect(reply.value("Contact") == "<sip:p@h.example>")
    }

    @Test("the log has a line for each NOTIFY at local_log_level")
    func log() throws {
        let rig = try PresenceRig("local_log_level -1")
        _ = try rig.subscribe()
        #expect(
            rig.rig.services.lines.all.contains(
                "error NOTIFY sip:bob@example.org via sip:bob@10.1.2.9:5090 on behalf of "
                    + "sip:alice@example.com for event message-summary"))
    }
}
