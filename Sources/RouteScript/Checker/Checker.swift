internal import Basics
internal import ModuleKit

/// Checks a tree against what the modules declare, and collects several errors.
///
/// The order is: modules and their parameters, global settings, blocks. Blocks come last because
/// functions and variables can only be looked up among modules that are known.
struct Checker {
    /// What is checked.
    let tree: Tree
    private let catalogue: [ModuleBlueprint]
    private let core: ModuleBlueprint
    /// What was found wrong so far.
    private(set) var diagnostics: Diagnostics
    /// The modules that are loaded, in their order.
    private(set) var loaded: [ModuleBlueprint] = []
    private var modules: [ConfiguredModule] = []
    private let coreModule: ConfiguredModule
    /// Modules whose `loadmodule` failed: their parameters need no second error.
    ///
    /// One mistake is one error: forty `modparam` of a module whose name is mistyped would fill the
    /// list and hide the others.
    private var missing: Set<String> = []

    /// A checker of a tree.
    init(
        _ tree: Tree, catalogue: [ModuleBlueprint], core: ModuleBlueprint,
        _ diagnostics: Diagnostics = Diagnostics()
    ) {
        self.tree = tree
        self.diagnostics = diagnostics
        self.catalogue = catalogue
        self.core = core
        coreModule = core.configure()
    }

    /// Checks everything; errors name what is wrong and what to write instead.
    ///
    /// Loading and parameters are walked in the order of the file, and a `modparam` before its
    /// `loadmodule` is an error as in Kamailio (script.md 3).
    mutating func check() throws(ScriptErrors) -> CheckedConfiguration {
        for setting in tree.settings where !diagnostics.isFull {
            if case .loadModule(let name, let position) = setting {
                load(name, at: position)
            }
            if case .parameter(let names, let parameter, let value, let position) = setting {
                apply(parameter, value, to: names, at: position)
            }
        }
        var result = CheckedConfiguration(
            tree, core: coreModule, loaded: [core] + loaded, catalogue: catalogue)
        result.modules = modules
        for setting in tree.settings where !diagnostics.isFull {
            collect(setting, into: &result)
        }
        chooseEngine(in: &result)
        checkBlocks(result)
        guard diagnostics.errors.isEmpty else { throw ScriptErrors(inOrder()) }
        return result
    }

    /// The errors in the order of the configuration, whatever order the checks have.
    ///
    /// The checks go through the file several times, and the reader goes through it once.
    private func inOrder() -> [ScriptError] {
        func rank(_ error: ScriptError) -> (Int, Int, Int) {
            let place = error.location
            let file = tree.sources.files.firstIndex { $0.name == place.file } ?? 0
            return (file, place.line, place.column)
        }
        return diagnostics.errors.sorted { rank($0) < rank($1) }
    }

    /// Notes an error at a position.
    mutating func report(
        _ kind: ScriptError.Kind, at position: Position, _ message: String, hint: String? = nil
    ) {
        // Finding the line takes time: errors that nobody will see are not worth it.
        guard !diagnostics.isFull else { return }
        diagnostics.report(
            ScriptError(
                kind, at: tree.sources.location(position), message,
                sourceLine: tree.sources.line(position), hint: hint))
    }

    /// Words for a suggestion, nil without one.
    func suggestion(_ name: String, _ candidates: [String]) -> String? {
        NearestName.find(name, among: candidates).map { "did you mean \"\($0)\"?" }
    }

    // MARK: Modules

    /// `loadmodule`: twice is once, as in Kamailio.
    ///
    /// What a module needs must stand before it: modules find each other when they are made, in the
    /// order of the file.
    private mutating func load(_ name: String, at position: Position) {
        guard !loaded.contains(where: { $0.name == name }) else { return }
        guard let module = catalogue.first(where: { $0.name == name }) else {
            missing.insert(name)
            return report(
                .unknownModule, at: position, "unknown module \"\(name)\"",
                hint: suggestion(name, catalogue.map(\.name)))
        }
        for needed in module.requires where !loaded.contains(where: { $0.name == needed }) {
            report(
                .placement, at: position,
                "module \"\(name)\" needs module \"\(needed)\" before it",
                hint: "put loadmodule \"\(needed).so\" before this line")
        }
        loaded.append(module)
        modules.append(module.configure())
    }

    /// `modparam`: the first argument is a regular expression over the names of loaded modules.
    ///
    /// It is anchored at both ends and has no regard to case (script.md 3). That nothing matches is
    /// an error, that several match is the purpose: one row sets the database of all modules.
    private mutating func apply(
        _ parameter: String, _ value: SettingValue, to names: String, at position: Position
    ) {
        let expression: RegularExpression
        do {
            expression = try RegularExpression("^(\(names))$", ignoresCase: true)
        } catch {
            return report(
                .value, at: position,
                "\"\(names)\" is no list of modules: \(error.message)")
        }
        let matching = loaded.indices.filter { place in
            let name = Array(loaded[place].name.utf8)
            return expression.matches(name.span)
        }
        let alternatives = names.split(separator: "|").map(String.init)
        if matching.isEmpty, !alternatives.contains(where: missing.contains) {
            report(
                .unknownModule, at: position, "no loaded module is named \"\(names)\"",
                hint: hint(unloaded: names))
        }
        for place in matching { set(parameter, value, in: place, at: position) }
    }

    /// What to do about a module that `modparam` names and nobody loaded.
    private func hint(unloaded name: String) -> String? {
        if catalogue.contains(where: { $0.name == name }) {
            return "put loadmodule \"\(name).so\" before this line"
        }
        return suggestion(name, loaded.map(\.name))
    }

    /// Sets a parameter in one module.
    private mutating func set(
        _ parameter: String, _ value: SettingValue, in place: Int, at position: Position
    ) {
        do {
            try modules[place].set(parameter, to: value)
        } catch {
            let isUnknown = error.kind == .unknown
            let names = loaded[place].parameters.map(\.name)
            report(
                isUnknown ? .unknownParameter : .value, at: position, error.message,
                hint: isUnknown ? suggestion(parameter, names) : nil)
        }
    }

    // MARK: Global settings

    /// Takes up what is not about modules.
    ///
    /// A group that is named like a module is refused, because `cfg.*` commands could not tell its
    /// variables from the module's parameters.
    private mutating func collect(_ setting: Setting, into result: inout CheckedConfiguration) {
        switch setting {
        case .global(let name, let value, let position):
            setGlobal(name, value, at: position)
            result.globals.append(
                .init(name: name, value: value, location: tree.sources.location(position)))
        case .custom(EngineSettings.group, let name, let value, _, let position):
            setCallback(name, value, at: position, in: &result)
        case .custom(let group, let name, let value, let summary, let position):
            if group == core.name || catalogue.contains(where: { $0.name == group }) {
                report(
                    .placement, at: position,
                    "\"\(group)\" is a module: its parameters are set with modparam")
            }
            result.customVariables.append(
                .init(group: group, name: name, value: value, summary: summary))
        case .listen(let address, let position):
            result.listens.append(
                .init(address: address, location: tree.sources.location(position)))
        case .alias(let address, let position):
            result.aliases.append(
                .init(address: address, location: tree.sources.location(position)))
        case .port(let number, let position):
            result.port = number
            // The core may show the port by its name, as it does other parameters.
            if core.parameters.contains(where: { $0.name == "port" }) {
                setGlobal("port", .integer(number), at: position)
            }
        case .ignored(let what, let position):
            let place = tree.sources.location(position)
            result.notes.append("\(place.file):\(place.line): \(what) is ignored")
        case .flag, .loadModule, .parameter: break
        }
    }

    /// Sets a parameter of the core.
    ///
    /// The values are set in a module like any other, the core, so that bounds, types and hints are
    /// the same for global parameters and for those of modules.
    private mutating func setGlobal(
        _ name: String, _ value: SettingValue, at position: Position
    ) {
        do {
            try coreModule.set(name, to: value)
        } catch {
            guard error.kind == .unknown else {
                return report(.value, at: position, error.message)
            }
            report(
                .unknownGlobal, at: position, "unknown global parameter \"\(name)\"",
                hint: suggestion(name, core.parameters.map(\.name)))
        }
    }

    // MARK: Route blocks

    /// Checks which blocks there are, and compiles all of them to nothing.
    ///
    /// Checking means compiling: what the check accepts and the start refuses would be found at the
    /// worst time, when the old server has gone already.
    private mutating func checkBlocks(_ configuration: CheckedConfiguration) {
        let scope = Scope(configuration, instances: nil)
        var seen: [RouteBlockKind: Position] = [:]
        for block in tree.blocks where !diagnostics.isFull {
            if let first = seen[block.kind] {
                report(
                    .placement, at: block.position, "\(block.kind.text) is there twice",
                    hint: "the first one stands on line \(first.line)")
            }
            seen[block.kind] = block.position
            checkKind(block, scope)
        }
        var compiler = Compiler(
            tree, scope: scope, rules: ScriptRules(configuration),
            Diagnostics(limit: diagnostics.limit))
        compiler.compileRoutes()
        for block in tree.blocks {
            if case .named = block.kind { continue }
            _ = compiler.entry(block)
        }
        for error in compiler.diagnostics.errors { diagnostics.report(error) }
    }

    /// Refuses event routes that nothing would ever run.
    ///
    /// That would be a silent difference to Kamailio: the operator relies on what the block does.
    /// Blocks of transactions are armed by functions, which are refused where nobody has them.
    private mutating func checkKind(_ block: RouteBlock, _ scope: Scope) {
        guard case .event(let name) = block.kind, !scope.knows(event: name) else { return }
        report(
            .unknownEvent, at: block.position, "no loaded module raises the event \"\(name)\"",
            hint: scope.hint(event: name))
    }
}
