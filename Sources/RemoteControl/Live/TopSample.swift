internal import JSONValue

/// The figures of a server at one moment, as its commands tell them.
///
/// What a server does not have (a module that is not loaded, an older version) is missing, and is
/// left out of the view.
struct TopSample: Equatable {
    /// How a module and its database get along: the command `MODULE.status`.
    struct Database: Equatable {
        /// The module.
        var module: String
        /// `connected`, or what else the server says.
        var state: String
        /// Changes that wait, and seconds since the oldest of them.
        var dirty: Int, oldest: Int
        /// When something was written last, in seconds since 1970, how long it took in
        /// microseconds, and how many rows; 0 for never.
        var flushed: Int, flushMicroseconds: Int, flushRows: Int
    }

    /// Seconds of a monotonic clock here.
    var time: Double
    /// Seconds since 1970 here.
    var clock = 0
    /// Name and version of the server.
    var version = ""
    /// Seconds since its start.
    var uptime = 0
    /// The statistics, by `group:name`.
    var statistics: [String: Int] = [:]
    /// The databases of the modules that have one.
    var databases: [Database] = []
    /// Transactions now, and all there have been.
    var transactions: (current: Int, total: Int)?
    /// What `/metrics` tells beyond.
    var metrics = MetricsText("")

    /// The commands that are called for a sample.
    static let calls: [(method: String, parameters: [JSONValue])] = [
        ("core.version", []), ("core.uptime", []), ("stats.get_statistics", ["all"]),
        ("tm.stats", []), ("ul.status", []), ("presence.status", []), ("pua.status", []),
    ]

    /// A sample of the answers to `calls`, at a time.
    init(_ answers: [JSONValue?], metrics: String?, time: Double, clock: Int) {
        precondition(answers.count == Self.calls.count, "an answer for each call")
        self.time = time
        self.clock = clock
        version = SafeText.printable(answers[0]?.text ?? "")
        uptime = Int(answers[1]?["uptime"]?.integer ?? 0)
        for line in answers[2]?.items ?? [] {
            let parts = line.text?.split(separator: " ") ?? []
            guard parts.count == 3, parts[1] == "=", let value = Int(parts[2]) else { continue }
            statistics[String(parts[0])] = value
        }
        if let current = answers[3]?["current"]?.integer {
            transactions = (Int(current), Int(answers[3]?["total"]?.integer ?? 0))
        }
        for (place, module) in [(4, "usrloc"), (5, "presence"), (6, "pua")] {
            guard let answer = answers[place] else { continue }
            func number(_ name: String) -> Int { Int(answer[name]?.integer ?? 0) }
            databases.append(
                Database(
                    module: module, state: SafeText.printable(answer["database"]?.text ?? ""),
                    dirty: number("dirty"), oldest: number("oldest_dirty"),
                    flushed: number("last_flush"), flushMicroseconds: number("last_flush_us"),
                    flushRows: number("last_flush_rows")))
        }
        self.metrics = MetricsText(metrics ?? "")
    }

    /// A statistic, 0 where there is none.
    func statistic(_ name: String) -> Int { statistics[name] ?? 0 }

    /// The sum of the statistics of usrloc's tables with an ending: `location_contacts`.
    func tables(_ ending: String) -> Int {
        statistics.reduce(0) { sum, entry in
            entry.key.hasPrefix("usrloc:") && entry.key.hasSuffix(ending) ? sum + entry.value : sum
        }
    }

    /// Requests that have come, by method.
    var methods: [String: Int] {
        let prefix = "core:rcv_requests_"
        var methods: [String: Int] = [:]
        for (name, value) in statistics where name.hasPrefix(prefix) {
            methods[name.dropFirst(prefix.count).uppercased()] = value
        }
        let others = statistic("core:rcv_requests") - methods.values.reduce(0, +)
        if others > 0 { methods["other"] = others }
        return methods
    }

    /// Whether two samples tell the same; what metrics say is left out.
    static func == (a: TopSample, b: TopSample) -> Bool {
        a.time == b.time && a.statistics == b.statistics && a.databases == b.databases
    }
}
