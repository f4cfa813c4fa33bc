import JSONValue
import Testing

@testable import RemoteControl

@Suite("roostctl top")
struct TopTests {
    /// A sample with some statistics.
    private func sample(
        _ statistics: [String: Int], time: Double, uptime: Int = 100, metrics: String? = nil,
        status: JSONValue? = nil
    ) -> TopSample {
        let lines = statistics.map { JSONValue.string("\($0.key) = \($0.value)") }
        return TopSample(
            [
                "roost 0.2.0", ["uptime": .integer(Int64(uptime))], .array(lines),
                ["current": 5, "total": 50], status, nil, nil,
            ], metrics: metrics, time: time, clock: 1_000)
    }

    @Test("options say how often, how sorted, and whether once")
    func options() throws {
        let found = try TopOptions(["-n", "5", "--sort", "slowest", "--once"])
        #expect(found.interval == 5 && found.order == .slowest && found.isOnce)
        #expect(try TopOptions([]) == TopOptions(["--interval", "2", "--sort", "rate"]))
        #expect(TopOptions.Order.rate.next == .total && TopOptions.Order.name.next == .rate)
    }

    @Test(
        "what is no option is refused",
        arguments: [["-n"], ["-n", "0"], ["--sort"], ["--sort", "size"], ["x"], ["--twice"]])
    func refused(_ words: [String]) {
        let error = #expect(throws: ControlError.self) { try TopOptions(words) }
        #expect(error?.kind == .usage)
    }

    @Test("rates are differences by time, and averages since the start at first")
    func rates() {
        let before = sample(["core:rcv_requests": 100, "registrar:accepted_regs": 10], time: 10)
        let now = sample(["core:rcv_requests": 300, "registrar:accepted_regs": 15], time: 12)
        let frame = TopFrame(now: now, before: before, order: .rate, address: "h:1")
        let text = frame.lines(width: 200, height: 50).joined(separator: "\n")
        #expect(text.contains("requests 100/s") && text.contains("registered 2.5/s"))
        #expect(text.contains("transactions 5   new 0.0/s"))
        let first = TopFrame(now: now, before: nil, order: .rate, address: "h:1")
        #expect(first.lines(width: 200, height: 50).joined().contains("requests 3.0/s"))
    }

    @Test("users and contacts are summed over the tables")
    func tables() {
        let now = sample(
            [
                "usrloc:location_users": 1_000, "usrloc:location_contacts": 1_234_567,
                "usrloc:other_users": 1, "usrloc:other_contacts": 2,
                "usrloc:registered_users": 1_001,
            ], time: 1)
        let text = TopFrame(now: now, before: nil, order: .rate, address: "").lines(
            width: 200, height: 9
        ).joined(separator: "\n")
        #expect(text.contains("users 1,001   contacts 1,234,569"))
    }

    @Test("a database says how much waits, how long, and how the last flush was")
    func database() {
        let status: JSONValue = [
            "database": "lost", "dirty": 12, "oldest_dirty": 75, "last_flush": 990,
            "last_flush_us": 2_500, "last_flush_rows": 7,
        ]
        let now = sample([:], time: 1, status: status)
        #expect(now.databases.count == 1)
        let text = TopFrame(now: now, before: nil, order: .rate, address: "").lines(
            width: 200, height: 9
        ).joined(separator: "\n")
        #expect(
            text.contains(
                "usrloc    lost   dirty 12   oldest 0:01:15   flushed 10 s ago   in 2.5 ms   rows 7"
            ))
    }

    /// Two samples in which INVITE is rarer and slower than REGISTER.
    private func methods(_ order: TopOptions.Order) -> [String] {
        let metrics = { (scale: Int) in
            """
            # TYPE roost_request_duration_seconds histogram
            roost_request_duration_seconds_bucket{method="register",le="0.001"} \(scale * 90)
            roost_request_duration_seconds_bucket{method="register",le="0.01"} \(scale * 100)
            roost_request_duration_seconds_bucket{method="register",le="+Inf"} \(scale * 100)
            roost_request_duration_seconds_bucket{method="invite",le="0.001"} 0
            roost_request_duration_seconds_bucket{method="invite",le="0.01"} 0
            roost_request_duration_seconds_bucket{method="invite",le="+Inf"} \(scale * 10)
            process_resident_memory_bytes 1.048576e+07
            """
        }
        let counts = { (scale: Int) in
            [
                "core:rcv_requests": scale * 120, "core:rcv_requests_register": scale * 100,
                "core:rcv_requests_invite": scale * 10, "core:rcv_requests_bye": 5,
            ]
        }
        let frame = TopFrame(
            now: sample(counts(2), time: 11, metrics: metrics(2)),
            before: sample(counts(1), time: 10, metrics: metrics(1)), order: order, address: "")
        let lines = frame.lines(width: 200, height: 50)
        #expect(lines.contains { $0.contains("memory 10.0 MiB") })
        let start = lines.firstIndex { $0.hasPrefix("METHOD") } ?? 0
        return lines[(start + 1)...].map { String($0.prefix { $0 != " " }) }
    }

    @Test("methods are sorted as asked, and what has no counter of its own is other")
    func order() {
        // INVITE and the others come as often: their names decide.
        #expect(methods(.rate) == ["REGISTER", "INVITE", "other", "BYE"])
        #expect(methods(.total) == ["REGISTER", "INVITE", "other", "BYE"])
        #expect(methods(.slowest).first == "INVITE")
        #expect(methods(.name) == ["BYE", "INVITE", "REGISTER", "other"])
    }

    @Test("no frame is larger than the window", arguments: [(80, 24), (20, 5), (1, 1), (200, 60)])
    func bound(_ width: Int, _ height: Int) {
        let now = sample(["core:rcv_requests_invite": 7, "core:rcv_requests": 9], time: 3)
        let lines = TopFrame(now: now, before: nil, order: .rate, address: "host:8280").lines(
            width: width, height: height)
        #expect(lines.count <= height)
        #expect(lines.allSatisfy { TextWidth.columns($0) <= width })
    }

    @Test("answers that are missing or odd leave figures out and trap nothing")
    func odd() {
        let empty = TopSample(
            [JSONValue?](repeating: nil, count: TopSample.calls.count), metrics: nil, time: 0,
            clock: 0)
        #expect(empty.statistics.isEmpty && empty.transactions == nil)
        #expect(
            !TopFrame(now: empty, before: nil, order: .rate, address: "").lines(
                width: 80, height: 24
            ).isEmpty)
        let strange = TopSample(
            ["\u{1b}[2J", 5, ["a", 7, "a:b = x", "a:b = 5", "= = =", nil], "x", [], nil, nil],
            metrics: "{{{\nx{ 5\n\u{1b}", time: 0, clock: 0)
        #expect(strange.statistics == ["a:b": 5])
        #expect(!strange.version.contains("\u{1b}"))
    }

    static let numbers: [(Double, String)] = [
        (0, "0.0"), (0.04, "0.0"), (0.05, "0.1"), (9.96, "10.0"), (99.9, "99.9"), (100, "100"),
        (1_234.5, "1,235"), (-3.2, "-3.2"), (.infinity, "0.0"), (.nan, "0.0"),
        (1_048_576, "1,048,576"),
    ]

    @Test("numbers have commas, and a digit behind the point below 100", arguments: numbers)
    func decimal(_ number: Double, _ text: String) {
        #expect(TopFrame.decimal(number) == text)
    }

    static let durations: [(Int, String)] = [
        (0, "0 s"), (-5, "0 s"), (59, "59 s"), (60, "0:01:00"), (3_661, "1:01:01"),
        (86_399, "23:59:59"), (86_400, "1 d 0:00:00"), (200_000, "2 d 7:33:20"),
    ]

    @Test("times are seconds, hours, or days", arguments: durations)
    func duration(_ seconds: Int, _ text: String) {
        #expect(TopFrame.duration(seconds) == text)
    }

    @Test("in a pipe one frame is printed, from a batch of commands and the metrics")
    func once() {
        let server = AnsweringServer { request in
            if request.hasPrefix("GET /metrics") { return "process_open_fds 12\n" }
            let replies = TopSample.calls.indices.map { id in
                id == 2
                    ? #"{"jsonrpc":"2.0","result":["core:rcv_requests = 7"],"id":2}"#
                    : #"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no"},"id":\#(id)}"#
            }
            return "[" + replies.reversed().joined(separator: ",") + "]"
        }
        let output = Memory()
        let status = ControlSession.main(
            ["--url", server.url, "top", "-n", "0.1"], environment: [:], output: output,
            errors: Memory())
        #expect(status == 0)
        #expect(output.text.contains("files 12"))
        #expect(output.text.contains("other"))
        #expect(server.requests.count == 4)
    }

    @Test("a server that answers a batch with one error is an error")
    func refusedBatch() {
        let server = AnsweringServer { _ in
            #"{"jsonrpc":"2.0","error":{"code":-32600,"message":"no batches"},"id":null}"#
        }
        let errors = Memory()
        let status = ControlSession.main(
            ["--url", server.url, "top"], environment: [:], output: Memory(), errors: errors)
        #expect(status == 1 && errors.text.contains("no batches"))
    }
}

@Suite("Metrics that top reads")
struct MetricsTextTests {
    @Test("values without labels, and histograms with a method")
    func page() {
        let page = MetricsText(
            """
            # HELP up x
            up 1
            bad line
            x_seconds_bucket{le="1",method="a\\"b,c"} 3
            x_seconds_bucket{le="1"} 9
            x_seconds_bucket{method="a",le="-5"} 9
            x_bytes_bucket{method="a",le="5"} 9
            y 2.5e3
            """)
        #expect(page.values == ["up": 1, "y": 2_500])
        #expect(page.latencies == ["A\"B,C": [1: 3]])
    }

    @Test("a quantile lies within its bucket, evenly, as in Prometheus")
    func quantile() {
        let page = MetricsText(
            """
            s_seconds_bucket{method="m",le="0.1"} 50
            s_seconds_bucket{method="m",le="0.2"} 100
            s_seconds_bucket{method="m",le="+Inf"} 100
            """)
        #expect(page.quantile(0.5, of: "M", since: nil) == 0.1)
        #expect(page.quantile(0.25, of: "M", since: nil) == 0.05)
        #expect(abs((page.quantile(0.75, of: "M", since: nil) ?? 0) - 0.15) < 1e-9)
        #expect(page.quantile(0.5, of: "M", since: page) == nil, "nothing since then")
        #expect(page.quantile(0.5, of: "N", since: nil) == nil)
    }

    @Test("beyond the last bound it is that bound")
    func beyond() {
        let page = MetricsText(
            "s_seconds_bucket{method=\"m\",le=\"2\"} 1\n"
                + "s_seconds_bucket{method=\"m\",le=\"+Inf\"} 100")
        #expect(page.quantile(0.99, of: "M", since: nil) == 2)
    }
}
