internal import ModuleKit

/// The functions of structured attributes.
extension PVModule {
    /// All of them.
    static var structuredFunctions: [FunctionRow<PVModule>] {
        copying + exploding(.xavp) + exploding(.xavu) + children(.xavp) + children(.xavi) + [
            printing(.xavp), printing(.xavu), printing(.xavi),
            FunctionRow(
                "xavp_slist_explode", .string("list"), .string("separators"), .string("mode"),
                .string("root"), returns: "1, -1 without a value",
                "Takes a list apart into $xavp(root=>v[i]); mode t trims white space."
            ) { (_, context, list, separators, mode, root) in
                StructuredFunction.explodeList(list, separators, mode, root, context)
            },
            FunctionRow(
                "pv_var_to_xavp", .string("variable"), .string("root"),
                returns: "1, -1 when there is no such variable",
                "Copies $var(variable), or all of them for *, into $xavp(root=>variable)."
            ) { (module, context, variable, root) in
                module.copyVariables(variable, to: root, context)
            },
            FunctionRow(
                "pv_xavp_to_var", .string("root"), returns: "1, -1 when there is no such root",
                "Copies the attributes of $xavp(root) into variables of their names."
            ) { (module, context, root) in module.copyToVariables(root, context) },
        ]
    }

    private static var copying: [FunctionRow<PVModule>] {
        [
            FunctionRow(
                "xavp_copy", .string("source"), .integer("index"), .string("destination"),
                Argument.integer("destination_index").optional,
                returns: "1, -1 when source or destination is missing",
                "Adds a copy of $xavp(source[index]) below those of the destination, or replaces"
                    + " the one of an index."
            ) { (_, context, source, index, destination, place) in
                StructuredFunction.copy(source, index, to: destination, at: place, context)
            }
        ]
    }

    private static func exploding(_ kind: StructuredClass) -> [FunctionRow<PVModule>] {
        [
            FunctionRow(
                "\(kind)_params_explode", .string("parameters"), .string("root"),
                returns: "1, -1 when the text holds no parameters",
                "Takes a=b;c=d apart into $\(kind)(root=>a) and $\(kind)(root=>c)."
            ) { (_, context, text, root) in
                StructuredFunction.explodeParameters(kind, text, root, context)
            },
            FunctionRow(
                "\(kind)_params_implode", .string("root"), .pseudoVariable("variable"),
                returns: "1, -1 when there is no such root",
                "Writes the attributes of $\(kind)(root) as a=b;c=d; into a variable.",
                compile: { (_, root, variable) in
                    { context in
                        guard let root = root.value(context),
                            let variable = variable.value(context)
                        else { return -1 }
                        return StructuredFunction.implode(kind, root, variable, context)
                    }
                }),
        ]
    }

    private static func children(_ kind: StructuredClass) -> [FunctionRow<PVModule>] {
        [
            FunctionRow(
                "\(kind)_child_seti", .string("root"), .string("name"), .integer("value"),
                returns: "1, -1 when there are too many",
                "Sets $\(kind)(root=>name) of the newest root to an integer."
            ) { (_, context, root, name, value) in
                StructuredFunction.setChild(kind, root, name, .integer(value), context)
            },
            FunctionRow(
                "\(kind)_child_sets", .string("root"), .string("name"), .string("value"),
                returns: "1, -1 when there are too many",
                "Sets $\(kind)(root=>name) of the newest root to a text."
            ) { (_, context, root, name, value) in
                StructuredFunction.setChild(kind, root, name, .text(value), context)
            },
            FunctionRow(
                "\(kind)_rm", .string("root"), returns: "1",
                "Removes the newest value of $\(kind)(root)."
            ) { (_, context, root) in
                let name = context.bytes(of: root)
                kind.edit(context) { _ = $0.remove(name, at: 0) }
                return 1
            },
            FunctionRow(
                "\(kind)_child_rm", .string("root"), .string("name"), returns: "1",
                "Removes the newest value of $\(kind)(root=>name)."
            ) { (_, context, root, name) in
                StructuredFunction.removeChild(kind, root, name, context)
            },
        ]
    }

    private static func printing(_ kind: StructuredClass) -> FunctionRow<PVModule> {
        FunctionRow(
            "pv_\(kind)_print", returns: "1", "Writes all $\(kind) to the log at level INFO."
        ) { (_, context) in StructuredFunction.print(kind, context) }
    }
}
