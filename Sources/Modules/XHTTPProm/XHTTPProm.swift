internal import Basics
internal import Logging
internal import Management
public import ModuleKit
internal import Synchronization

/// Module `xhttp_prom`: metrics of the script, and Kamailio's statistics under Kamailio's names.
///
/// `/metrics` is served by module `microhttpd` with or without this module; with it the page also
/// has what the script counts and what `xhttp_prom_stats` asks for, line by line as Kamailio writes
/// it, so that dashboards which were made for Kamailio go on working.
public final class XHTTPPromModule: ServerModule {
    /// The module's settings.
    public struct Parameters: Sendable {
        /// Most bytes of what this module writes; 0 for the server's limit.
        public var pageBytesMax = 0
        /// Minutes after which a combination of labels that nobody uses is forgotten; 0 for never.
        public var idleMinutes = 60
        /// Which statistics are shown: `all`, `group:` or a name, several with blanks between.
        public var statistics = ""
        /// Whether the time since the start is shown.
        public var showsUptime = false
        /// What names begin with.
        public var beginning = "kamailio_"
        /// Comments before a family: 1 for HELP, 2 for TYPE.
        public var metadata = 0
        /// Labels that all lines carry.
        public var tags = ""
        /// What time stands behind a value.
        public var timestampFormat = "ms"
        /// Counters, as they are declared.
        public var counters: [String] = []
        /// Gauges, as they are declared.
        public var gauges: [String] = []
        /// Histograms, as they are declared.
        public var histograms: [String] = []
        /// The defaults.
        public init() {}
    }

    /// The settings without `modparam`.
    public static let defaults = Parameters()

    /// The server.
    let services: any Services
    private let parameters: Parameters
    private let style: PageStyle
    /// How many combinations of labels there are.
    let total = SeriesCount()
    /// The metrics of the script by name; never changed, so nobody waits to find one.
    private let metrics: [String: ScriptMetric]
    /// The same in the order of their declaration.
    private let order: [ScriptMetric]
    /// Whether it was said that there is no room for more.
    private let hasWarned = Atomic(false)
    /// Finds the module that runs the script for HTTP requests, at the first request.
    private let conversation = Guarded<(any HTTPConversing)?>(nil)

    /// Makes the metrics that the configuration declares.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
        do throws(ArgumentError) {
            style = PageStyle(
                beginning: setup.parameters.beginning,
                tags: try PageStyle.tags(setup.parameters.tags),
                hasHelp: setup.parameters.metadata & 1 != 0,
                hasType: setup.parameters.metadata & 2 != 0)
            order = try Self.definitions(setup.parameters).map { [total] definition in
                ScriptMetric(definition, total: total)
            }
        } catch {
            throw StartFailure("xhttp_prom: \(error.message)")
        }
        metrics = Dictionary(uniqueKeysWithValues: order.map { ($0.definition.name, $0) })
    }

    private static func definitions(
        _ parameters: Parameters
    ) throws(ArgumentError) -> [MetricDefinition] {
        var made: [MetricDefinition] = []
        let rows: [(MetricDefinition.Kind, [String])] = [
            (.counter, parameters.counters), (.gauge, parameters.gauges),
            (.histogram, parameters.histograms),
        ]
        for (kind, texts) in rows {
            for text in texts {
                let definition = try MetricDefinition(kind, text)
                guard !made.contains(where: { $0.name == definition.name }) else {
                    throw ArgumentError("the metric \"\(definition.name)\" is declared twice")
                }
                guard MetricPage.isName(parameters.beginning + definition.name) else {
                    throw ArgumentError(
                        "\"\(parameters.beginning)\(definition.name)\" is no name of a metric")
                }
                made.append(definition)
            }
        }
        guard made.count <= Limits.scriptMetricsMax else {
            throw ArgumentError("more than \(Limits.scriptMetricsMax) metrics are declared")
        }
        return made
    }

    /// Begins to forget what is not used, and says so when nobody can read the page.
    public func start() throws(StartFailure) {
        if !services.loadedModules.contains(where: { $0.instance is any HTTPConversing }) {
            services.logger.notice(
                "xhttp_prom: nobody can read metrics: loadmodule \"microhttpd\" serves /metrics")
        }
        guard parameters.idleMinutes > 0 else { return }
        services.every(60, "xhttp_prom.idle") { [weak self] in
            self?.forgetIdle(at: SystemClock.wall().seconds)
        }
    }

    /// Forgets the combinations that nobody has used for `xhttp_prom_timeout`.
    func forgetIdle(at now: Int) {
        guard parameters.idleMinutes > 0 else { return }
        for metric in order { metric.forget(before: now - parameters.idleMinutes * 60) }
    }

    // MARK: Metrics

    /// The metric of a name.
    func metric(_ name: String) -> ScriptMetric? { metrics[name] }

    /// Changes a metric; false when it cannot be, which the log explains.
    func apply(_ change: ScriptMetric.Change, to name: String, _ values: [String]) -> Bool {
        let refused = total.refused.value
        let values = values.map { String($0.prefix(Limits.metricLabelBytesMax)) }
        if let metric = metrics[name],
            metric.apply(change, to: values, at: SystemClock.wall().seconds)
        {
            return true
        }
        if total.refused.value > refused {
            // Once: a flood of new label values must not become a flood of log lines.
            guard !hasWarned.exchange(true, ordering: .relaxed) else { return false }
            let words = "more than \(Limits.metricSeriesMax) combinations of labels: \(name)"
            services.logger.error(
                "xhttp_prom: \(words) and others count no new ones. Use labels with few values")
        } else {
            services.logger.debug("xhttp_prom: \(name) does not take this change")
        }
        return false
    }

    // MARK: Page

    /// Adds what this module has to show, as far as there is room for it.
    func fill(_ page: inout MetricPage) {
        let now = SystemClock.wall().seconds
        let room =
            parameters.pageBytesMax > 0 ? parameters.pageBytesMax : Limits.metricPageBytesMax
        var style = style
        style.byteCountMax = page.byteCount + room
        if parameters.timestampFormat == "ms" { style.milliseconds = now * 1_000 }
        forgetIdle(at: now)
        for metric in order { metric.write(to: &page, style) }
        writeStatistics(to: &page, style)
        guard !style.hasRoom(page) else { return }
        services.logger.error(
            "xhttp_prom: metrics beyond \(room) bytes are left out (xhttp_prom_buf_size)")
    }

    private func writeStatistics(to page: inout MetricPage, _ style: PageStyle) {
        let words = parameters.statistics.split { $0 == " " || $0 == "," }.map(String.init)
        let readings = words.isEmpty ? [] : services.loadedModules.flatMap(\.statistics)
        for reading in readings where words.contains(where: { Self.matches(reading, $0) }) {
            let name = "\(reading.group)_\(reading.name)".replacing("-", with: "_")
                .replacing(".", with: "_")
            // A name that is taken would be a second sample of the same series.
            guard MetricPage.isName(style.beginning + name), !page.has(style.beginning + name),
                style.hasRoom(page)
            else { continue }
            style.add(
                name, reading.reset == nil ? .gauge : .counter, reading.summary,
                String(reading.value), to: &page)
        }
        guard parameters.showsUptime, !page.has(style.beginning + "uptime") else { return }
        let seconds = SystemClock.wall().seconds - services.startedAt.seconds
        style.add("uptime", .gauge, "Seconds since the start.", String(seconds), to: &page)
    }

    private static func matches(_ reading: StatisticReading, _ word: String) -> Bool {
        word == "all" || word == reading.name || word == "\(reading.group):"
            || word == "\(reading.group):\(reading.name)"
    }

    // MARK: Requests

    /// The HTTP request that a context works on, and who runs the script for it.
    func request(_ context: ScriptContext) -> (any HTTPConversing, HTTPRequest)? {
        let conversing = conversation.withLock { known in
            if known == nil {
                known =
                    services.loadedModules.lazy
                    .compactMap { $0.instance as? any HTTPConversing }.first
            }
            return known
        }
        guard let conversing, let request = conversing.httpRequest(context) else { return nil }
        return (conversing, request)
    }

    /// Answers the request with the page; false outside of the event route.
    func dispatch(_ context: ScriptContext) -> Bool {
        guard let (conversing, request) = request(context) else {
            services.logger.error("prom_dispatch: there is no HTTP request here")
            return false
        }
        guard case .reply(let reply) = MetricsEndpoint(services: services).answer(request) else {
            return false
        }
        return conversing.answer(context, with: reply)
    }
}

extension XHTTPPromModule: MetricSource {
    /// Adds what the script counts, and the statistics under Kamailio's names.
    public func writeMetrics(to page: inout MetricPage) { fill(&page) }
}
