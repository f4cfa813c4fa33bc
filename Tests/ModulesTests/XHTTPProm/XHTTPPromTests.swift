import Basics
import Core
import JSONValue
import Management
import ModuleKit
import SL
import Testing

@testable import MicroHTTPD
@testable import XHTTPProm

@Suite("module xhttp_prom")
struct XHTTPPromTests {
    private static let further = [
        ModuleBlueprint(MicroHTTPD.self), ModuleBlueprint(XHTTPPromModule.self),
    ]
    private static let declared = """
        modparam("microhttpd", "listen_port", 0)
        modparam("xhttp_prom", "prom_counter", "name=calls; label=method:source")
        modparam("xhttp_prom", "prom_counter", "name=plain")
        modparam("xhttp_prom", "prom_gauge", "name=load; label=node")
        modparam("xhttp_prom", "prom_histogram", "name=delay; buckets=1:10")
        modparam("xhttp_prom", "timestamp_format", "none")
        """

    private func rig(_ body: String, before: String = "") throws -> ScriptRig {
        try ScriptRig(body, before: Self.declared + "\n" + before, further: Self.further)
    }

    /// What the module adds to the page.
    private func page(_ rig: ScriptRig) throws -> String {
        try rig.services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
    }

    // MARK: Scripts

    @Test(
        "a script counts, sets and observes",
        arguments: [
            (#"prom_counter_inc("plain", 3);"#, "1", "kamailio_plain 3"),
            (#"prom_counter_inc("plain", "4");"#, "1", "kamailio_plain 4"),
            (
                #"prom_counter_inc("calls", "1", "$rm", "1.2.3.4");"#, "1",
                #"kamailio_calls{method="MESSAGE",source="1.2.3.4"} 1"#
            ),
            (
                #"$var(n) = "plain"; prom_counter_inc("$var(n)", 2);"#, "1", "kamailio_plain 2"
            ),
            (
                #"prom_counter_inc("plain", 3); prom_counter_reset("plain");"#, "1",
                "kamailio_plain 0"
            ),
            (#"prom_gauge_set("load", "-12.5", "a");"#, "1", #"kamailio_load{node="a"} -12.5"#),
            (
                #"prom_gauge_set("load", 2, "a"); prom_gauge_inc("load", "0.5", "a");"#, "1",
                #"kamailio_load{node="a"} 2.5"#
            ),
            (#"prom_gauge_reset("load", "b");"#, "1", #"kamailio_load{node="b"} 0"#),
            (
                #"prom_histogram_observe("delay", "1.5");"#, "1",
                #"kamailio_delay_bucket{le="10"} 1"#
            ),
            (#"$var(n) = "nothing"; prom_counter_inc("$var(n)", 1);"#, "-1", ""),
            (#"$var(n) = -1; prom_counter_inc("plain", "$var(n)");"#, "-1", ""),
            (#"$var(x) = "abc"; prom_gauge_set("load", "$var(x)", "a");"#, "-1", ""),
            (#"$var(n) = "load"; prom_counter_inc("$var(n)", 1, "a");"#, "-1", ""),
        ])
    func script(body: String, code: String, line: String) throws {
        let rig = try rig(body + " note(\"$rc\");")
        defer { rig.services.module(MicroHTTPD.self)?.stop() }
        #expect(try rig.run() == [code])
        let lines = try page(rig).split(separator: "\n").map(String.init)
        #expect(line.isEmpty ? lines.isEmpty : lines.contains(line), "\(lines)")
    }

    @Test(
        "a script that names what is not declared so does not load",
        arguments: [
            (#"prom_counter_inc("callz", 1);"#, "there is no counter \"callz\""),
            (#"prom_counter_inc("load", 1, "a");"#, "there is no counter \"load\""),
            (#"prom_gauge_set("load", "1");"#, "has 1 labels, found 0"),
            (#"prom_counter_inc("plain", 1, "x");"#, "has 0 labels, found 1"),
            (#"prom_counter_inc("plain", -1);"#, "negative"),
            (#"prom_gauge_set("load", "abc", "a");"#, "no number"),
            (#"prom_histogram_observe("delay", "nan");"#, "no number"),
            (#"prom_gauge_reset("plain");"#, "there is no gauge"),
        ])
    func refused(body: String, words: String) {
        let error = scriptError(body, before: Self.declared, further: Self.further)
        #expect(error.contains(words), "\(error)")
    }

    // MARK: Requests

    @Test("the event route asks for the URI and answers with the page")
    func dispatch() throws {
        let rig = try rig(
            "exit;",
            before: """
                event_route[microhttpd:request] {
                    if (prom_check_uri()) {
                        prom_counter_inc("plain", 1);
                        prom_dispatch();
                        note("$rc");
                    } else {
                        note("other");
                    }
                }
                """)
        let module = try #require(rig.services.module(MicroHTTPD.self))
        defer { module.stop() }
        var request = HTTPRequest(body: [], client: "127.0.0.1:9")
        request.method = "GET"
        request.path = "/metrics"
        let reply = try #require(module.offer(request))
        #expect(reply.status == 200 && reply.type == MetricsEndpoint.type)
        let text = String(decoding: reply.body, as: UTF8.self)
        #expect(text.contains("kamailio_plain 1\n") && text.contains("roost_build_info{"))
        request.path = "/metricsx"
        #expect(module.offer(request) == nil)
        #expect(rig.notes == ["1", "other"])
    }

    @Test("outside of the event route there is nothing to answer")
    func outside() throws {
        let rig = try rig(
            "prom_check_uri(); note(\"$rc\"); prom_dispatch(); note(\"$rc\");")
        defer { rig.services.module(MicroHTTPD.self)?.stop() }
        #expect(try rig.run() == ["-1", "-1"])
    }

    // MARK: Commands

    private func services(
        _ further: [(String, SettingValue)] = []
    ) throws -> (StandInServices, XHTTPPromModule) {
        let services = StandInServices()
        try services.load(Core.self)
        try services.load(SLModule.self)
        let module = try services.load(
            XHTTPPromModule.self,
            [
                ("prom_counter", .string("name=plain")),
                ("prom_counter", .string("name=calls;label=method")),
                ("prom_gauge", .string("name=load")),
                ("prom_histogram", .string("name=delay;buckets=1")),
            ] + further)
        return (services, module)
    }

    @Test("commands change metrics")
    func commands() throws {
        let (services, _) = try services([("timestamp_format", "none")])
        let calls: [(String, [JSONValue])] = [
            ("counter_inc", ["plain", 3]), ("counter_inc", ["calls", 2, "INVITE"]),
            ("gauge_set", ["load", 4.5]), ("gauge_inc", ["load", "0.5"]),
            ("histogram_observe", ["delay", 0.5]),
        ]
        for (name, parameters) in calls {
            let answer = try services.exchange("xhttp_prom.\(name)", .array(parameters))
            #expect(answer["result"] == [:], "\(name)")
        }
        let text = try services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
        #expect(
            text.hasPrefix(
                "kamailio_plain 3\nkamailio_calls{method=\"INVITE\"} 2\nkamailio_load 5\n"))
        #expect(try services.call("xhttp_prom.counter_reset", "plain")["result"] == [:])
        #expect(try services.call("xhttp_prom.gauge_reset", "load")["result"] == [:])
        let after = try services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
        #expect(after.contains("kamailio_plain 0\n") && after.contains("kamailio_load 0\n"))
    }

    @Test(
        "faults have Kamailio's words",
        arguments: [
            ("counter_inc", [], 400, "required counter identifier"),
            ("counter_inc", ["plain"], 400, "required number argument"),
            ("counter_inc", ["nope", 3], 500, "Failed to add 3 to counter: nope"),
            (
                "counter_inc", ["plain", 3, "a", "b"], 500,
                "Failed to add 3 to counter: plain (a, b)"
            ),
            ("counter_inc", ["plain", -3], 500, "Failed to add -3 to counter: plain"),
            ("counter_inc", ["plain", 0.5], 500, "Failed to add 0.5 to counter: plain"),
            ("counter_reset", [], 400, "required counter identifier"),
            ("counter_reset", ["nope"], 500, "Failed to reset counter: nope"),
            ("gauge_set", ["load"], 400, "required number argument"),
            ("gauge_set", ["plain", 1.5], 500, "Failed to assign 1.5 to gauge: plain"),
            ("gauge_inc", [], 400, "required gauge identifier"),
            ("gauge_reset", ["nope", "a"], 500, "Failed to reset gauge: nope (a)"),
            ("histogram_observe", [], 400, "required histogram identifier"),
            ("histogram_observe", ["nope", 1], 500, "Failed to observe 1 in histogram: nope"),
        ] as [(String, [JSONValue], Int64, String)])
    func faults(name: String, parameters: [JSONValue], code: Int64, words: String) throws {
        let (services, _) = try services()
        let error = try services.exchange("xhttp_prom.\(name)", .array(parameters))["error"]
        #expect(error?["code"] == .integer(code))
        #expect(error?["message"] == .string(words))
    }

    // MARK: Parameters

    @Test(
        "statistics are chosen by all, group and name",
        arguments: [
            ("", 0, ""), ("sl:", 24, "kamailio_sl_200_replies 1"),
            ("200_replies", 1, "kamailio_sl_200_replies 1"),
            ("sl:200_replies, rcv_requests", 2, "kamailio_core_rcv_requests 0"),
            ("nothing:", 0, ""),
        ])
    func statistics(words: String, count: Int, line: String) throws {
        let (services, _) = try services([
            ("xhttp_prom_stats", .string(words)), ("timestamp_format", "none"),
        ])
        services.replyCounters.count(200)
        let text = try services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.count == count)
        #expect(line.isEmpty || lines.contains(line))
    }

    @Test("all shows every statistic once")
    func all() throws {
        let (services, _) = try services([
            ("xhttp_prom_stats", .string("all")), ("timestamp_format", .string("none")),
            ("xhttp_prom_uptime_stat", .integer(1)), ("xhttp_prom_beginning", .string("sip_")),
        ])
        let text = try services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
        let names = text.split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.hasPrefix("sip_") })
        #expect(names.count == services.loadedModules.flatMap(\.statistics).count + 1)
        #expect(text.contains("sip_uptime 4"))
    }

    @Test("a time in milliseconds stands behind each value, unless there is to be none")
    func timestamps() throws {
        let (services, _) = try services()
        _ = try services.call("xhttp_prom.counter_inc", "plain", 1)
        let text = try services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
        let words = text.split { $0 == " " || $0 == "\n" }
        #expect(words.count == 3 && (Int(words[2]) ?? 0) > 1_600_000_000_000)
    }

    @Test(
        "parameters that cannot work are refused where they stand",
        arguments: [
            ("prom_counter", .string("label=a")), ("prom_gauge", .string("name=a;buckets=1")),
            ("prom_histogram", .string("name=h;buckets=x")), ("timestamp_format", .string("s")),
            ("timestamp_format", .string("sf")), ("xhttp_prom_beginning", .string("1x")),
            ("xhttp_prom_tags", .string("x")), ("xhttp_prom_pkg_stats", .integer(1)),
            ("xhttp_prom_metadata_flags", .integer(4)), ("xhttp_prom_timeout", .integer(-1)),
            ("prom_gauge", .string("name=plain")), ("xhttp_prom_beginning", .string("a b")),
        ] as [(String, SettingValue)])
    func parameters(name: String, value: SettingValue) {
        #expect(throws: (any Error).self) { try services([(name, value)]) }
    }

    @Test("a page that is too long leaves numbers out, and the log says so")
    func room() throws {
        let (services, _) = try services([("xhttp_prom_buf_size", .integer(40))])
        for method in ["A", "B", "C"] {
            _ = try services.call("xhttp_prom.counter_inc", "calls", 1, .string(method))
        }
        let text = try services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
        #expect(text.split(separator: "\n").count == 1)
        #expect(services.lines.all.contains { $0.contains("xhttp_prom_buf_size") })
    }

    @Test("what nobody uses is forgotten after the timeout, and never with 0")
    func idle() throws {
        let (services, module) = try services([("xhttp_prom_timeout", .integer(1))])
        _ = try services.call("xhttp_prom.counter_inc", "calls", 1, "A")
        let now = SystemClock.wall().seconds
        module.forgetIdle(at: now + 59)
        #expect(module.total.value == 1)
        module.forgetIdle(at: now + 120)
        #expect(module.total.value == 0)
        try module.start()
        #expect(services.jobNames == ["xhttp_prom.idle 60"])
        let (others, lasting) = try self.services([("xhttp_prom_timeout", .integer(0))])
        _ = try others.call("xhttp_prom.counter_inc", "calls", 1, "A")
        lasting.forgetIdle(at: now + 1_000_000)
        #expect(lasting.total.value == 1)
    }

    @Test("without a port to read them at, the log says so")
    func unread() throws {
        let (services, module) = try services()
        try module.start()
        #expect(services.lines.all.contains { $0.contains("loadmodule \"microhttpd\"") })
    }

    @Test("the metrics of the script are a part of the server's page")
    func wholePage() throws {
        let (services, _) = try services([("xhttp_prom_tags", "site=\"x\"")])
        _ = try services.call("xhttp_prom.gauge_set", "load", 1)
        let text = MetricsCollector.page(of: services).text
        #expect(text.contains("kamailio_load{site=\"x\"} 1 "))
        #expect(text.contains("roost_xhttp_prom_series 1\n"))
    }
}
