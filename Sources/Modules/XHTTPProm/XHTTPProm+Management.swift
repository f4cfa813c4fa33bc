internal import Basics
internal import JSONValue
internal import ModuleKit

/// The commands, with Kamailio's words.
extension XHTTPPromModule {
    private typealias Row = MethodRow<XHTTPPromModule>

    /// All of them.
    static var methodRows: [MethodRow<XHTTPPromModule>] {
        [
            change("counter_inc", .counter, "Adds to a counter of the script") {
                $0.rounded() == $0 && $0 >= 0 && $0 < 1e15 ? .add(Int($0)) : nil
            },
            change("gauge_set", .gauge, "Sets a gauge of the script") { .set($0) },
            change("gauge_inc", .gauge, "Adds to a gauge of the script") { .move($0) },
            change("histogram_observe", .histogram, "Puts a value into a histogram of the script") {
                .observe($0)
            },
            reset("counter_reset", .counter, "Sets a counter of the script to zero"),
            reset("gauge_reset", .gauge, "Sets a gauge of the script to zero"),
            Row(
                "xhttp_prom.metric_list_print", result: .string,
                "Shows what this module adds to /metrics",
                example: RPCExample([], "kamailio_calls{method=\"INVITE\"} 3 1789000000000\n")
            ) { (module, _) throws(RPCError) in
                var page = MetricPage()
                module.fill(&page)
                return .value(.string(page.text))
            },
        ]
    }

    /// The name is looked at by the command, which has words of its own for one that is missing.
    private static var name: RPCParameter {
        RPCParameter("name", .string, isOptional: true, "The metric, without kamailio_")
    }
    private static var labels: RPCParameter {
        RPCParameter(
            "labels", .string, isOptional: true, isRest: true,
            "A value for each label of the metric, in their order")
    }

    /// A metric as an operator may have declared it, for examples.
    private static func sample(_ kind: MetricDefinition.Kind) -> String {
        switch kind {
        case .counter: "calls"
        case .gauge: "load"
        case .histogram: "setup_seconds"
        }
    }

    private static func change(
        _ name: String, _ kind: MetricDefinition.Kind, _ summary: String,
        _ make: @escaping @Sendable (Double) -> ScriptMetric.Change?
    ) -> MethodRow<XHTTPPromModule> {
        let number = RPCParameter("number", .number, isOptional: true, "The number")
        return Row(
            "xhttp_prom.\(name)", [Self.name, number, labels], result: .nothing, isChange: true,
            summary, example: RPCExample([.string(sample(kind)), 1], [:])
        ) { (module, call) throws(RPCError) in
            let metric = try metric(call, kind)
            guard let number = call.double(1), number.isFinite else {
                throw RPCError(400, "required number argument")
            }
            let labels = call.rest(2)
            guard let change = make(number), module.apply(change, to: metric, kind, labels) else {
                throw RPCError(
                    500, "\(words(kind, number)): \(metric)\(list(labels))")
            }
            return .done
        }
    }

    private static func reset(
        _ name: String, _ kind: MetricDefinition.Kind, _ summary: String
    ) -> MethodRow<XHTTPPromModule> {
        Row(
            "xhttp_prom.\(name)", [Self.name, labels], result: .nothing, isChange: true, summary,
            example: RPCExample([.string(sample(kind))], [:])
        ) { (module, call) throws(RPCError) in
            let metric = try metric(call, kind)
            let labels = call.rest(1)
            guard module.apply(.reset, to: metric, kind, labels) else {
                throw RPCError(
                    500, "Failed to reset \(kind.rawValue): \(metric)\(list(labels))")
            }
            return .done
        }
    }

    private static func metric(
        _ call: RPCCall, _ kind: MetricDefinition.Kind
    ) throws(RPCError) -> String {
        guard let name = call.string(0), !name.isEmpty else {
            throw RPCError(400, "required \(kind.rawValue) identifier")
        }
        return name
    }

    private static func words(_ kind: MetricDefinition.Kind, _ number: Double) -> String {
        let text = MetricPage.text(number)
        switch kind {
        case .counter: return "Failed to add \(text) to counter"
        case .gauge: return "Failed to assign \(text) to gauge"
        case .histogram: return "Failed to observe \(text) in histogram"
        }
    }

    /// Label values as Kamailio's faults have them: ` (a, b)`.
    private static func list(_ labels: [String]) -> String {
        labels.isEmpty ? "" : " (\(labels.joined(separator: ", ")))"
    }

    private func apply(
        _ change: ScriptMetric.Change, to name: String, _ kind: MetricDefinition.Kind,
        _ labels: [String]
    ) -> Bool {
        guard metric(name)?.definition.kind == kind else { return false }
        return apply(change, to: name, labels)
    }
}
