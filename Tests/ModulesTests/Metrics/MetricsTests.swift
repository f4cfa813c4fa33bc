import Basics
import Core
import Counters
import JSONValue
import Management
import ModuleKit
import SL
import TM
import Testing
import Usrloc

/// The page of a server that consists of modules and nothing else.
@Suite("/metrics")
struct MetricsTests {
    private func services() throws -> (StandInServices, Core) {
        let services = StandInServices()
        let core = try services.load(Core.self)
        try services.load(SLModule.self)
        try services.load(TMModule.self)
        try services.load(UsrlocModule.self, [("preload", .string("location"))])
        try services.load(
            CountersModule.self, [("script_counter", .string("calls"))])
        return (services, core)
    }

    /// The samples of a page by name and labels.
    private func samples(_ services: StandInServices) -> [String: String] {
        let lines = MetricsCollector.page(of: services).text.split(separator: "\n")
        return Dictionary(
            lines.filter { !$0.hasPrefix("#") }.compactMap { line in
                line.lastIndex(of: " ").map {
                    (String(line[..<$0]), String(line[line.index(after: $0)...]))
                }
            }, uniquingKeysWith: { first, _ in "\(first) twice" })
    }

    @Test("messages are counted by method, class and status")
    func messages() throws {
        let (services, core) = try services()
        core.counters.countRequest(.register)
        core.counters.countRequest(.register)
        core.counters.countRequest(nil)
        core.counters.countReply(status: 486, method: .invite)
        services.replyCounters.count(200)
        services.replyCounters.count(486)
        let samples = samples(services)
        #expect(samples[#"roost_sip_requests_received_total{method="REGISTER"}"#] == "2")
        #expect(samples[#"roost_sip_requests_received_total{method="INVITE"}"#] == "0")
        #expect(samples[#"roost_sip_requests_received_total{method="other"}"#] == "1")
        #expect(samples[#"roost_sip_replies_received_total{class="4xx"}"#] == "1")
        #expect(samples[#"roost_sip_replies_sent_total{class="2xx",status="200"}"#] == "1")
        #expect(samples[#"roost_sip_replies_sent_total{class="4xx",status="other"}"#] == "1")
    }

    @Test("durations are shown by method")
    func durations() throws {
        let (services, core) = try services()
        core.durations.note(.register, nanoseconds: 40_000)
        core.durations.note(.message, nanoseconds: 3_000_000)
        let samples = samples(services)
        let name = "roost_sip_request_duration_seconds_bucket"
        #expect(samples[#"\#(name){method="REGISTER",le="2.5e-05"}"#] == "0")
        #expect(samples[#"\#(name){method="REGISTER",le="5e-05"}"#] == "1")
        #expect(samples[#"\#(name){method="other",le="0.0025"}"#] == "0")
        #expect(samples[#"\#(name){method="other",le="+Inf"}"#] == "1")
        #expect(
            samples[#"roost_sip_request_duration_seconds_count{method="REGISTER"}"#] == "1")
    }

    @Test("the version, the state, the process and the tables are there")
    func server() throws {
        let (services, _) = try services()
        let samples = samples(services)
        let build = samples.keys.first { $0.hasPrefix("roost_build_info{") }
        #expect(build?.contains(#"version="\#(ProductVersion.number)""#) == true)
        #expect(samples["roost_ready"] == "1")
        #expect(samples[#"roost_location_contacts{table="location"}"#] == "0")
        #expect(samples[#"roost_transactions{side="server"}"#] == "0")
        for name in [
            "cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "open_fds",
            "max_fds", "start_time_seconds", "threads",
        ] {
            let value = samples["process_\(name)"].flatMap(Double.init)
            #expect(value.map { $0 > 0 } == true, "process_\(name)")
        }
        let start = samples["process_start_time_seconds"].flatMap(Int.init)
        #expect(start == services.startedAt.seconds)
    }

    @Test("statistics with fixed names are there under their module, with their sentence")
    func statistics() throws {
        let (services, _) = try services()
        try services.load(Sample.self)
        let page = MetricsCollector.page(of: services).text
        #expect(page.contains("# HELP roost_sample_odd_name_total How odd.\n"))
        #expect(page.contains("# TYPE roost_sample_odd_name_total counter\n"))
        #expect(page.contains("\nroost_sample_odd_name_total 3\n"))
        #expect(page.contains("# TYPE roost_sample_state gauge\nroost_sample_state 5\n"))
        // Two names that differ in case alone are one name here: the first is shown.
        #expect(page.split(separator: "\n").filter { $0.hasPrefix("roost_sample_") }.count == 2)
    }

    @Test("no sample is there twice, and all names are names")
    func unique() throws {
        let (services, _) = try services()
        for (name, value) in samples(services) {
            #expect(!value.hasSuffix("twice"), "\(name)")
            let plain = String(name.prefix { $0 != "{" })
            #expect(MetricPage.isName(plain), "\(name)")
            #expect(plain.hasPrefix("roost_") || plain.hasPrefix("process_"), "\(name)")
        }
    }

    @Test("the counters of the script are a family with labels")
    func script() throws {
        let (services, _) = try services()
        #expect(
            samples(services)[#"roost_script_events_total{group="script",name="calls"}"#] == "0")
    }

    @Test("commands are counted by channel and result, and their time is taken")
    func commands() throws {
        let (services, core) = try services()
        let runner = CommandRunner(services: services)
        let caller = RPCCaller(channel: "ctl", address: "here")
        _ = runner.run("core.uptime", nil, from: caller)
        _ = runner.run("core.nothing", nil, from: caller)
        _ = runner.run("core.uptime", nil, from: RPCCaller(channel: "pigeon", address: "x"))
        let samples = samples(services)
        #expect(samples[#"roost_commands_total{channel="ctl",result="done"}"#] == "1")
        #expect(samples[#"roost_commands_total{channel="ctl",result="failed"}"#] == "1")
        #expect(samples[#"roost_commands_total{channel="other",result="done"}"#] == "1")
        #expect(core.commandFigures.durations.reading.count == 3)
    }

    @Test("a role that may not read gets 403, one with the word metrics the page")
    func roles() throws {
        let (services, _) = try services()
        let endpoint = MetricsEndpoint(services: services)
        let roles: [(words: String, status: Int)] = [
            ("read", 200), ("*", 200), ("metrics", 200), ("ul.*", 403), ("read, !metrics", 403),
        ]
        for (words, status) in roles {
            let role = try #require(AccessRole(name: "r", words: words))
            var request = HTTPRequest(body: [], client: "127.0.0.1:1")
            request.account = Account(name: "board", role: role)
            guard case .reply(let reply) = endpoint.answer(request) else {
                Issue.record("no reply")
                return
            }
            #expect(reply.status == status, "\(words)")
        }
    }

    @Test("the page has the type of the format")
    func type() throws {
        let (services, _) = try services()
        let request = HTTPRequest(body: [], client: "127.0.0.1:1")
        guard case .reply(let reply) = MetricsEndpoint(services: services).answer(request) else {
            Issue.record("no reply")
            return
        }
        #expect(reply.type == "text/plain; version=0.0.4; charset=utf-8")
        #expect(reply.body.last == UInt8(ascii: "\n"))
    }
}

/// A module whose statistics have odd names.
private final class Sample: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<Sample>(
        "sample", "Statistics with odd names.",
        statistics: [
            StatisticRow("Odd-Name", "How odd.") { $0.odd },
            StatisticRow("state", "A state.") { _ in 5 },
            StatisticRow("odd-name", "The same again.") { $0.odd },
            StatisticRow(family: "x_FAMILY", "A family.") { _, group in
                [StatisticReading(group: group, name: "member", value: 1)]
            },
        ])
    let odd = Counter(3)
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
