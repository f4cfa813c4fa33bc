internal import ModuleKit

/// A function that scripts in Lua can call.
struct KEMIFunction: Sendable {
    /// What it returns, as the list of functions shows it.
    enum Result: String, Sendable {
        /// Nothing.
        case none
        /// A Boolean.
        case bool
        /// A code of the script: positive yes, negative no.
        case int
        /// A string, a number or nil.
        case xval
    }
    /// How it is carried out.
    enum Body: Sendable {
        /// By this module; one letter for each argument, `s` or `i`.
        case native(StaticString, @Sendable (KEMICall) -> KEMIResult)
        /// By a module's function of scripts.
        case script(ScriptFunction)
        /// By the function of scripts that the first argument names.
        case byName
    }

    /// The table within `KSR`; empty for `KSR` itself.
    let object: String
    /// Its name in that table.
    let name: String
    /// What it returns.
    let result: Result
    /// How it is carried out.
    let body: Body

    /// A function of this module.
    static func native(
        _ object: String, _ name: String, _ parameters: StaticString, _ result: Result,
        _ body: @escaping @Sendable (KEMICall) -> KEMIResult
    ) -> KEMIFunction {
        KEMIFunction(
            object: object, name: name, result: result, body: .native(parameters, body))
    }

    /// `KSR.pv.get`: what the log calls it.
    var fullName: String { object.isEmpty ? "KSR.\(name)" : "KSR.\(object).\(name)" }

    /// What it returns when it is called wrongly.
    var refusal: KEMIResult {
        switch result {
        case .none, .xval: .null
        case .bool: .boolean(false)
        case .int: .integer(-1)
        }
    }

    /// Its parameters in words.
    var parameters: String {
        switch body {
        case .native(let letters, _):
            "\(letters)".map { $0 == "i" ? "int" : "str" }.joined(separator: ", ")
        case .script(let function):
            function.module.functions.first { $0.name == function.name }?.arguments
                .map { $0.isOptional ? "[\($0.name)]" : $0.name }.joined(separator: ", ") ?? ""
        case .byName: "str, ..."
        }
    }
}

/// Everything that `KSR` holds, for the modules that are loaded.
///
/// It is made once, from what the modules declare: a function that a module adds is there without a
/// line here. All states share it.
struct KEMICatalogue: Sendable {
    /// The functions; a function of the server is known to Lua by its place here.
    let functions: [KEMIFunction]
    /// The modules that are loaded.
    let modules: [LoadedModule]
    /// The functions of scripts by their names, for `KSR.x.modf`.
    let scriptFunctions: [String: ScriptFunction]

    /// The functions of the core, of this module and of the modules given.
    ///
    /// Where names meet, the core's own win, then the names that KEMI has, then those of scripts.
    init(_ modules: [LoadedModule]) {
        var functions = Self.core
        var seen = Set(functions.map(\.fullName))
        var byName: [String: ScriptFunction] = [:]
        for module in modules {
            let object = KEMINames.object(of: module.name)
            for row in module.functions {
                let target = ScriptFunction(
                    module: module, name: row.name,
                    expandsVariables: KEMINames.expanding.contains(module.name))
                if byName[row.name] == nil { byName[row.name] = target }
                for alias in KEMINames.aliases(of: row.name, in: module.name) {
                    var other = target
                    other.extra = alias.extra
                    Self.add(object, alias.name, other, to: &functions, &seen)
                }
            }
        }
        for module in modules {
            let object = KEMINames.object(of: module.name)
            for row in module.functions {
                let target = ScriptFunction(
                    module: module, name: row.name,
                    expandsVariables: KEMINames.expanding.contains(module.name))
                Self.add(object, row.name, target, to: &functions, &seen)
            }
        }
        self.functions = functions
        self.modules = modules
        scriptFunctions = byName
    }

    private static func add(
        _ object: String, _ name: String, _ target: ScriptFunction,
        to functions: inout [KEMIFunction], _ seen: inout Set<String>
    ) {
        let function = KEMIFunction(
            object: object, name: name, result: .int, body: .script(target))
        guard seen.insert(function.fullName).inserted else { return }
        functions.append(function)
    }

    /// What this module brings.
    private static let core: [KEMIFunction] =
        CoreFunctions.all + VariableFunctions.all + HeaderFunctions.all + ContainerFunctions.all
        + ControlFunctions.all
}
