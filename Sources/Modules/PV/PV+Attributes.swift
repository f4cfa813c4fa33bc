internal import Basics
internal import JSONValue
internal import ModuleKit

/// The variables that scripts keep values in, and those of branches.
extension PVModule {
    /// `$avp`, `$xavp` and their like.
    static var attributes: [VariableRow<PVModule>] {
        let classes: [VariableRow<PVModule>] = [
            structured(.xavp, "A structured attribute of the message: root[i]=>name[j]."),
            structured(.xavu, "A structured attribute with one value of each name."),
            structured(.xavi, "A structured attribute whose names disregard case."),
        ]
        return classes + [
            VariableRow(
                "avp", inner: .required, isWritable: true, accepts: .every,
                "An attribute of the message; an assignment adds a value on top.",
                check: { (reference) throws(ArgumentError) in
                    _ = try AttributeVariable(reference)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    try AttributeVariable(reference, aliases: module.aliases) {
                        module.workspace($0)
                    }.access
                }),
            VariableRow(
                "cnt", inner: .required, accepts: .dynamicInner,
                "How many values $avp(name) or $xavp(name) has.",
                check: { (reference) throws(ArgumentError) in
                    _ = try CountVariable.access(reference, aliases: [:])
                },
                compile: { (module, reference) throws(ArgumentError) in
                    try CountVariable.access(reference, aliases: module.aliases) {
                        module.workspace($0)
                    }
                }),
            VariableRow(
                "shv", inner: .required, isWritable: true,
                "A variable that all workers share, 0 until it is set.",
                check: { (reference) throws(ArgumentError) in try reference.refuseIndex() },
                compile: { module, reference in module.shared.access(reference.inner ?? "") }),
            VariableRow(
                "vz", inner: .required, isWritable: true, "Another name of $var."
            ) { module, reference in module.variable(reference.inner ?? "") },
        ] + branches
    }

    private static func structured(
        _ kind: StructuredClass, _ summary: String
    ) -> VariableRow<PVModule> {
        VariableRow(
            kind.rawValue, inner: .required, isWritable: true, accepts: .dynamicInner, summary,
            access: { (reference) throws(ArgumentError) in
                try StructuredVariable(kind, reference).access
            })
    }

    /// `$branch` and its like.
    private static var branches: [VariableRow<PVModule>] {
        [
            VariableRow(
                "branch", inner: .required, isWritable: true, accepts: .dynamicIndex,
                "An attribute of a branch beside the request's own: uri, dst_uri, path, q, …",
                access: { (reference) throws(ArgumentError) in
                    try BranchVariable.access(reference)
                }),
            VariableRow(
                "sbranch", inner: .required, isWritable: true,
                "An attribute of the branch that sbranch_append() adds.",
                check: { (reference) throws(ArgumentError) in
                    _ = try staticField(reference)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    try module.staticBranchVariable(reference)
                }),
            VariableRow(
                "br", isWritable: true, "URI of the first branch; an assignment adds a branch.",
                access: { _ in BranchVariable.first }),
            VariableRow("bR", "All branches as a list of contacts.") { BranchVariable.all($0) },
            VariableRow("ds", "All branches as a Contact field.") {
                BranchVariable.destinationSet($0)
            },
        ]
    }

    /// The management commands.
    static var sharedVariableCommands: [MethodRow<PVModule>] {
        let value = Schema.oneOf([.integer, .string, .null])
        let variable = Schema.object(
            [.init("name", .string), .init("type", .string), .init("value", value)], others: nil)
        return [
            MethodRow(
                "pv.shvGet",
                [RPCParameter("name", .string, isOptional: true, "The variable; all without it")],
                result: .oneOf([variable, .object([.init("items", .array(variable))], others: nil)]
                ),
                "Shows shared variables",
                example: RPCExample([], ["items": []])
            ) { (module, call) throws(RPCError) in .value(try module.showShared(call)) },
            MethodRow(
                "pv.shvSet",
                [
                    RPCParameter("name", .string, "The variable"),
                    RPCParameter("type", .string, "int or str"),
                    RPCParameter("value", .value, "The new value"),
                ],
                result: .string, isChange: true, missingParameterCode: 500,
                "Sets a shared variable",
                example: RPCExample(["debug", "int", 3], "Ok. Variable set to new value.")
            ) { (module, call) throws(RPCError) in .value(try module.setShared(call)) },
        ]
    }
}
