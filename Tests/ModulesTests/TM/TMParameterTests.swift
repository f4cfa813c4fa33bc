import Transactions
import Synchronization
import Basics
import ModuleKit
import TMX
import Testing

@testable import TM

@Suite("parameters of module tm")
struct TMParameterTests {
    private static let modules = [ModuleBlueprint(TMModule.self), ModuleBlueprint(TMXModule.self)]

    private func fault(_ module: String, _ name: String, _ value: String) -> String {
        do {
            _ = try ScriptRig(
                "exit;", before: "modparam(\"\(module)\", \"\(name)\", \(value))\n",
                further: Self.modules)
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "a choice that this server does not have takes the value of what it does, and no other",
        arguments: [
            ("ruri_matching", 1), ("via1_matching", 1), ("reply_matching", 1),
            ("reparse_invite", 1), ("reparse_on_dns_failover", 1), ("dns_reuse_rcv_socket", 1),
            ("enable_uac_fr", 1), ("e2e_cancel_hop_by_hop", 1), ("delayed_reply", 1),
            ("reply_relay_mode", 1), ("callid_matching", 0), ("callid_cseq_matching", 0),
            ("pass_provisional_replies", 0), ("headers_mode", 0), ("rich_redirect", 0),
            ("local_ack_branch_mode", 0), ("local_ack_mode", 0), ("evlreq_mode", 0),
        ])
    func fixed(name: String, value: Int) {
        #expect(fault("tm", name, "\(value)") == "none")
        for other in [1 - value, 2, -1] {
            let words = fault("tm", name, "\(other)")
            #expect(words.contains("\(name) can only be \(value): "), "\(words)")
        }
        #expect(fault("tm", name, "\"maybe\"") != "none")
    }

    @Test("the same for module tmx")
    func fixedOfTMX() {
        #expect(fault("tmx", "precheck_trans", "1") == "none")
        #expect(fault("tmx", "precheck_trans", "0").contains("precheck_trans can only be 1"))
    }

    @Test(
        "what cannot be had is refused with its reason, whatever the value",
        arguments: [
            ("on_sl_reply", "\"R\"", "is dropped"), ("xavp_contact", "\"c\"", "those of lookup"),
            ("tw_append", "\"a:b\"", "no t_write_req"),
            ("unix_tx_timeout", "\"500\"", "no t_write_unix"),
            ("event_callback", "\"f\"", "KEMI"), ("tw_append", "1", "no t_write_req"),
            ("unix_tx_timeout", "500", "no t_write_unix"), ("on_sl_reply", "1", "is dropped"),
        ])
    func refused(name: String, value: String, words: String) {
        let error = fault("tm", name, value)
        #expect(error.contains("\(name) is refused: "), "\(error)")
        #expect(error.contains(words), "\(error)")
    }

    @Test(
        "a value out of range is refused",
        arguments: [
            ("fr_timer", "0"), ("fr_timer", "-5"), ("fr_inv_timer", "86400001"),
            ("fr_inv_timer_next", "0"), ("wt_timer", "-1"), ("retr_timer1", "0"),
            ("retr_timer2", "600001"), ("max_inv_lifetime", "-1"), ("default_code", "399"),
            ("default_code", "700"), ("failure_reply_mode", "4"), ("cancel_b_method", "2"),
            ("unmatched_cancel", "3"), ("relay_100", "2"), ("reply_408_code", "200"),
            ("fr_timer", "\"soon\""), ("faked_reply_prio", "10001"),
        ])
    func bounds(name: String, value: String) {
        #expect(fault("tm", name, value).contains(name))
    }

    @Test("no parameter is declared that does nothing: its row says only which value, or why not")
    func honest() {
        for row in TMModule.manifest.parameters {
            #expect(!row.summary.hasPrefix("Ignored"), "\(row.name)")
            #expect(!row.summary.isEmpty, "\(row.name)")
        }
    }

    @Test(
        "statuses and classes that lead to the next address",
        arguments: [
            ("", 503, false), ("503", 503, true), ("503", 504, false), ("5xx", 504, true),
            ("5XX,408", 408, true), ("408; 48x", 480, false), ("xx", 500, false),
            ("4xx 5xx", 404, true), ("nonsense", 404, false),
        ])
    func failover(codes: String, status: Int, isNext: Bool) {
        var parameters = TMParameters()
        parameters.failoverCodes = codes
        #expect(parameters.failsOver(status) == isNext)
    }

    @Test("times of a transaction: those of the parameters, of the group, of the script")
    func times() {
        var parameters = TMParameters()
        parameters.firstInterval = 700
        parameters.longestInterval = 300
        #expect(parameters.timers.t1 == 700 && parameters.timers.t2 == 700)
        var wishes = TransactionWishes()
        #expect(parameters.timers(wishes).provisional == 120_000)
        wishes.isFurtherGroup = true
        #expect(parameters.timers(wishes).provisional == 30_000)
        wishes.inviteTimer = 9_000
        #expect(parameters.timers(wishes).provisional == 9_000)
        #expect(parameters.timers(wishes, serving: true).unanswered == 180_000)
        #expect(parameters.timers(wishes, serving: false).unanswered == 32_000)
        wishes.finalTimer = 60_000
        #expect(parameters.timers(wishes, serving: false).unanswered == 61_000)
        wishes.lifetime = 1_000
        #expect(parameters.timers(wishes, serving: false).unanswered == 1_000)
        parameters.otherLifetime = 0
        wishes.lifetime = nil
        #expect(parameters.timers(wishes, serving: false).unanswered == 0)
    }
}
