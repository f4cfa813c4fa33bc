internal import Basics
public import ModuleKit

/// Collects what a server has to show to a monitor.
///
/// Names follow from declarations: the statistic `accepted_regs` of the module `registrar` is
/// `roost_registrar_accepted_regs_total`, with the sentence of its row as help. Modules whose
/// figures want labels write them themselves (`MetricSource`).
public enum MetricsCollector {
    /// The figures of now.
    public static func page(of services: any Services) -> MetricPage {
        var page = MetricPage()
        writeServer(services, to: &page)
        for loaded in services.loadedModules {
            let source = loaded.instance as? any MetricSource
            source?.writeMetrics(to: &page)
            if source?.coversStatistics != true { writeStatistics(of: loaded, to: &page) }
            if let user = loaded.instance as? any DatabaseUser, let use = user.databaseUse {
                write(use, of: loaded.name, to: &page)
            }
        }
        ProcessFigures.write(startedAt: services.startedAt, to: &page)
        return page
    }

    // MARK: The server

    private static func writeServer(_ services: any Services, to page: inout MetricPage) {
        page.gauge(
            "roost_build_info", "The version that runs; the value is always 1.", 1,
            labels: [
                ("version", ProductVersion.number), ("architecture", ProductVersion.architecture),
                ("compiler", ProductVersion.compiler),
            ])
        let isLoaded = services.loadedModules.allSatisfy { loaded in
            (loaded.instance as? any DatabaseUser)?.databaseUse?.status.isLoaded ?? true
        }
        page.gauge(
            "roost_ready", "1 while requests should be sent here, as /ready says.",
            isLoaded && !services.isDraining ? 1 : 0)
        writeReplies(services.replyCounters, to: &page)
    }

    /// The replies that were sent, by class and, for those that are counted by themselves, status.
    private static func writeReplies(_ counters: ReplyCounters, to page: inout MetricPage) {
        let name = "roost_sip_replies_sent_total"
        let help =
            "SIP replies that were sent, by class and status; other stands for those of a class "
            + "that are not counted by themselves."
        for (status, counter) in zip(ReplyCounters.singled, counters.statuses) {
            page.counter(
                name, help, counter.value,
                labels: [("class", "\(status / 100)xx"), ("status", String(status))])
        }
        for (place, counter) in counters.rests.enumerated() {
            page.counter(
                name, help, counter.value,
                labels: [("class", "\(place + 1)xx"), ("status", "other")])
        }
    }

    // MARK: Modules

    /// Statistics with fixed names; those with names of runtime want labels.
    private static func writeStatistics(of loaded: LoadedModule, to page: inout MetricPage) {
        for row in loaded.statisticRows where !row.isFamily {
            for reading in row.read() {
                let isCounter = reading.reset != nil
                let name = name(of: reading) + (isCounter ? "_total" : "")
                // A name that differs in case alone would be the same sample twice.
                guard !page.has(name) else { continue }
                page.add(
                    name, isCounter ? .counter : .gauge, reading.summary,
                    text: String(reading.value))
            }
        }
    }

    /// `roost_GROUP_NAME` in lower case, with `_` for what a name cannot have.
    static func name(of reading: StatisticReading) -> String {
        let plain = "\(reading.group)_\(reading.name)".lowercased().utf8.map { byte in
            let isLetter = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            return isLetter || isDigit ? byte : UInt8(ascii: "_")
        }
        return "roost_" + String(decoding: plain, as: UTF8.self)
    }

    /// How a module and its database get along.
    private static func write(
        _ use: DatabaseUse, of module: String, to page: inout MetricPage
    ) {
        let labels: [MetricPage.Label] = [("module", module)]
        page.gauge(
            "roost_database_up", "1 while the database of a module answers.",
            use.status.state == .connected ? 1 : 0, labels: labels)
        page.gauge(
            "roost_database_loaded", "1 when the tables of a module have been loaded.",
            use.status.isLoaded ? 1 : 0, labels: labels)
        page.gauge(
            "roost_database_unwritten_changes", "Changes that are not in the database.",
            use.waiting, labels: labels)
        page.gauge(
            "roost_database_oldest_unwritten_seconds",
            "Age of the oldest change that is not in the database.", use.oldestSeconds,
            labels: labels)
        page.gauge(
            "roost_database_last_flush_timestamp_seconds",
            "When the last write-back ended; 0 before the first.", use.status.lastFlush.seconds,
            labels: labels)
        page.gauge(
            "roost_database_last_flush_duration_seconds", "How long the last write-back took.",
            Double(use.status.lastFlushMicroseconds) / 1e6, labels: labels)
        page.gauge(
            "roost_database_last_flush_rows", "Rows that the last write-back wrote or deleted.",
            use.status.lastFlushRows, labels: labels)
    }
}
