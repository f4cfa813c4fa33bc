internal import Basics
package import JSONValue
internal import Management
internal import ModuleKit
internal import RouteScript

/// One thing that a configuration or a remote control can name, as its module declares it: what
/// `roost explain` prints.
package struct Explanation: Sendable, Equatable {
    /// `parameter`, `function`, `variable`, `transformation`, `event route`, `command`,
    /// `statistic` or `module`.
    package let kind: String
    /// How it is written: `registrar.max_expires`, `save(table, [flags])`, `$ru`, `ul.dump`.
    package let name: String
    /// The module that declares it.
    package let module: String
    /// What it is, in a sentence.
    package let summary: String
    /// Further facts, in order: type, range, default, how to change it.
    package let facts: [(name: String, value: String)]
    /// The words that find it.
    let keys: Set<String>

    /// One thing with the words that find it.
    init(
        _ kind: String, _ name: String, _ module: String, _ summary: String,
        _ facts: [(name: String, value: String)] = [], keys: Set<String>
    ) {
        self.kind = kind
        self.name = name
        self.module = module
        self.summary = summary
        self.facts = facts
        self.keys = keys
    }

    /// Whether two explain the same thing.
    package static func == (a: Explanation, b: Explanation) -> Bool {
        a.kind == b.kind && a.name == b.name && a.module == b.module
    }

    /// The explanation for people.
    package var text: String {
        var lines = [name, "    \(summary)", ""]
        lines += ["    kind: \(kind)", "    module: \(module)"]
        lines += facts.map { "    \($0.name): \($0.value)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The explanation for programs.
    package var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("kind", .string(kind)), .init("name", .string(name)),
            .init("module", .string(module)), .init("summary", .string(summary)),
        ]
        for fact in facts {
            let key = String(fact.name.map { $0 == " " ? "_" : $0 })
            members.append(.init(key, .string(fact.value)))
        }
        return .object(members)
    }

    // MARK: Looking up

    /// Everything of that name, in whatever module; none when there is nothing.
    ///
    /// A name may be qualified by its module (`registrar.max_expires`, `registrar.save`), begin
    /// with the dollar of a variable, stand in the braces of a transformation or have the
    /// parentheses of a call.
    package static func find(_ name: String) -> [Explanation] {
        var key = name
        if key.hasPrefix("{"), key.hasSuffix("}") { key = String(key.dropFirst().dropLast()) }
        if let open = key.firstIndex(of: "("), open != key.startIndex { key = String(key[..<open]) }
        if key.hasSuffix(".so") { key = String(key.dropLast(3)) }
        return all.filter { $0.keys.contains(key) }
    }

    /// Names that begin like one that was typed, for completion.
    package static func names(beginning: String) -> [String] {
        Set(all.flatMap(\.keys)).filter { $0.hasPrefix(beginning) }.sorted()
    }

    /// The name nearest to one that nothing has.
    package static func suggestion(_ name: String) -> String? {
        ScriptNaming.nearest(name, among: Set(all.flatMap(\.keys)).sorted())
    }

    /// Everything there is.
    private static let all: [Explanation] =
        ([Catalogue.core] + Catalogue.modules).flatMap(everything)

    /// Everything of one module.
    private static func everything(_ module: ModuleBlueprint) -> [Explanation] {
        var all = [explain(module)]
        for row in module.parameters { all.append(explain(row, module)) }
        for row in module.functions { all.append(explain(row, module)) }
        for row in module.variables { all.append(explain(row, module)) }
        for row in module.methods { all.append(explain(row, module)) }
        for row in module.transformations {
            all.append(
                Explanation(
                    "transformation", row.signature, module.name, row.summary, keys: [row.name]))
        }
        for row in module.eventRoutes {
            let name = "event_route[\(row.name)]"
            all.append(
                Explanation("event route", name, module.name, row.summary, keys: [row.name]))
        }
        for row in module.statistics {
            let name = "\(module.name):\(row.name)"
            let facts = [(name: "read", value: "roostctl stats.fetchn \(name)")]
            all.append(
                Explanation("statistic", name, module.name, row.summary, facts, keys: [name]))
        }
        return all
    }

    private static func explain(_ module: ModuleBlueprint) -> Explanation {
        var facts: [(name: String, value: String)] = []
        if module.name != Catalogue.core.name { facts.append(("load", loading(module))) }
        if !module.requires.isEmpty {
            facts.append(("needs", module.requires.joined(separator: ", ")))
        }
        facts.append(("reference", "roost --help-module \(module.name)"))
        return Explanation(
            "module", module.name, module.name, module.summary, facts, keys: [module.name])
    }

    private static func loading(_ module: ModuleBlueprint) -> String {
        "loadmodule \"\(module.name).so\""
    }

    private static func explain(
        _ row: ParameterDescription, _ module: ModuleBlueprint
    ) -> Explanation {
        let name = "\(module.name).\(row.name)"
        guard !row.isRefused else {
            return Explanation(
                "parameter", name, module.name, row.summary, [("supported", "no")],
                keys: [name, row.name])
        }
        var facts: [(name: String, value: String)] = [
            ("type", row.bounds == nil ? "string" : "integer")
        ]
        if let bounds = row.bounds {
            facts.append(("range", "\(bounds.lowerBound) to \(bounds.upperBound)"))
        }
        if !row.cases.isEmpty { facts.append(("one of", row.cases.joined(separator: ", "))) }
        switch row.initial {
        case .integer(let number): facts.append(("default", String(number)))
        case .string(let text): facts.append(("default", "\"\(text)\""))
        case .unset: facts.append(("default", "unset"))
        }
        if row.isRepeatable { facts.append(("repeatable", "yes, each line adds a value")) }
        let example = row.bounds == nil ? "\"...\"" : "NUMBER"
        facts.append(
            (
                "set",
                module.name == Catalogue.core.name
                    ? "\(row.name) = \(example)"
                    : "modparam(\"\(module.name)\", \"\(row.name)\", \(example))"
            ))
        let command = row.bounds == nil ? "cfg.set_now_string" : "cfg.set_now_int"
        facts.append(
            (
                "change at runtime",
                row.runtimeName.map { "roostctl \(command) \(module.name) \($0) VALUE" } ?? "no"
            ))
        return Explanation(
            "parameter", name, module.name, row.summary, facts, keys: [name, row.name])
    }

    private static func explain(
        _ row: FunctionDescription, _ module: ModuleBlueprint
    ) -> Explanation {
        let arguments = row.arguments.map { $0.isOptional ? "[\($0.name)]" : $0.name }
        var facts: [(name: String, value: String)] = row.arguments.map {
            ("argument \($0.name)", $0.expects)
        }
        facts.append(("returns", row.returns))
        facts.append(("blocks", blocks(row.routes)))
        return Explanation(
            "function", "\(row.name)(\(arguments.joined(separator: ", ")))", module.name,
            row.summary, facts, keys: [row.name, "\(module.name).\(row.name)"])
    }

    /// The blocks that may call a function, as the language names them.
    private static func blocks(_ kinds: RouteKinds) -> String {
        guard kinds != .any else { return "any" }
        let names: [(RouteKinds, String)] = [
            (.request, "request_route"), (.failure, "failure_route"), (.reply, "onreply_route"),
            (.coreReply, "reply_route"), (.branch, "branch_route"), (.send, "onsend_route"),
            (.event, "event_route"),
        ]
        return names.filter { kinds.contains($0.0) }.map(\.1).joined(separator: ", ")
    }

    private static func explain(
        _ row: VariableDescription, _ module: ModuleBlueprint
    ) -> Explanation {
        let inner = row.needsInner ? "(name)" : row.allowsInner ? "[(name)]" : ""
        return Explanation(
            "variable", "$\(row.name)\(inner)", module.name, row.summary,
            [("writable", row.isWritable ? "yes" : "no")], keys: ["$\(row.name)", row.name])
    }

    private static func explain(
        _ row: ModuleBlueprint.MethodDescription, _ module: ModuleBlueprint
    ) -> Explanation {
        let words = row.parameters.map { $0.isOptional ? "[\($0.name)]" : $0.name }
        var facts: [(name: String, value: String)] = row.parameters.map { parameter in
            let kind = parameter.isRest ? "\(parameter.kind), may repeat" : "\(parameter.kind)"
            return ("parameter \(parameter.name)", "\(kind): \(parameter.summary)")
        }
        facts.append(("changes something", row.isChange ? "yes" : "no"))
        let values = row.example.parameters.map { value in value.text ?? value.encoded() }
        facts.append(
            ("example", (["roostctl", row.name] + values).joined(separator: " ")))
        facts.append(("answer", row.example.result.encoded()))
        return Explanation(
            "command", ([row.name] + words).joined(separator: " "), module.name, row.summary,
            facts, keys: [row.name])
    }
}
