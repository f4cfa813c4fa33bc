import JSONValue
import ModuleKit
import Testing

/// Counters and metrics as scripts in Lua use them.
@Suite("KEMI: counters and metrics")
struct KEMICounterTests {
    private static let declared = """
        modparam("counters", "script_counter", "calls")
        modparam("xhttp_prom", "prom_counter", "name=plain")
        modparam("xhttp_prom", "prom_counter", "name=c1; label=a")
        modparam("xhttp_prom", "prom_counter", "name=c3; label=a:b:c")
        modparam("xhttp_prom", "prom_gauge", "name=g2; label=a:b")
        modparam("xhttp_prom", "prom_histogram", "name=h; buckets=1")
        modparam("xhttp_prom", "timestamp_format", "none")
        cfgengine "lua"
        """

    private func rig(_ body: String) throws -> KEMIRig {
        let rig = try KEMIRig(
            KEMIRig.prelude + "function ksr_request_route()\n\(body)\nend\n",
            native: Self.declared)
        try rig.run()
        return rig
    }

    @Test("a script counts, adds and sets back")
    func counters() throws {
        let rig = try rig(
            "KSR.counters.inc('calls') KSR.counters.add('script.calls', 5)")
        #expect(try rig.services.call("cnt.get", "script", "calls")["result"] == 6)
        let reset = try self.rig("KSR.counters.inc('calls') KSR.counters.reset('calls')")
        #expect(try reset.services.call("cnt.get", "script", "calls")["result"] == 0)
    }

    @Test(
        "metrics are changed under the names for each number of labels",
        arguments: [
            ("counter_inc_l0('plain', 2)", "kamailio_plain 2"),
            ("counter_inc_l1('c1', 3, 'x')", #"kamailio_c1{a="x"} 3"#),
            ("counter_inc_l3('c3', 1, 'x', 'y', 'z')", #"kamailio_c3{a="x",b="y",c="z"} 1"#),
            ("counter_reset_l1('c1', 'x')", #"kamailio_c1{a="x"} 0"#),
            ("gauge_set_l2('g2', '-1.5', 'x', 'y')", #"kamailio_g2{a="x",b="y"} -1.5"#),
            ("gauge_inc_l2('g2', '2.5', 'x', 'y')", #"kamailio_g2{a="x",b="y"} 2.5"#),
            ("gauge_reset_l2('g2', 'x', 'y')", #"kamailio_g2{a="x",b="y"} 0"#),
            ("histogram_observe_l0('h', '0.5')", #"kamailio_h_bucket{le="1"} 1"#),
        ])
    func metrics(call: String, line: String) throws {
        let rig = try rig("KSR.xhttp_prom.\(call)")
        let text = try rig.services.call("xhttp_prom.metric_list_print")["result"]?.text ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains(line), "\(text)")
    }

    @Test("outside of a request of HTTP there is nothing to ask or to answer")
    func outside() throws {
        let lines = try rig("out(KSR.xhttp_prom.check_uri(), KSR.xhttp_prom.dispatch())")
            .services.lines.all
        #expect(lines.contains { $0.hasSuffix("-1 -1") })
    }

    @Test("a name that is not declared is no counter")
    func unknown() throws {
        let rig = try rig(
            "out(KSR.xhttp_prom.counter_inc_l0('nothing', 1), pcall(KSR.counters.inc, 'no'))")
        #expect(try rig.services.call("cnt.get", "script")["result"] == ["calls": 0])
        let text = try rig.services.call("xhttp_prom.metric_list_print")["result"]
        #expect(text == "")
    }
}
