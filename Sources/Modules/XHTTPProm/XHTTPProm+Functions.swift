internal import Basics
internal import Management
internal import ModuleKit

/// The functions of the script.
///
/// Each takes the name of a metric, perhaps an amount, and a value for each of its labels. A
/// constant name is looked up when the script is loaded: a metric that is not declared, is of
/// another kind or has other labels is an error then, and not silence at each message.
extension XHTTPPromModule {
    private typealias Row = FunctionRow<XHTTPPromModule>
    /// Prepares an amount: what a call does to the number.
    private typealias Amount<T> = @Sendable (T) -> ScriptMetric.Change?

    private static let results = "1, -1 for another kind or number of labels, or without room"

    /// All of them.
    static var functionRows: [FunctionRow<XHTTPPromModule>] {
        [
            change("prom_counter_inc", .counter, .integer("amount"), "Adds to a counter.") {
                .add($0)
            },
            change("prom_gauge_set", .gauge, .string("value"), "Sets a gauge.") { text in
                number(text).map { .set($0) }
            },
            change("prom_gauge_inc", .gauge, .string("amount"), "Adds to a gauge.") { text in
                number(text).map { .move($0) }
            },
            change(
                "prom_histogram_observe", .histogram, .string("value"),
                "Puts a value into a histogram."
            ) { text in number(text).map { .observe($0) } },
            reset("prom_counter_reset", .counter, "Sets a counter to zero."),
            reset("prom_gauge_reset", .gauge, "Sets a gauge to zero."),
            Row(
                "prom_check_uri", returns: "1, -1",
                "Whether the HTTP request at hand asks for /metrics."
            ) { (module, context) in
                module.request(context)?.1.path == "/metrics" ? 1 : -1
            },
            Row(
                "prom_dispatch", returns: "1, -1 outside of event_route[microhttpd:request]",
                "Answers the HTTP request at hand with the metrics; without it module microhttpd "
                    + "does, under /metrics."
            ) { (module, context) in module.dispatch(context) ? 1 : -1 },
        ]
    }

    /// A text as a number; a float, as Kamailio has it.
    private static func number(_ text: String) -> Double? {
        let value = Double(text)
        return value?.isFinite == true ? value : nil
    }

    /// A function with an amount that is a text.
    private static func change(
        _ name: String, _ kind: MetricDefinition.Kind, _ amount: Argument<ScriptText>,
        _ summary: String, _ make: @escaping @Sendable (String) -> ScriptMetric.Change?
    ) -> FunctionRow<XHTTPPromModule> {
        Row(
            name, .string("metric"), amount, label(1), label(2), label(3), returns: results,
            summary,
            compile: { (module, metric, amount, l1, l2, l3) throws(ArgumentError) in
                let labels = [l1, l2, l3]
                try module.check(metric, kind, labels)
                if case .constant(.owned(let bytes)) = amount,
                    make(String(decoding: bytes, as: UTF8.self)) == nil
                {
                    throw ArgumentError("the amount is no number")
                }
                return { context in
                    guard let text = amount.value(context),
                        let change = make(context.string(text))
                    else { return -1 }
                    return module.apply(change, metric, labels, context)
                }
            })
    }

    /// A function with an amount that is an integer.
    private static func change(
        _ name: String, _ kind: MetricDefinition.Kind, _ amount: Argument<Int>,
        _ summary: String, _ make: @escaping @Sendable (Int) -> ScriptMetric.Change
    ) -> FunctionRow<XHTTPPromModule> {
        Row(
            name, .string("metric"), amount, label(1), label(2), label(3), returns: results,
            summary,
            compile: { (module, metric, amount, l1, l2, l3) throws(ArgumentError) in
                let labels = [l1, l2, l3]
                try module.check(metric, kind, labels)
                if case .constant(let number) = amount, number < 0 {
                    throw ArgumentError("a counter only rises: \(number) is negative")
                }
                return { context in
                    guard let number = amount.value(context) else { return -1 }
                    return module.apply(make(number), metric, labels, context)
                }
            })
    }

    /// A function without an amount.
    private static func reset(
        _ name: String, _ kind: MetricDefinition.Kind, _ summary: String
    ) -> FunctionRow<XHTTPPromModule> {
        Row(
            name, .string("metric"), label(1), label(2), label(3), returns: results, summary,
            compile: { (module, metric, l1, l2, l3) throws(ArgumentError) in
                let labels = [l1, l2, l3]
                try module.check(metric, kind, labels)
                return { context in module.apply(.reset, metric, labels, context) }
            })
    }

    private static func label(_ number: Int) -> Argument<ScriptText?> {
        Argument<ScriptText>.string("label\(number)").optional
    }

    // MARK: Calls

    /// The arguments of a call that the script has written.
    private static func given(
        _ labels: [Evaluator<ScriptText?>]
    ) -> [Evaluator<ScriptText?>] {
        labels.filter { label in
            if case .constant(.none) = label { return false }
            return true
        }
    }

    /// Refuses a constant name that is not declared so.
    private func check(
        _ metric: Evaluator<ScriptText>, _ kind: MetricDefinition.Kind,
        _ labels: [Evaluator<ScriptText?>]
    ) throws(ArgumentError) {
        guard case .constant(.owned(let bytes)) = metric else { return }
        let name = String(decoding: bytes, as: UTF8.self)
        guard let known = self.metric(name)?.definition, known.kind == kind else {
            throw ArgumentError(
                "there is no \(kind.rawValue) \"\(name)\": declare it with modparam(\"xhttp_prom\", "
                    + "\"prom_\(kind.rawValue)\", \"name=\(name)\")")
        }
        let count = Self.given(labels).count
        guard count == known.labels.count else {
            throw ArgumentError(
                "\"\(name)\" has \(known.labels.count) labels, found \(count) values")
        }
    }

    /// Changes a metric with the values that its labels have in this message.
    private func apply(
        _ change: ScriptMetric.Change, _ metric: Evaluator<ScriptText>,
        _ labels: [Evaluator<ScriptText?>], _ context: ScriptContext
    ) -> Int {
        guard let name = metric.value(context) else { return -1 }
        var values: [String] = []
        for label in Self.given(labels) {
            // A variable without a value is the empty label, as a header field that is not there.
            guard let text = label.value(context).flatMap({ $0 }) else {
                values.append("")
                continue
            }
            values.append(context.string(text))
        }
        return apply(change, to: context.string(name), values) ? 1 : -1
    }
}
