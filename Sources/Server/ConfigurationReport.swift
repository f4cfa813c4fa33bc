internal import Basics
package import JSONValue
internal import ModuleKit
internal import RouteScript

/// What `roost check` says of a configuration: everything at once, with places, and a summary of
/// what this server does not have.
///
/// Nothing is started: no module is made, no database asked and no port bound.
package struct ConfigurationReport: Sendable {
    private let file: String
    private let survey: ConfigurationSurvey

    /// Checks the file that the options name, with their definitions.
    package init(_ options: LaunchOptions) {
        file = options.file
        let defines =
            Definition.predefined + options.defines.map { Definition($0.name, $0.value ?? "") }
        survey = ConfigurationSurvey(
            path: options.file, defines: defines, catalogue: Catalogue.modules,
            core: Catalogue.core)
    }

    /// Whether the server would take the configuration.
    package var isRight: Bool { survey.errors.isEmpty }

    /// The report for people.
    package var text: String {
        var lines = survey.errors.map(\.rendered)
        lines += survey.warnings.map { warning in
            let place = warning.location
            return "\(place.file):\(place.line):\(place.column): warning: \(warning.message)"
        }
        for (title, names) in missing where !names.isEmpty {
            lines.append("\(title): \(names.joined(separator: ", "))")
        }
        lines.append("\(file): \(verdict)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// How many errors and warnings there are, in words.
    private var verdict: String {
        let warnings = survey.warnings.isEmpty ? "" : Self.count(survey.warnings.count, "warning")
        guard !isRight else {
            let aside = warnings.isEmpty ? "" : ", with \(warnings)"
            return "the configuration is right\(aside)"
        }
        let most = survey.isCut ? "at least " : ""
        let aside = warnings.isEmpty ? "" : " and \(warnings)"
        return most + Self.count(survey.errors.count, "error") + aside
    }

    private static func count(_ number: Int, _ word: String) -> String {
        "\(number) \(word)\(number == 1 ? "" : "s")"
    }

    /// The report for programs.
    package var json: JSONValue {
        .object([
            .init("file", .string(file)), .init("right", .bool(isRight)),
            .init("complete", .bool(!survey.isCut)),
            .init("errors", .array(survey.errors.map(Self.describe))),
            .init("warnings", .array(survey.warnings.map(Self.describe))),
            .init("modules", .array(survey.modules.map { .string($0) })),
            .init(
                "missing",
                .object(
                    missing.map { title, names in
                        let key = title.split(separator: " ").last.map(String.init) ?? title
                        return .init(key, .array(names.map { .string($0) }))
                    })),
        ])
    }

    private static func describe(_ error: ScriptError) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("file", .string(error.location.file)),
            .init("line", .integer(Int64(error.location.line))),
            .init("column", .integer(Int64(error.location.column))),
            .init("kind", .string("\(error.kind)")), .init("message", .string(error.message)),
        ]
        if let hint = error.hint { members.append(.init("hint", .string(hint))) }
        return .object(members)
    }

    /// What the configuration asks for and this server does not have, each name once.
    private var missing: [(title: String, names: [String])] {
        let kinds: [(String, (ScriptError) -> Bool)] = [
            ("not supported: modules", { $0.kind == .unknownModule }),
            ("not supported: parameters", Self.isMissingParameter),
            ("not supported: functions", { $0.kind == .unknownFunction && $0.isNowhere }),
            ("not supported: variables", { $0.kind == .unknownVariable && $0.isNowhere }),
            ("not supported: events", { $0.kind == .unknownEvent && $0.isNowhere }),
            ("refused", { $0.message.contains("refused: ") }),
        ]
        return kinds.map { title, isMeant in
            var seen: Set<String> = []
            let names = survey.errors.filter(isMeant).map(\.subject)
            return (title, names.filter { seen.insert($0).inserted })
        }
    }

    private static func isMissingParameter(_ error: ScriptError) -> Bool {
        error.kind == .unknownParameter || error.kind == .unknownGlobal
    }
}

extension ScriptError {
    /// Whether no module has what the error is about: a hint names one that has.
    fileprivate var isNowhere: Bool { !(hint ?? "").contains("loadmodule") }

    /// What the error is about: the names that its sentence quotes, `module.parameter` for two.
    fileprivate var subject: String {
        let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
        let quoted = stride(from: 1, to: parts.count, by: 2).map { String(parts[$0]) }
        if kind == .unknownParameter, quoted.count > 1 { return "\(quoted[0]).\(quoted[1])" }
        return quoted.first ?? message
    }
}
