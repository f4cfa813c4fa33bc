import JSONValue
import TestSupport
import Testing

@testable import Server

@Suite("What roost check says")
struct ConfigurationReportTests {
    /// The report on a text, and the path that it was written to.
    private func report(
        _ text: String, _ defines: String...
    ) throws -> (report: ConfigurationReport, path: String, folder: TemporaryFolder) {
        let folder = try TemporaryFolder()
        let path = try folder.write(text, to: "kamailio.cfg")
        var options = LaunchOptions()
        options.file = path
        for define in defines { options.define(define) }
        return (ConfigurationReport(options), path, folder)
    }

    /// Names under `missing` in the report for programs.
    private func missing(_ report: ConfigurationReport, _ kind: String) -> [String] {
        report.json["missing"]?[kind]?.items?.compactMap(\.text) ?? []
    }

    private let stranger = """
        mpath="/usr/lib/kamailio"
        bogus_global=4
        loadmodule "sl.so"
        loadmodule "dispatcher.so"
        loadmodule "usrloc.so"
        loadmodule "drouting"
        modparam("dispatcher", "list_file", "x")
        modparam("usrloc", "bogus", 3)
        modparam("usrloc", "db_mode", 77)
        request_route {
            ds_select_dst("1", "4");
            bogus("x");
            ds_select_dst("2", "4");
            sl_send_reply("404", "No");
            is_method("INVITE");
        }
        event_route[dispatcher:dst-down] { exit; }

        """

    @Test("everything is told at once, with places")
    func atOnce() throws {
        let (report, path, _) = try report(stranger)
        #expect(!report.isRight)
        let text = report.text
        for place in [
            "2:1: error: unknown global parameter \"bogus_global\"",
            "4:12: error: unknown module \"dispatcher\"",
            "6:12: error: unknown module \"drouting\"",
            "8:10: error: module \"usrloc\" has no parameter \"bogus\"",
            "9:10: error: db_mode must be from 0 to 4, not 77",
            "11:5: error: unknown function \"ds_select_dst\"",
            "12:5: error: unknown function \"bogus\"", "13:5: error: unknown function",
            "15:5: error: unknown function \"is_method\"", "17:1: error: no loaded module raises",
            "1:1: warning: mpath is ignored",
        ] {
            #expect(text.contains("\(path):\(place)"), "\(place) in\n\(text)")
        }
        #expect(text.hasSuffix("\(path): 10 errors and 1 warning\n"))
    }

    @Test("what this server does not have is listed, each name once")
    func lists() throws {
        let report = try report(stranger).report
        #expect(missing(report, "modules") == ["dispatcher", "drouting"])
        #expect(missing(report, "parameters") == ["bogus_global", "usrloc.bogus"])
        #expect(missing(report, "functions") == ["ds_select_dst", "bogus"], "is_method exists")
        #expect(missing(report, "events") == ["dispatcher:dst-down"])
        #expect(missing(report, "variables") == [] && missing(report, "refused") == [])
        #expect(report.text.contains("not supported: functions: ds_select_dst, bogus\n"))
    }

    @Test("a fault of the grammar does not hide names that nobody has")
    func goesOn() throws {
        let report = try report(
            """
            loadmodule "sl.so"
            loadmodule "dispatcher.so"
            request_route {
                ds_select_dst("1", "4");
                ( ;
                sl_send_reply("404", "No");
                route(NONE);
            }
            request_route { }

            """
        ).report
        let kinds = report.json["errors"]?.items?.compactMap { $0["kind"]?.text } ?? []
        #expect(kinds.contains("syntax") && kinds.contains("unknownModule"))
        #expect(kinds.contains("unknownFunction"))
        // The block's own errors are not believed when a part of the file is missing.
        #expect(!kinds.contains("unknownRoute") && !kinds.contains("placement"))
    }

    @Test("the report for programs has places, kinds and hints")
    func json() throws {
        let (report, path, _) = try report("loadmodule \"usrlok.so\"\nrequest_route { exit; }\n")
        let error = report.json["errors"]?[0]
        #expect(error?["file"] == .string(path))
        #expect(error?["line"] == 1 && error?["column"] == 12)
        #expect(error?["kind"] == "unknownModule")
        #expect(error?["hint"] == "did you mean \"usrloc\"?")
        #expect(report.json["right"] == false && report.json["complete"] == true)
    }

    @Test("more errors than a start shows are all shown")
    func many() throws {
        let lines = (0..<60).map { "nobody_\($0)();" }.joined(separator: "\n")
        let report = try report("request_route {\n\(lines)\n}\n").report
        #expect(report.json["errors"]?.items?.count == 60)
        #expect(missing(report, "functions").count == 60)
    }

    @Test("beyond a thousand it says that there are more")
    func cut() throws {
        let lines = (0..<1_100).map { "nobody_\($0)();" }.joined(separator: "\n")
        let report = try report("request_route {\n\(lines)\n}\n").report
        #expect(report.json["complete"] == false)
        #expect(report.text.contains("at least 1000 errors"))
    }

    @Test("a right configuration is right, with its modules and its warnings")
    func right() throws {
        let (report, path, _) = try report(
            "mpath=\"/x\"\nloadmodule \"sl.so\"\nrequest_route { exit; }\n")
        #expect(report.isRight)
        #expect(report.text.hasSuffix("\(path): the configuration is right, with 1 warning\n"))
        #expect(report.json["modules"] == ["sl"] && report.json["errors"] == [])
        let plain = try self.report("request_route { exit; }\n").report
        #expect(plain.text.hasSuffix("the configuration is right\n"))
    }

    @Test("definitions of the command line count, and those of the server")
    func defines() throws {
        let text = """
            #!ifdef WITH_FAULT
            bogus=1
            #!endif
            #!ifndef ROOST
            bogus=2
            #!endif
            request_route { exit; }

            """
        #expect(try report(text).report.isRight)
        #expect(try !report(text, "WITH_FAULT").report.isRight)
        #expect(try report(text, "OTHER=1").report.isRight)
    }

    @Test("a file that is not there is an error like any other")
    func noFile() {
        var options = LaunchOptions()
        options.file = "/no/such/kamailio.cfg"
        let report = ConfigurationReport(options)
        #expect(!report.isRight)
        #expect(report.text.contains("/no/such/kamailio.cfg:1:1: error: cannot read"))
        #expect(report.json["errors"]?[0]?["kind"] == "file")
    }

    @Test(
        "each configuration that is shipped is right",
        arguments: [
            "roost", "presence", "nat", "proxy", "edge", "blf", "lua", "mariadb", "reginfo",
        ])
    func shipped(_ name: String) {
        var options = LaunchOptions()
        options.file = "\(ToolPath.package)/Config/\(name).cfg"
        let report = ConfigurationReport(options)
        #expect(report.isRight, "\(report.text)")
    }

    @Test("bytes that are no configuration are an error and no trap", arguments: 0..<20)
    func garbage(_ seed: UInt64) throws {
        var state = seed &+ 1
        var bytes: [UInt8] = []
        for _ in 0..<2_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.append(UInt8(truncatingIfNeeded: state >> 33) & 0x7F)
        }
        let report = try report(String(decoding: bytes, as: UTF8.self)).report
        #expect(!report.text.isEmpty)
        #expect(report.json["file"] != nil)
    }
}
