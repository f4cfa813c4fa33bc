import Foundation
import Testing

@testable import BenchmarkRig

@Suite("Servers of a comparison")
struct ServerConfigurationTests {
    private func configuration() -> ServerConfiguration {
        ServerConfiguration(sipPort: 15_060, httpPort: 15_080, databasePort: 15_306)
    }

    @Test("ports and timer stand in the file")
    func ports() {
        var configuration = configuration()
        configuration.timerSeconds = 17
        for line in [
            "listen=udp:127.0.0.1:15060", "listen=tcp:127.0.0.1:15060",
            "modparam(\"microhttpd\", \"listen_port\", 15080)",
            "mysql://kamailio:kamailiorw@127.0.0.1:15306/kamailio",
            "modparam(\"usrloc\", \"timer_interval\", 17)",
        ] {
            #expect(configuration.text.contains(line), "\(line)")
        }
    }

    @Test("every condition is closed and every line is flush left")
    func wellFormed() {
        let lines = configuration().text.split(separator: "\n")
        let opened = lines.filter { $0.hasPrefix("#!ifdef") || $0.hasPrefix("#!ifndef") }.count
        #expect(opened == lines.filter { $0 == "#!endif" }.count)
        #expect(lines.first == "#!KAMAILIO")
        #expect(!lines.contains { $0.hasPrefix(" ") })
    }

    @Test("the long script has forty statements and more in front of save")
    func script() throws {
        let text = configuration().text
        let start = try #require(text.range(of: "#!ifdef WITH_SCRIPT\nrequest_route"))
        let save = try #require(
            text.range(of: "save(\"location\")", range: start.upperBound..<text.endIndex))
        let script = text[start.upperBound..<save.lowerBound]
        #expect(script.filter { $0 == ";" }.count >= 40)
        for part in [
            "sanity_check", "mf_process_maxfwd", "=~", "$xavp(", "setflag", "{s.substr", "switch",
            "while",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("the presence server has its defaults with a database, and memory only without")
    func presence() throws {
        let text = configuration().text
        for part in [
            "modparam(\"presence_xml\", \"force_active\", 1)", "handle_publish();",
            "handle_subscribe();", "maxbuffer=4194304",
            "modparam(\"presence\", \"server_address\", \"sip:127.0.0.1:15060\")",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        let start = try #require(text.range(of: "#!ifdef WITH_DB\nmodparam(\"presence"))
        let rest = text[start.lowerBound...]
        let otherwise = try #require(rest.range(of: "#!else"))
        #expect(!rest[..<otherwise.lowerBound].contains("subs_db_mode"))
        let memory = rest[otherwise.upperBound...]
        let end = try #require(memory.range(of: "#!endif"))
        #expect(memory[..<end.lowerBound].contains("\"subs_db_mode\", 0"))
        #expect(memory[..<end.lowerBound].contains("\"publ_cache\", 2"))
        // A parameter needs its module, and the database its driver, before it.
        let module = try #require(text.range(of: "loadmodule \"presence.so\""))
        let driver = try #require(text.range(of: "loadmodule \"db_mysql.so\""))
        let parameter = try #require(text.range(of: "modparam(\"presence"))
        #expect(driver.lowerBound < module.lowerBound)
        #expect(module.lowerBound < parameter.lowerBound)
    }

    @Test("only what must differ differs between the two")
    func difference() {
        let text = configuration().text
        #expect(text.components(of: "#!ifdef ROOST") == 1)
        #expect(text.components(of: "#!ifndef ROOST") == 1)
    }

    @Test(
        "a program is known by its file name",
        arguments: [
            ("kamailio", .kamailio), ("/usr/sbin/kamailio", .kamailio),
            (".build/release/roost", .roost), ("roost", .roost),
        ] as [(String, Contestant.Kind)])
    func kind(_ binary: String, _ kind: Contestant.Kind) {
        #expect(Contestant(binary: binary).kind == kind)
    }

    @Test("Kamailio is started with its fast allocator, Roost without")
    func command() {
        let tuned = Contestant(binary: "kamailio").command(
            configuration: "c", directory: "d", defines: ["WITH_DB"])
        #expect(tuned.starts(with: ["kamailio", "-x", "tlsf", "-X", "tlsf"]))
        #expect(tuned.suffix(4) == ["-A", "WITH_DB", "-P", "d/pid"])
        let ours = Contestant(binary: "x/roost").command(
            configuration: "c", directory: "d", defines: [])
        #expect(ours == ["x/roost", "-f", "c", "-DD", "-E", "-Y", "d"])
    }
}

extension String {
    /// How often `part` stands in the text.
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.range(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
