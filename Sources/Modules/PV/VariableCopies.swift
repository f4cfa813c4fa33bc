internal import ModuleKit

/// `$var` and `$xavp` into each other.
extension PVModule {
    /// `pv_var_to_xavp`: one variable, or all for `*`; what the root held before goes.
    func copyVariables(
        _ variable: ScriptText, to root: ScriptText, _ context: ScriptContext
    ) -> Int {
        let wanted = context.string(variable)
        let name = context.bytes(of: root)
        guard !name.isEmpty else { return -1 }
        let known = scriptVariables.filter { wanted == "*" || $0.name == wanted }
        guard !known.isEmpty else { return -1 }
        let values = known.map { known in
            AttributeValue(
                name: Array(known.name.utf8), value: value(ofVariable: known.slot, context))
        }
        context.structured.removeAll(name)
        return context.structured.push(name, values) ? 1 : -1
    }

    private func value(ofVariable slot: Int, _ context: ScriptContext) -> ScriptValue {
        guard slot < context.variables.count else { return .integer(0) }
        if case .null = context.variables[slot] { return .integer(0) }
        return context.variables[slot]
    }

    /// `pv_xavp_to_var`: the newest root; attributes that no variable of the script is named after
    /// are left out, because nothing could read them.
    func copyToVariables(_ root: ScriptText, _ context: ScriptContext) -> Int {
        guard let position = context.structured.position(context.bytes(of: root)) else {
            return -1
        }
        let known = scriptVariables
        for attribute in context.structured.roots[position].attributes {
            let name = String(decoding: attribute.name, as: UTF8.self)
            guard known.contains(where: { $0.name == name }) else { continue }
            _ = variable(name).write?(context, attribute.value)
        }
        return 1
    }
}
