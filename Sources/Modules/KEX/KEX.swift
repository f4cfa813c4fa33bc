internal import JSONValue
public import ModuleKit

/// The module `kex`: the statistics of all modules.
///
/// Modules count; this one only looks. Each statistic is a row of its module's manifest, and the
/// group is the module's name, so a new statistic needs nothing here.
public final class KEX: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    private let services: any Services
    /// Where a worker finds its script flags.
    let settings: SettingsHandle<NoParameters>

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        services = setup.services
        settings = setup.settings
    }

    /// `group:name = value` lines.
    func lines(_ call: RPCCall) -> JSONValue {
        .array(chosen(call).map { .string("\($0.group):\($0.name) = \($0.value)") })
    }

    /// Values by `group.name`.
    func values(_ call: RPCCall, _ shown: (Int) -> JSONValue) -> JSONValue {
        .object(chosen(call).map { .init("\($0.group).\($0.name)", shown($0.value)) })
    }

    /// Sets counters to zero; what cannot be reset stays.
    func reset(_ call: RPCCall) {
        for reading in chosen(call) { reading.reset?() }
    }

    /// Sets counters to zero and tells what they were: `group:name = new (old)`.
    func clear(_ call: RPCCall) -> JSONValue {
        let before = chosen(call)
        for reading in before { reading.reset?() }
        // Read again instead of assumed: a gauge stays, and a counter may have risen in between.
        let after = Dictionary(
            chosen(call).map { ("\($0.group):\($0.name)", $0.value) }, uniquingKeysWith: { $1 })
        return .array(
            before.map { reading in
                let name = "\(reading.group):\(reading.name)"
                let value = after[name] ?? reading.value
                guard value != reading.value else { return .string("\(name) = \(value)") }
                return .string("\(name) = \(value) (\(reading.value))")
            })
    }

    /// The statistics that the parameters name, by group and name: `all`, `group:`, `name` or
    /// `group:name`.
    ///
    /// What does not exist is skipped, as callers expect.
    private func chosen(_ call: RPCCall) -> [StatisticReading] {
        let all = services.loadedModules.flatMap(\.statistics)
            .sorted { ($0.group, $0.name) < ($1.group, $1.name) }
        // In the order of the words, each statistic once, however often it is named.
        let wanted = call.rest(0)
        var seen: Set<String> = []
        return wanted.flatMap { word in all.filter { Self.matches($0, word) } }
            .filter { seen.insert("\($0.group):\($0.name)").inserted }
    }

    /// Whether a word of a call means a statistic.
    private static func matches(_ reading: StatisticReading, _ word: String) -> Bool {
        if word == "all" || word == reading.name { return true }
        // A group needs its colon: "core" alone could be the name of a statistic.
        guard word.hasPrefix(reading.group) else { return false }
        let rest = word.dropFirst(reading.group.count)
        return rest == ":" || rest == ":" + reading.name
    }
}
