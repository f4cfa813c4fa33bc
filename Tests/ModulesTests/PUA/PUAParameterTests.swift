import ModuleKit
import Publications
import TM
import Testing

@testable import PUA

@Suite("Module pua: parameters")
struct PUAParameterTests {
    /// What the start says to parameters; "none" when it is content.
    private func fault(_ settings: String) -> String {
        do {
            let rig = try PUARig(settings)
            rig.pua.stop()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "good values are taken",
        arguments: [
            "update_period 0", "update_period 6", "update_period 100", "hash_size -1",
            "hash_size 9", "min_expires -5", "min_expires 60", "default_expires 10",
            "db_mode 0", "db_table_lock_write 0", "fetch_rows 10", "check_remote_contact 0",
            "dlginfo_increase_version 1", "reginfo_increase_version 1",
            "outbound_proxy \"sip:10.0.0.1;transport=tcp\"", "db_table \"pua2\"",
            "credential \"a:b:c:d\"", "credential \"a::\"",
        ])
    func good(setting: String) {
        #expect(fault(setting.replacing("min_expires -5", with: "min_expires -1")) == "none")
    }

    @Test(
        "bad values are refused with words that name them",
        arguments: [
            ("update_period 1", "update_period 1"), ("update_period 4", "update_period 4"),
            ("update_period 5", "update_period 5"), ("update_period -1", "update_period"),
            ("db_mode 1", "db_mode has no case 1"), ("db_mode 3", "db_mode"),
            ("hash_size 40", "hash_size"), ("fetch_rows 0", "fetch_rows"),
            ("outbound_proxy \"example.com\"", "outbound_proxy"),
            ("check_remote_contact 2", "check_remote_contact"),
            ("credential \"nobody\"", "credential"), ("credential \":r:p\"", "credential"),
            ("unheard_of 1", "unheard_of"),
        ])
    func bad(setting: String, words: String) {
        let fault = fault(setting)
        #expect(fault.contains(words), "\(fault)")
    }

    @Test("a password is in no error")
    func secrecy() {
        #expect(!fault("credential \"hunter2\"").contains("hunter2"))
    }

    @Test("all thirteen parameters are there")
    func names() {
        let names = Set(PUAModule.manifest.parameters.map(\.name))
        let documented = [
            "hash_size", "db_url", "db_table", "min_expires", "default_expires", "update_period",
            "outbound_proxy", "dlginfo_increase_version", "reginfo_increase_version", "db_mode",
            "db_table_lock_write", "check_remote_contact", "fetch_rows",
        ]
        #expect(names.isSuperset(of: documented))
    }

    @Test("default_expires below ten minutes is an hour, min_expires below 0 is 0")
    func corrections() {
        var parameters = PUAParameters()
        parameters.defaultExpires = 599
        parameters.minExpires = -1
        let settings = parameters.engineSettings([])
        #expect(settings.defaultExpires == 3_600)
        #expect(settings.minExpires == 0)
        parameters.hashSize = 1
        #expect(parameters.engineSettings([]).placesAtStart == 512)
        parameters.hashSize = 12
        #expect(parameters.engineSettings([]).placesAtStart == 4_096)
        parameters.defaultExpires = 600
        #expect(parameters.engineSettings([]).defaultExpires == 600)
    }
}
