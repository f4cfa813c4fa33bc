internal import ModuleKit

/// The names that a script can use: those of the core and of the modules that it loads.
///
/// With instances of the modules, calls and variables compile to what runs; without, they are only
/// checked, and compile to something that is never run.
struct Scope: Sendable {
    /// The functions by name; where two modules have one, the first that was loaded wins.
    private(set) var functions: [String: FunctionDescription] = [:]
    /// The pseudo-variables by name.
    private(set) var variables: [String: VariableDescription] = [:]
    /// Those of further modules under a name that another one has: `$cnt` counts the values of an
    /// attribute, and shows a counter by its name.
    private var furtherVariables: [String: [VariableDescription]] = [:]
    /// The transformations by name, in lower case.
    private(set) var transformations: [String: TransformationRow] = [:]
    /// The names of the event routes that a loaded module runs.
    private(set) var events: Set<String> = []
    /// The blocks of the configuration.
    private(set) var blocks: Set<RouteBlockKind> = []
    /// What the preprocessor has defined.
    private(set) var definitions: [Definition] = []
    /// Settings that `cfg.*` can change, as `group.name`.
    private(set) var settings: Set<String> = []
    /// Where the names stand that are looked up.
    var place = ScriptPlace()
    /// All modules there are, for hints.
    let catalogue: [ModuleBlueprint]
    private let instances: [LoadedModule]
    private let isChecking: Bool
    /// How many pseudo-variables stand around the one at hand.
    var level = 0

    /// The names of a configuration; without instances its script is only checked.
    init(_ checked: CheckedConfiguration, instances: [LoadedModule]?) {
        self.init(loaded: checked.loaded, catalogue: checked.catalogue, instances: instances)
        blocks = Set(checked.tree.blocks.map(\.kind))
        definitions = checked.tree.definitions
        for module in checked.loaded {
            for row in module.parameters {
                if let name = row.runtimeName { settings.insert("\(module.name).\(name)") }
            }
        }
        for case .custom(let group, let name, _, _, _) in checked.tree.settings {
            settings.insert("\(group).\(name)")
        }
    }

    /// Names of `loaded` modules; `catalogue` holds all there are, for hints.
    init(loaded: [ModuleBlueprint], catalogue: [ModuleBlueprint], instances: [LoadedModule]?) {
        self.catalogue = catalogue
        self.instances = instances ?? []
        isChecking = instances == nil
        for module in loaded {
            for row in module.functions where functions[row.name] == nil {
                functions[row.name] = row
            }
            for row in module.variables {
                if variables[row.name] == nil {
                    variables[row.name] = row
                } else if variables[row.name]?.module != row.module {
                    furtherVariables[row.name, default: []].append(row)
                }
            }
            for row in module.transformations where transformations[row.name] == nil {
                transformations[row.name] = row
            }
            events.formUnion(module.eventRoutes.map(\.name))
        }
    }

    // MARK: Functions

    /// Checks a call and, with instances at hand, compiles it.
    func call(
        _ function: FunctionDescription, _ sources: [ArgumentSource]
    ) throws(ArgumentError) -> CompiledCall {
        let templates = Templates(scope: self)
        if isChecking {
            try function.check(sources, templates)
            return { _ in -1 }
        }
        for module in instances where module.name == function.module {
            if let call = try module.function(function.name, sources, templates) { return call }
        }
        throw ArgumentError("module \"\(function.module)\" is not running")
    }

    /// What to do about a function that nobody has.
    func hint(function name: String) -> String? {
        let others = catalogue.filter { module in
            module.functions.contains { $0.name == name }
        }
        if let module = others.first {
            return "it belongs to module \"\(module.name)\": loadmodule \"\(module.name).so\""
        }
        if let near = NearestName.find(
            name, among: Array(functions.keys.sorted()) + CoreCommand.names.sorted())
        {
            let owner = functions[near].map { " (module \($0.module))" } ?? ""
            return "did you mean \"\(near)\"\(owner)?"
        }
        let elsewhere = catalogue.flatMap { module in module.functions.map { ($0.name, module) } }
        return NearestName.find(name, among: elsewhere.map(\.0)).flatMap { near in
            elsewhere.first { $0.0 == near }.map {
                "did you mean \"\(near)\"? It belongs to module \"\($0.1.name)\""
            }
        }
    }

    // MARK: Variables

    /// Checks a pseudo-variable and, with instances at hand, compiles it.
    func variable(_ syntax: VariableSyntax) throws(VariableFailure) -> VariableAccess {
        if !syntax.transformations.isEmpty { return try transformed(syntax) }
        if let own = CoreVariable(rawValue: syntax.name) { return try core(own, syntax) }
        guard let description = variables[syntax.name] else {
            throw VariableFailure(
                .unknownVariable, "unknown pseudo-variable \"$\(syntax.name)\"",
                hint(variable: syntax.name))
        }
        do {
            return try variable(syntax, description)
        } catch {
            for other in furtherVariables[syntax.name] ?? [] {
                if let access = try? variable(syntax, other) { return access }
            }
            // What the first module says, since scripts know the name from it.
            throw error
        }
    }

    /// The same for one of the modules that have the name.
    private func variable(
        _ syntax: VariableSyntax, _ description: VariableDescription
    ) throws(VariableFailure) -> VariableAccess {
        let reference = try reference(syntax, description)
        do {
            try description.check(reference)
            if isChecking { return VariableAccess(read: { _ in .null }) { _, _ in false } }
            for module in instances where module.name == description.module {
                if let access = try module.variable(reference) { return access }
            }
        } catch {
            throw VariableFailure(.value, "\(syntax.text): \(error.message)", nil)
        }
        throw VariableFailure(
            .value, "module \"\(description.module)\" is not running", nil)
    }

    /// The parts of a variable that its class allows.
    private func reference(
        _ syntax: VariableSyntax, _ description: VariableDescription
    ) throws(VariableFailure) -> VariableReference {
        if syntax.inner == nil, description.needsInner {
            throw VariableFailure(
                .value, "$\(syntax.name) needs a name in parentheses",
                "write $\(syntax.name)(name)")
        }
        if syntax.inner != nil, !description.allowsInner {
            throw VariableFailure(
                .value, "$\(syntax.name) takes nothing in parentheses", nil)
        }
        return VariableReference(
            name: syntax.name, inner: syntax.inner, index: try index(syntax, description),
            dynamicInner: try dynamicInner(syntax, description), compilePart: part)
    }

    /// Whether the script may assign to a variable; nil for an unknown one.
    func isWritable(_ name: String) -> Bool? {
        if CoreVariable(rawValue: name) != nil { return false }
        return variables[name]?.isWritable
    }

    private func hint(variable name: String) -> String? {
        let owner = catalogue.first { module in module.variables.contains { $0.name == name } }
        if let owner {
            return "it belongs to module \"\(owner.name)\": loadmodule \"\(owner.name).so\""
        }
        let known = variables.keys.sorted() + CoreVariable.allCases.map(\.rawValue)
        return NearestName.find(name, among: known).map { "did you mean \"$\($0)\"?" }
    }

    /// What to do about an event that nobody raises.
    func hint(event name: String) -> String? {
        let owner = catalogue.first { module in module.eventRoutes.contains { $0.name == name } }
        if let owner { return "it belongs to module \"\(owner.name)\", which is not loaded" }
        return NearestName.find(name, among: events.sorted()).map { "did you mean \"\($0)\"?" }
    }
}

/// Why a pseudo-variable cannot be used; whoever asks knows where it stands.
struct VariableFailure: Error {
    /// What kind of error it is.
    let kind: ScriptError.Kind
    /// The sentence.
    let message: String
    /// What to do about it.
    let hint: String?

    /// A failure.
    init(_ kind: ScriptError.Kind, _ message: String, _ hint: String?) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }
}
