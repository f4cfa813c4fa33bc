/// The declaration of one module parameter: its name, where it is kept, what it accepts.
///
/// The row is all there is: `modparam`, `cfg.*`, the reference page and `roost --help-module` are
/// derived from it.
public struct ParameterRow<P: Sendable>: Sendable {
    /// What kind of value it takes.
    public enum Kind: Sendable, Hashable {
        /// An integer within bounds.
        case integer(ClosedRange<Int>)
        /// A string.
        case string
        /// One of a list of words.
        case choice([String])
    }
    /// Name in `modparam`.
    public let name: String
    /// What kind of value it takes.
    public let kind: Kind
    /// One sentence for the reference page.
    public let summary: String
    /// Name in `cfg.*`, nil when it cannot change at runtime.
    public let runtimeName: String?
    /// Whether `modparam` may name it several times, each adding a value.
    public let isRepeatable: Bool
    /// Reads the parameter from the settings.
    let read: @Sendable (P) -> SettingValue
    /// Writes the parameter into the settings, or says why not.
    let write: @Sendable (inout P, SettingValue) throws(ParameterError) -> Void
    /// Whether no value is taken, so that none need be of its kind to be told why.
    var isRefused = false

    /// Whether and under which name a parameter can change while the server runs.
    public enum Runtime: Sendable {
        /// Only at the start.
        case fixed
        /// With `cfg.*`, under the parameter's own name.
        case changeable
        /// With `cfg.*`, under another name.
        case named(String)

        /// The parameter's name in `cfg.*`, nil when it has none.
        func name(_ own: String) -> String? {
            switch self {
            case .fixed: nil
            case .changeable: own
            case .named(let other): other
            }
        }
    }

    /// Sets the parameter in a copy of the settings.
    public func apply(_ value: SettingValue, to parameters: inout P) throws(ParameterError) {
        try write(&parameters, value)
    }

    /// The value that a copy of the settings holds.
    public func value(in parameters: P) -> SettingValue { read(parameters) }

    /// What `cfg.*` shows of the parameter.
    func describe(group: String, value: P) -> SettingDescription {
        var bounds: ClosedRange<Int>?
        var cases: [String] = []
        switch kind {
        case .integer(let range): bounds = range
        case .choice(let words): cases = words
        case .string: break
        }
        var description = SettingDescription(
            group: group, name: runtimeName ?? name, summary: summary, isInteger: bounds != nil,
            bounds: bounds, initial: read(value))
        description.cases = cases
        return description
    }
}

extension ParameterRow {
    /// An integer parameter.
    public init(
        _ name: String, _ path: any WritableKeyPath<P, Int> & Sendable,
        _ bounds: ClosedRange<Int>, _ summary: String, runtime: Runtime = .fixed
    ) {
        self.init(
            name: name, kind: .integer(bounds), summary: summary,
            runtimeName: runtime.name(name), isRepeatable: false,
            read: { .integer($0[keyPath: path]) },
            write: { (parameters, value) throws(ParameterError) in
                parameters[keyPath: path] = try Self.integer(value, name, bounds)
            })
    }

    /// A switch: 0 or 1 outside, a Boolean inside.
    public init(
        _ name: String, _ path: any WritableKeyPath<P, Bool> & Sendable, _ summary: String,
        runtime: Runtime = .fixed
    ) {
        self.init(
            name: name, kind: .integer(0...1), summary: summary,
            runtimeName: runtime.name(name), isRepeatable: false,
            read: { .integer($0[keyPath: path] ? 1 : 0) },
            write: { (parameters, value) throws(ParameterError) in
                parameters[keyPath: path] = try Self.integer(value, name, 0...1) == 1
            })
    }

    /// A string parameter.
    public init(
        _ name: String, _ path: any WritableKeyPath<P, String> & Sendable, _ summary: String,
        runtime: Runtime = .fixed
    ) {
        self.init(
            name: name, kind: .string, summary: summary, runtimeName: runtime.name(name),
            isRepeatable: false,
            read: { .string($0[keyPath: path]) },
            write: { (parameters, value) throws(ParameterError) in
                parameters[keyPath: path] = try Self.string(value, name)
            })
    }

    /// A string parameter that may be unset.
    public init(
        _ name: String, _ path: any WritableKeyPath<P, String?> & Sendable, _ summary: String,
        runtime: Runtime = .fixed
    ) {
        self.init(
            name: name, kind: .string, summary: summary, runtimeName: runtime.name(name),
            isRepeatable: false,
            read: { parameters in
                parameters[keyPath: path].map { .string($0) } ?? .unset
            },
            write: { (parameters, value) throws(ParameterError) in
                let isReset = value == .unset
                parameters[keyPath: path] = isReset ? nil : try Self.string(value, name)
            })
    }

    /// A string parameter that `modparam` may name several times.
    public init(
        _ name: String, list path: any WritableKeyPath<P, [String]> & Sendable, _ summary: String
    ) {
        self.init(
            name: name, kind: .string, summary: summary, runtimeName: nil, isRepeatable: true,
            read: { .string($0[keyPath: path].joined(separator: ",")) },
            write: { (parameters, value) throws(ParameterError) in
                parameters[keyPath: path].append(try Self.string(value, name))
            })
    }

    /// A choice of numbered cases: an enum with an integer behind it.
    public init<Case: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, cases path: any WritableKeyPath<P, Case> & Sendable, _ summary: String,
        runtime: Runtime = .fixed
    ) where Case.RawValue == Int {
        let numbers = Case.allCases.map(\.rawValue)
        let bounds = (numbers.min() ?? 0)...(numbers.max() ?? 0)
        self.init(
            name: name, kind: .integer(bounds), summary: summary,
            runtimeName: runtime.name(name), isRepeatable: false,
            read: { .integer($0[keyPath: path].rawValue) },
            write: { (parameters, value) throws(ParameterError) in
                let number = try Self.integer(value, name, bounds)
                guard let chosen = Case(rawValue: number) else {
                    throw ParameterError(
                        .range, "\(name) has no case \(number); cases: \(numbers)", bounds: bounds)
                }
                parameters[keyPath: path] = chosen
            })
    }

    /// A parameter that configuration files have and that means nothing here: it is accepted, its
    /// name is noted under `path`, and the module says so in the log with `reason`.
    public init(
        ignored name: String, _ kind: Kind,
        _ path: any WritableKeyPath<P, [String]> & Sendable, because reason: String
    ) {
        self.init(
            name: name, kind: kind, summary: "Ignored: \(reason)", runtimeName: nil,
            isRepeatable: true, read: { _ in .unset },
            write: { (parameters, value) throws(ParameterError) in
                if case .integer(let bounds) = kind { _ = try Self.integer(value, name, bounds) }
                if !parameters[keyPath: path].contains(name) {
                    parameters[keyPath: path].append(name)
                }
            })
    }

    private static func integer(
        _ value: SettingValue, _ name: String, _ bounds: ClosedRange<Int>
    ) throws(ParameterError) -> Int {
        let number: Int
        switch value {
        case .integer(let given): number = given
        case .string(let text):
            guard let parsed = ScriptNumber.parse(text) else {
                throw ParameterError(
                    .type, "\(name) is an integer, \"\(text)\" is none", bounds: bounds)
            }
            number = parsed
        case .unset: throw ParameterError(.type, "\(name) needs a value", bounds: bounds)
        }
        guard bounds.contains(number) else {
            throw ParameterError(
                .range,
                "\(name) must be from \(bounds.lowerBound) to \(bounds.upperBound), not \(number)",
                bounds: bounds)
        }
        return number
    }

    private static func string(
        _ value: SettingValue, _ name: String
    ) throws(ParameterError) -> String {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .unset: throw ParameterError(.type, "\(name) needs a value")
        }
    }
}
