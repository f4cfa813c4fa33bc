internal import Basics
public import ModuleKit

extension XHTTPPromModule {
    /// The module's declaration.
    public static let manifest = Manifest<XHTTPPromModule>(
        "xhttp_prom",
        "Metrics of the script, and Kamailio's statistics, in the text format of Prometheus.",
        parameters: pageRows + metricRows, functions: functionRows, methods: methodRows,
        statistics: [
            StatisticRow("series", "Combinations of label values of the metrics of the script.") {
                $0.total.value
            },
            StatisticRow("series_refused", "Combinations that there was no room for.") {
                $0.total.refused
            },
        ])

    /// What the page looks like.
    private static var pageRows: [ParameterRow<Parameters>] {
        [
            ParameterRow(
                "xhttp_prom_buf_size", \.pageBytesMax, 0...Limits.metricPageBytesMax,
                "How many bytes this module writes before it leaves numbers out; 0 for "
                    + "\(Limits.metricPageBytesMax)."),
            ParameterRow(
                "xhttp_prom_stats", \.statistics,
                "Statistics that are shown under Kamailio's names: all, group: or a name, several "
                    + "with blanks or commas between; empty for none."),
            ParameterRow(
                offOnly: "xhttp_prom_pkg_stats",
                because: "processes with memory of their own do not exist here; "
                    + "process_resident_memory_bytes tells of the one there is"),
            ParameterRow(
                "xhttp_prom_uptime_stat", \.showsUptime,
                "Whether the seconds since the start are shown, as kamailio_uptime."),
            ParameterRow(
                "xhttp_prom_beginning", \.beginning,
                "What the names of this module begin with.",
                fault: { PageStyle.fault(ofBeginning: $0) }),
            ParameterRow(
                "xhttp_prom_metadata_flags", \.metadata, 0...3,
                "Comments before each name: 1 for HELP, 2 for TYPE, 3 for both."),
            ParameterRow(
                "xhttp_prom_tags", \.tags,
                "Labels that all lines of this module carry: site=\"berlin\",rack=\"7\".",
                fault: { text in
                    do throws(ArgumentError) {
                        _ = try PageStyle.tags(text)
                        return nil
                    } catch {
                        return "is a list of name=\"value\" (\(error.message))"
                    }
                }),
            ParameterRow(
                "timestamp_format", \.timestampFormat,
                "The time behind each value: ms for milliseconds since 1970; none, ours, leaves it "
                    + "to the monitor.",
                fault: { text in
                    ["ms", "none"].contains(text)
                        ? nil
                        : "is ms or none: the text format 0.0.4 has milliseconds, and seconds would "
                            + "be read as a day in January 1970"
                }),
        ]
    }

    /// What the script counts.
    private static var metricRows: [ParameterRow<Parameters>] {
        func check(
            _ kind: MetricDefinition.Kind
        ) -> @Sendable (String) throws(ArgumentError) -> Void {
            { (text) throws(ArgumentError) in _ = try MetricDefinition(kind, text) }
        }
        return [
            ParameterRow(
                "xhttp_prom_timeout", \.idleMinutes, 0...10_000_000,
                "Minutes after which a metric with certain labels that nobody has used is "
                    + "forgotten; 0 for never."),
            ParameterRow(
                "prom_counter", list: \.counters,
                "A counter of the script: name=calls; label=method:source. May be repeated.",
                check: check(.counter)),
            ParameterRow(
                "prom_gauge", list: \.gauges,
                "A gauge of the script: name=load; label=node. May be repeated.",
                check: check(.gauge)),
            ParameterRow(
                "prom_histogram", list: \.histograms,
                "A histogram of the script: name=delay; label=node; buckets=0.1:1:10. May be "
                    + "repeated.",
                check: check(.histogram)),
        ]
    }
}
