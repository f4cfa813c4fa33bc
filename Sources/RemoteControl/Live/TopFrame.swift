/// One frame of `roostctl top`: lines from two samples, without a terminal.
struct TopFrame {
    /// The figures of now.
    let now: TopSample
    /// Those of the frame before; nil for the first one, which shows averages since the start.
    let before: TopSample?
    /// How the methods are sorted.
    let order: TopOptions.Order
    /// Where the server is.
    let address: String

    /// Seconds between the two samples.
    private var seconds: Double {
        max(before.map { now.time - $0.time } ?? Double(now.uptime), 0.001)
    }

    /// The lines, none wider than `width`, no more than `height`.
    func lines(width: Int, height: Int) -> [String] {
        var lines = summary
        lines.append("")
        let room = max(height - lines.count - 1, 0)
        lines += methods(room: room)
        return lines.prefix(height).map { TextWidth.cut($0, to: width) }
    }

    /// What stands above the list of methods.
    private var summary: [String] {
        var lines = ["\(now.version)  \(address)  up \(Self.duration(now.uptime))"]
        let users = now.tables("_users") - now.statistic("usrloc:registered_users")
        lines.append(
            Self.row(
                "contacts",
                [
                    ("users", Self.whole(max(users, 0))),
                    ("contacts", Self.whole(now.tables("_contacts"))),
                    ("registered", rate("registrar:accepted_regs")),
                    ("rejected", rate("registrar:rejected_regs")),
                    ("expired", rate(ending: "_expires")),
                ]))
        lines.append(
            Self.row(
                "messages",
                [
                    ("requests", rate("core:rcv_requests")), ("replies", rate("core:rcv_replies")),
                    ("sent", rate("sl:sent_replies")), ("dropped", rate("core:drop_requests")),
                    ("errors", rate("core:err_requests")),
                ]))
        lines.append(Self.row("process", process))
        if now.statistics["presence:publish_accepted"] != nil {
            lines.append(
                Self.row(
                    "presence",
                    [
                        ("published", rate("presence:publish_accepted")),
                        ("subscribed", rate("presence:subscribe_accepted")),
                    ]))
        }
        return lines + now.databases.map(database)
    }

    /// Transactions and memory.
    private var process: [(String, String)] {
        var parts: [(String, String)] = []
        if let transactions = now.transactions {
            parts.append(("transactions", Self.whole(transactions.current)))
            let old = before?.transactions?.total ?? 0
            parts.append(("new", Self.rate(Double(transactions.total - old) / seconds)))
        }
        if let bytes = now.metrics.values["process_resident_memory_bytes"] {
            parts.append(("memory", Self.bytes(bytes)))
        }
        if let files = now.metrics.values["process_open_fds"] {
            parts.append(("files", Self.whole(Int(files))))
        }
        return parts
    }

    /// How a module and its database get along.
    private func database(_ database: TopSample.Database) -> String {
        var parts = [("", database.state), ("dirty", Self.whole(database.dirty))]
        if database.dirty > 0 { parts.append(("oldest", Self.duration(database.oldest))) }
        if database.flushed > 0 {
            let age = max(now.clock - database.flushed, 0)
            parts.append(("flushed", "\(Self.duration(age)) ago"))
            let milliseconds = Self.decimal(Double(database.flushMicroseconds) / 1_000)
            parts.append(("in", "\(milliseconds) ms"))
            parts.append(("rows", Self.whole(database.flushRows)))
        }
        return Self.row(database.module, parts)
    }

    /// The list of methods, as many as there is room for.
    private func methods(room: Int) -> [String] {
        let total = max(now.methods.values.reduce(0, +), 1)
        let old = before?.methods ?? [:]
        let rows = now.methods.filter { $0.value > 0 }.map { name, count in
            (
                name: name, count: count, rate: Double(count - (old[name] ?? 0)) / seconds,
                median: now.metrics.quantile(0.5, of: name, since: before?.metrics),
                slow: now.metrics.quantile(0.99, of: name, since: before?.metrics)
            )
        }.sorted { a, b in
            switch order {
            case .rate where a.rate != b.rate: a.rate > b.rate
            case .rate, .total: (b.count, a.name) < (a.count, b.name)
            case .slowest where a.slow != b.slow: a.slow ?? -1 > b.slow ?? -1
            case .slowest, .name: a.name < b.name
            }
        }
        let table = TextTable(
            names: ["METHOD", "PER S", "TOTAL", "SHARE %", "P50 MS", "P99 MS"],
            rows: rows.prefix(max(room, 0)).map { row in
                [
                    row.name, Self.plain(row.rate), String(row.count),
                    Self.plain(Double(row.count) * 100 / Double(total)),
                    row.median.map { Self.plain($0 * 1_000) } ?? "-",
                    row.slow.map { Self.plain($0 * 1_000) } ?? "-",
                ]
            })
        return table.lines(width: nil)
    }

    // MARK: Figures

    /// How often a statistic has risen in a second.
    private func rate(_ name: String) -> String {
        let difference = now.statistic(name) - (before?.statistic(name) ?? 0)
        return Self.rate(Double(difference) / seconds)
    }

    /// The same for the sum of all whose names have an ending.
    private func rate(ending: String) -> String {
        Self.rate(Double(now.tables(ending) - (before?.tables(ending) ?? 0)) / seconds)
    }

    /// A heading and figures with their names.
    private static func row(_ heading: String, _ parts: [(String, String)]) -> String {
        let cells = parts.map { name, value in name.isEmpty ? value : "\(name) \(value)" }
        return TextWidth.padded(heading, to: 10) + cells.joined(separator: "   ")
    }

    /// A number with commas between its thousands.
    static func whole(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var result = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return number < 0 ? "-" + result : result
    }

    /// A number with one digit behind the point, below 100.
    static func decimal(_ number: Double) -> String {
        let number = number.isFinite ? min(max(number, -1e15), 1e15) : 0
        let tenths = Int((number.magnitude * 10).rounded())
        if tenths >= 1_000 { return whole(Int(number.rounded())) }
        return (number < 0 ? "-" : "") + "\(tenths / 10).\(tenths % 10)"
    }

    /// The same without commas, for a column of numbers.
    private static func plain(_ number: Double) -> String {
        decimal(number).filter { $0 != "," }
    }

    /// A rate in few characters.
    private static func rate(_ perSecond: Double) -> String { decimal(perSecond) + "/s" }

    /// A number of bytes in few characters.
    private static func bytes(_ bytes: Double) -> String {
        decimal(bytes / 1_048_576) + " MiB"
    }

    /// Seconds in words: `12 s`, `3:04:05`, `2 d 3:04:05`.
    static func duration(_ seconds: Int) -> String {
        guard seconds >= 60 else { return "\(max(seconds, 0)) s" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(seconds / 3_600 % 24):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return seconds >= 86_400 ? "\(seconds / 86_400) d \(clock)" : clock
    }
}
