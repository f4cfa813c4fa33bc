internal import Basics
public import ModuleKit

/// Module `counters`: counters of the script, and the commands that read those of all modules.
///
/// A script declares its counters in the configuration, so that a name with a slip of the pen is an
/// error at the start and not a second counter. Each is a `Counter`, to which workers add without a
/// lock, and a statistic of the server like those that modules declare: `stats.*` and `/metrics`
/// show it too. The other way round, every statistic of the server is a counter that the commands
/// of this module show.
public final class CountersModule: ServerModule {
    /// The module's settings.
    public struct Parameters: Sendable {
        /// The group of counters whose name has none.
        public var groupName = "script"
        /// What the script declares, `[group.]name [description]` each.
        public var counters: [String] = []
        /// The defaults.
        public init() {}
    }

    /// One counter of the script.
    struct ScriptCounter: Sendable {
        /// Its name.
        let name: CounterName
        /// One sentence about it.
        let summary: String
        /// The number.
        let counter = Counter()
    }

    /// The settings without `modparam`.
    public static let defaults = Parameters()

    /// The server.
    let services: any Services
    /// The group of counters whose name has none.
    let groupName: String
    /// The counters of the script, in the order of their declaration.
    let counters: [ScriptCounter]

    /// Makes the counters.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        groupName = setup.parameters.groupName
        do throws(ArgumentError) {
            counters = try Self.counters(setup.parameters)
        } catch {
            throw StartFailure("counters: \(error.message)")
        }
    }

    private static func counters(
        _ parameters: Parameters
    ) throws(ArgumentError) -> [ScriptCounter] {
        var made: [ScriptCounter] = []
        for text in parameters.counters {
            let definition = try CounterDefinition(text)
            let name = try CounterName(definition.name, group: parameters.groupName)
            guard !made.contains(where: { $0.name == name }) else {
                throw ArgumentError("script_counter \"\(name.text)\" is declared twice")
            }
            guard made.count < Limits.scriptCountersMax else {
                throw ArgumentError(
                    "more than \(Limits.scriptCountersMax) times script_counter")
            }
            made.append(ScriptCounter(name: name, summary: definition.summary))
        }
        return made
    }

    /// The counter of the script with a name, for a call in the script.
    func counter(_ text: String) throws(ArgumentError) -> Counter {
        let name = try CounterName(text, group: groupName)
        if let known = counters.first(where: { $0.name == name }) { return known.counter }
        if services.loadedModules.contains(where: { $0.name == name.group }) {
            throw ArgumentError(
                "\(name.text) is counted by the server; a script changes its own counters only")
        }
        throw ArgumentError(
            "there is no counter \(name.text): declare it with modparam(\"counters\", "
                + "\"script_counter\", \"\(text)\")")
    }

    // MARK: All counters

    /// How the value of a counter is found: at once for one of the script, else by the row of the
    /// module that has it; nil when no module can ever have it.
    func reader(_ name: CounterName) -> (@Sendable () -> Int?)? {
        if let own = counters.first(where: { $0.name == name }) {
            let counter = own.counter
            return { counter.value }
        }
        guard let module = services.loadedModules.first(where: { $0.name == name.group })
        else { return nil }
        if let row = module.statisticRows.first(where: { !$0.isFamily && $0.name == name.name }) {
            return { row.read().first?.value }
        }
        let families = module.statisticRows.filter(\.isFamily)
        guard !families.isEmpty else { return nil }
        // A member may come into being later, as the figures of a table do.
        return {
            for family in families {
                for reading in family.read() where reading.name == name.name {
                    return reading.value
                }
            }
            return nil
        }
    }

    /// All counters of the server by group and name, each once.
    func readings() -> [StatisticReading] {
        var seen: Set<String> = []
        return services.loadedModules.flatMap(\.statistics)
            .sorted { ($0.group, $0.name) < ($1.group, $1.name) }
            .filter { seen.insert("\($0.group).\($0.name)").inserted }
    }
}
