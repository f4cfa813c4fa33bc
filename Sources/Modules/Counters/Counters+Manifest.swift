internal import Basics
internal import JSONValue
public import ModuleKit

extension CountersModule {
    /// The module's declaration.
    public static let manifest = Manifest<CountersModule>(
        "counters", "Counters of the script, and the commands that read all counters.",
        parameters: parameterRows, functions: functionRows, variables: [variableRow],
        methods: readingRows + listingRows,
        statistics: [
            StatisticRow(family: "GROUP.NAME", "The counters that the script declares.") {
                module, _ in
                module.counters.map { own in
                    let counter = own.counter
                    var reading = StatisticReading(
                        group: own.name.group, name: own.name.name, value: counter.value
                    ) { counter.set(0) }
                    reading.summary = own.summary
                    return reading
                }
            }
        ])

    private static var parameterRows: [ParameterRow<Parameters>] {
        [
            ParameterRow(
                "script_counter", list: \.counters,
                "A counter of the script: [group.]name [description]. May be repeated."
            ) { (text) throws(ArgumentError) in _ = try CounterDefinition(text) },
            ParameterRow(
                "script_cnt_grp_name", \.groupName, "The group of counters whose name has none."
            ) { text in
                do throws(ArgumentError) {
                    try CounterName.check(text)
                    return nil
                } catch {
                    return "is the name of a group: letters, digits, _ and -"
                }
            },
        ]
    }

    // MARK: Script

    private static let done = "1"

    private static var functionRows: [FunctionRow<CountersModule>] {
        [
            FunctionRow(
                "cnt_inc", .constant("counter"), returns: done, "Adds one to a counter.",
                compile: { (module, name) throws(ArgumentError) in
                    let counter = try module.counter(name)
                    return { _ in
                        counter.add()
                        return 1
                    }
                }),
            FunctionRow(
                "cnt_add", .constant("counter"), .integer("amount"),
                returns: "1, -1 when the amount is no number",
                "Adds to a counter; a negative amount takes away.",
                compile: { (module, name, amount) throws(ArgumentError) in
                    let counter = try module.counter(name)
                    return { context in
                        guard let amount = amount.value(context) else { return -1 }
                        counter.add(amount)
                        return 1
                    }
                }),
            FunctionRow(
                "cnt_reset", .constant("counter"), returns: done, "Sets a counter to zero.",
                compile: { (module, name) throws(ArgumentError) in
                    let counter = try module.counter(name)
                    return { _ in
                        counter.set(0)
                        return 1
                    }
                }),
        ]
    }

    /// The counter that the constant argument of a call names, known when the script is loaded.
    private func counter(_ name: Evaluator<String>) throws(ArgumentError) -> Counter {
        guard case .constant(let text) = name else {
            throw ArgumentError("the name of a counter is a constant")
        }
        return try counter(text)
    }

    /// `$cnt(group.name)`; `$cnt($avp(name))` is module pv's.
    private static var variableRow: VariableRow<CountersModule> {
        VariableRow(
            "cnt", inner: .required,
            "A counter: one of the script, or any statistic of the server as group.name.",
            check: { (reference) throws(ArgumentError) in
                try reference.refuseIndex()
                _ = try CounterName(reference.inner ?? "", group: "script")
            },
            compile: { (module, reference) throws(ArgumentError) in
                try reference.refuseIndex()
                let name = try CounterName(reference.inner ?? "", group: module.groupName)
                guard let read = module.reader(name) else {
                    throw ArgumentError("there is no counter \(name.text)")
                }
                return VariableAccess(read: { _ in read().map { .integer($0) } ?? .null })
            })
    }
}
