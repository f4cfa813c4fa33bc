internal import Basics
internal import JSONValue
internal import ModuleKit

/// The commands; `cnt.*` in Kamailio's words.
extension CountersModule {
    private static let group = RPCParameter("group", .string, "The group: a module's name")
    private static let name = RPCParameter("name", .string, "The counter within the group")
    private static let values = Schema.object([], others: .integer)

    /// Commands that show or change one counter, or the values of a group.
    static var readingRows: [MethodRow<CountersModule>] {
        let optional = RPCParameter(
            "name", .string, isOptional: true, "The counter; all of the group without it")
        let ofGroup = ["cnt.get_vars", "cnt.grp_get_all"].map { method in
            MethodRow<CountersModule>(
                method, [group], result: values, missingParameterCode: 400,
                "Shows the counters of a group with their values",
                example: RPCExample(["sl"], ["failures": 0, "sent_replies": 12])
            ) { (module, call) in .value(module.values(call.string(0) ?? "")) }
        }
        return [
            MethodRow(
                "cnt.get", [group, optional], result: .oneOf([.integer, values]),
                missingParameterCode: 400, "Shows a counter, or all of a group",
                example: RPCExample(["sl", "sent_replies"], 12)
            ) { (module, call) throws(RPCError) in
                if call.string(1) == nil { return .value(module.values(call.string(0) ?? "")) }
                return .value(.integer(Int64(try module.reading(call).value)))
            },
            MethodRow(
                "cnt.get_raw", [group, name], result: .integer, missingParameterCode: 400,
                "Shows a counter as it is kept, which here is what cnt.get shows",
                example: RPCExample(["sl", "sent_replies"], 12)
            ) { (module, call) throws(RPCError) in
                .value(.integer(Int64(try module.reading(call).value)))
            },
            MethodRow(
                "cnt.reset", [group, name], result: .nothing, isChange: true,
                missingParameterCode: 400, "Sets a counter to zero",
                example: RPCExample(["sl", "failures"], [:])
            ) { (module, call) throws(RPCError) in
                try module.reset(call)
                return .done
            },
            MethodRow(
                "cnt.help", [group, name], result: .string, missingParameterCode: 400,
                "Shows what a counter counts",
                example: RPCExample(["sl", "sent_replies"], "All replies.")
            ) { (module, call) throws(RPCError) in .value(.string(try module.help(call))) },
        ] + ofGroup
    }

    /// Commands that list names.
    static var listingRows: [MethodRow<CountersModule>] {
        let groups = ["cnt.grps_list", "cnt.list_groups"].map { method in
            MethodRow<CountersModule>(
                method, result: .array(.string), "Lists the groups of counters",
                example: RPCExample([], ["core", "sl"])
            ) { (module, _) in
                .value(.array(Set(module.readings().map(\.group)).sorted().map { .string($0) }))
            }
        }
        let names = ["cnt.list_vars", "cnt.var_list"].map { method in
            MethodRow<CountersModule>(
                method, [group], result: .array(.string), missingParameterCode: 400,
                "Lists the counters of a group",
                example: RPCExample(["sl"], ["failures", "sent_replies"])
            ) { (module, call) in
                let group = call.string(0)
                let found = module.readings().filter { $0.group == group }
                return .value(.array(found.map { .string($0.name) }))
            }
        }
        return groups + names
    }

    /// The values of a group by name; nothing for a group that does not exist, as in Kamailio.
    private func values(_ group: String) -> JSONValue {
        .object(
            readings().filter { $0.group == group }
                .map { .init($0.name, .integer(Int64($0.value))) })
    }

    /// The counter that a call names; the error is Kamailio's, line end included, which scripts
    /// compare with.
    private func reading(_ call: RPCCall) throws(RPCError) -> StatisticReading {
        let group = call.string(0) ?? ""
        let name = call.string(1) ?? ""
        // Of this group's module alone first: reading all of them costs a dashboard more.
        for loaded in services.loadedModules where loaded.name == group || loaded.name == "counters"
        {
            for reading in loaded.statistics where reading.group == group && reading.name == name {
                return reading
            }
        }
        throw RPCError(
            400, "non-existent counter \(group).\(name)\n",
            data: ["group": .string(group), "name": .string(name)])
    }

    private func reset(_ call: RPCCall) throws(RPCError) {
        let reading = try reading(call)
        guard let reset = reading.reset else {
            throw RPCError(
                400,
                "counter \(reading.group).\(reading.name) shows a state and cannot be reset")
        }
        reset()
        call.note(
            "\(reading.group).\(reading.name)", old: .integer(Int64(reading.value)), new: 0)
    }

    private func help(_ call: RPCCall) throws(RPCError) -> String {
        let reading = try reading(call)
        guard !reading.summary.isEmpty else {
            throw RPCError(
                400, "no description for counter \(reading.group).\(reading.name)\n")
        }
        return reading.summary
    }
}
