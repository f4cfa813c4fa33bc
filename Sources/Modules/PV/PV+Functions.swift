internal import ModuleKit

/// The functions of the module.
extension PVModule {
    /// Functions that take a pseudo-variable by its name.
    static var variableFunctions: [FunctionRow<PVModule>] {
        [
            test("pv_isset", "Whether a pseudo-variable has a value.") { _, value in
                if case .null = value { return false }
                return true
            },
            test("is_int", "Whether a pseudo-variable holds an integer.") { _, value in
                if case .integer = value { return true }
                return false
            },
            test("not_empty", "Whether a pseudo-variable holds a text that is not empty.") {
                guard case .text(let text) = $1 else { return false }
                return $0.length(of: text) > 0
            },
            FunctionRow(
                "pv_unset", .pseudoVariable("variable"), returns: "1",
                "Sets a pseudo-variable to null; one that cannot be written stays.",
                compile: { (_, variable) in
                    { context in
                        guard let access = variable.value(context) else { return -1 }
                        _ = access.write?(context, .null)
                        return 1
                    }
                }),
            FunctionRow(
                "typeof", .pseudoVariable("variable"), .constant("type"),
                returns: "1 when it is of the type, -1",
                "Whether a pseudo-variable is of a type: int, str or null.",
                compile: { (_, variable, type) throws(ArgumentError) in
                    try typeTest(variable, type)
                }),
        ]
    }

    /// A function that asks something of a value.
    private static func test(
        _ name: String, _ summary: String,
        _ holds: @escaping @Sendable (ScriptContext, ScriptValue) -> Bool
    ) -> FunctionRow<PVModule> {
        FunctionRow(
            name, .pseudoVariable("variable"), returns: "1 when it is so, -1", summary,
            compile: { (_, variable) in
                { context in
                    guard let access = variable.value(context) else { return -1 }
                    return holds(context, access.read(context)) ? 1 : -1
                }
            })
    }

    private static func typeTest(
        _ variable: Evaluator<VariableAccess>, _ type: Evaluator<String>
    ) throws(ArgumentError) -> CompiledCall {
        guard case .constant(let name) = type, ["int", "str", "null"].contains(name) else {
            throw ArgumentError("a type is int, str or null")
        }
        return { context in
            guard let access = variable.value(context) else { return -1 }
            return switch access.read(context) {
            case .null: name == "null" ? 1 : -1
            case .integer: name == "int" ? 1 : -1
            case .text: name == "str" ? 1 : -1
            }
        }
    }

    /// The branches that a script puts together.
    static var branchFunctions: [FunctionRow<PVModule>] {
        [
            FunctionRow(
                "sbranch_set_ruri", routes: requestKinds, returns: "1, -1 when nothing is set",
                "Makes $sbranch the request's own branch."
            ) { (module, context) in module.setRequestURI(context) },
            FunctionRow(
                "sbranch_append", routes: requestKinds,
                returns: "1, -1 when nothing is set or there are too many",
                "Adds $sbranch as a further branch."
            ) { (module, context) in module.appendStaticBranch(context) },
            FunctionRow(
                "sbranch_reset", routes: requestKinds, returns: "1", "Empties $sbranch."
            ) { (module, context) in module.resetStaticBranch(context) },
        ]
    }

    private static let requestKinds: RouteKinds = [.request, .branch, .failure, .event]
}
