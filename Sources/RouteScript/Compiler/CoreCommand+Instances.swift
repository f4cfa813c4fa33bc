internal import Basics
internal import ModuleKit

/// `cfg_select` and `cfg_reset`: the settings of a group's instance for the message at hand.
extension Compiler {
    /// `cfg_select("group", number)`; -1 when there is no such instance.
    mutating func selecting(
        _ arguments: [Expression], at position: Position
    ) throws(ScriptError) -> Compiled {
        let group = try constantText(arguments[0])
        let number = try expression(arguments[1])
        if case .constant(let constant) = number.form,
            UInt32(exactly: constant.number) == nil
        {
            throw failure(
                .value, at: arguments[1].position,
                "an instance of \"\(group)\" has a number from 0 to \(UInt32.max)",
                hint: "add it by cfg.add_group_inst \(group)[1]")
        }
        let read = number.integer
        return Compiled(
            .integer { context in
                guard let instance = UInt32(exactly: read(context)) else { return -1 }
                return context.selectSettings(of: group, instance: instance) ? 1 : -1
            }, from: number)
    }

    /// `cfg_reset("group")`.
    mutating func resetting(
        _ argument: Expression, at position: Position
    ) throws(ScriptError) -> Compiled {
        let group = try constantText(argument)
        return Compiled(
            .integer { context in
                context.resetSettings(of: group)
                return 1
            })
    }
}
