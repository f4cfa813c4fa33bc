internal import JSONValue
public import ModuleKit

extension CfgRPC {
    /// The parameters that the commands share.
    ///
    /// A command that takes text accepts numbers and prints them; one that takes a number accepts a
    /// string that holds one, as shells send it.
    private static let group = RPCParameter(
        "group", .string, "The group: a module's name, or an instance of it: tm[1]")
    private static let instance = RPCParameter(
        "group", .string, "An instance of a group: its name and a number, tm[1]")
    private static let name = RPCParameter("name", .string, "The setting's name in the group")
    private static let text = RPCParameter("value", .string, "The new value")
    private static let number = RPCParameter("value", .integer, "The new value")
    private static let either = RPCParameter("value", .value, "The new value")
    /// A value, null for a string that is not set.
    private static let scalar = Schema.oneOf([.integer, .string, .null])
    /// One change that waits, in the words of Kamailio's command.
    private static let change = Schema.object(
        [
            .init("group name", .string), .init("group id", .integer, isRequired: false),
            .init("variable name", .string),
            .init("old value", scalar), .init("new value", scalar),
        ], others: nil)
    /// What cfg.help tells.
    private static let knowledge = Schema.object(
        [
            // The first four are always there; the others depend on the type.
            .init("desc", .string), .init("type", .string), .init("default", scalar),
            .init("value", scalar), .init("min", .integer, isRequired: false),
            .init("max", .integer, isRequired: false),
            .init("cases", .array(.string), isRequired: false),
        ], others: nil)

    /// The declaration.
    public static let manifest = Manifest<CfgRPC>(
        "cfg_rpc", "Reads and changes settings while the server runs",
        methods: reading + immediate + delayed + undoing + instances)

    /// The commands that only look.
    private static let reading: [MethodRow<CfgRPC>] = [
        MethodRow(
            // Lines instead of objects: this is what Kamailio's command answers.
            "cfg.list", [RPCParameter("group", .string, isOptional: true, "Only this group")],
            result: .array(.string), "Lists the settings that can be read and changed",
            example: RPCExample(["core"], ["core: debug"])
        ) { (module, call) throws(RPCError) in .value(try module.list(call)) },
        MethodRow(
            "cfg.get",
            [group, RPCParameter("name", .string, isOptional: true, "Only this setting")],
            result: .oneOf([scalar, .object([], others: scalar)]),
            // 500 is what Kamailio's command answers without a group; scripts test for it.
            missingParameterCode: 500,
            "Shows the value of a setting, or of all settings of a group",
            example: RPCExample(["core", "debug"], 0)
        ) { (module, call) throws(RPCError) in .value(try module.get(call)) },
        MethodRow(
            "cfg.help", [group, name], result: knowledge,
            "Explains a setting: type, bounds, default and value",
            example: RPCExample(
                ["core", "debug"],
                [
                    "desc": "Log level", "type": "integer", "default": 0, "value": 0, "min": -5,
                    "max": 9,
                ])
        ) { (module, call) throws(RPCError) in .value(try module.help(call)) },
        MethodRow(
            "cfg.diff", result: .array(change), "Shows the changes that wait for cfg.commit",
            example: RPCExample(
                [],
                [
                    [
                        "group name": "core", "variable name": "debug", "old value": 0,
                        "new value": 2,
                    ]
                ])
        ) { (module, _) in .value(module.diff()) },
    ]

    /// The commands whose change is in force at once.
    private static let immediate: [MethodRow<CfgRPC>] = [
        // Five names of one command: kamcmd, kamctl and web interfaces each know some of them.
        setter("cfg.set", either, 2), setter("cfg.set_now_int", number, 2),
        setter("cfg.seti", number, 2), setter("cfg.set_now_string", text, "2"),
        setter("cfg.sets", text, "2"),
    ]

    /// The commands that collect changes and put them into force together.
    private static let delayed: [MethodRow<CfgRPC>] = [
        delayedSetter("cfg.set_delayed", either, 2),
        delayedSetter("cfg.set_delayed_int", number, 2),
        delayedSetter("cfg.set_delayed_string", text, "2"),
        MethodRow(
            // One generation for all of them: no message sees a part of the changes.
            "cfg.commit", result: .nothing, isChange: true,
            "Puts all waiting changes into force together", example: RPCExample([], [:])
        ) { (module, call) throws(RPCError) in try module.commit(call) },
        MethodRow(
            "cfg.rollback", result: .nothing, isChange: true, "Forgets all waiting changes",
            example: RPCExample([], [:])
        ) { (module, _) in module.rollback() },
    ]

    /// The commands that take changes back.
    private static let undoing: [MethodRow<CfgRPC>] = [
        MethodRow(
            // To what the configuration file gave, not to the defaults of the module.
            "cfg.reset", [group], result: .nothing, isChange: true, missingParameterCode: 500,
            "Gives all settings of a group the values they had at the start",
            example: RPCExample(["core"], [:])
        ) { (module, call) throws(RPCError) in try module.reset(call) },
        MethodRow(
            "cfg.del", [instance, name], result: .nothing, isChange: true,
            missingParameterCode: 400,
            "Deletes a value of a group's instance, which gets the group's value again",
            example: RPCExample(["core[1]", "debug"], [:])
        ) { (module, call) throws(RPCError) in try module.delete(call) },
        MethodRow(
            "cfg.del_delayed", [group, name], result: .nothing, isChange: true,
            missingParameterCode: 400,
            "Notes that a value of a group's instance is to be deleted by the next cfg.commit; of "
                + "a group itself it forgets the waiting change",
            example: RPCExample(["core", "debug"], [:])
        ) { (module, call) throws(RPCError) in try module.deleteDelayed(call) },
    ]

    /// A command that changes a value at once; five names, three types of values.
    private static func setter(
        _ method: String, _ value: RPCParameter, _ example: JSONValue
    ) -> MethodRow<CfgRPC> {
        MethodRow(
            method, [group, name, value], result: .nothing, isChange: true,
            "Changes a setting at once: the very next message sees it",
            example: RPCExample(["core", "debug", example], [:])
        ) { (module, call) throws(RPCError) in try module.set(call) }
    }

    /// The commands about instances of groups.
    private static let instances: [MethodRow<CfgRPC>] = [
        MethodRow(
            "cfg.add_group_inst", [instance], result: .nothing, isChange: true,
            missingParameterCode: 400,
            "Adds an instance of a group: values of its own for a script that selects it by "
                + "cfg_select(\"tm\", 1)",
            example: RPCExample(["core[1]"], [:])
        ) { (module, call) throws(RPCError) in try module.addInstance(call) },
        MethodRow(
            "cfg.del_group_inst", [instance], result: .nothing, isChange: true,
            missingParameterCode: 400,
            "Deletes an instance of a group with its values",
            example: RPCExample(["core[1]"], [:])
        ) { (module, call) throws(RPCError) in try module.removeInstance(call) },
    ]

    /// A command that notes a change.
    private static func delayedSetter(
        _ method: String, _ value: RPCParameter, _ example: JSONValue
    ) -> MethodRow<CfgRPC> {
        MethodRow(
            method, [group, name, value], result: .nothing, isChange: true,
            "Notes a change of a setting for the next cfg.commit",
            example: RPCExample(["core", "debug", example], [:])
        ) { (module, call) throws(RPCError) in try module.setDelayed(call) }
    }
}
