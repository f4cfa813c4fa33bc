internal import JSONValue
internal import Management
public import ModuleKit

/// The module `cfg_rpc`: reads and changes settings while the server runs.
///
/// The work is done by `SettingsStore`; this module gives it Kamailio's commands and codes, and
/// tells the record of changes every old and new value.
public final class CfgRPC: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The server; its settings are asked for at each call.
    private let services: any Services
    /// The one store that all commands work on.
    private var settings: SettingsStore { services.settings }

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        services = setup.services
    }

    // MARK: Reading

    /// `group: name` for every setting of one group or of all.
    func list(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let group = call.string(0)
        return .array(
            // An unknown group is an empty list and no error: it is how scripts ask whether it
            // exists.
            settings.descriptions.filter { group == nil || $0.group == group }
                .map { .string("\($0.group): \($0.name)") })
    }

    /// One value, or all values of a group by name.
    func get(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let group = try Self.group(call)
        // One name: the value alone, no object around it, as kamcmd prints it.
        if let name = call.string(1) { return try read(group, name).json }
        let names = settings.descriptions.filter { $0.group == group.name }.map(\.name)
        // An empty object would look like a group without settings, which does not exist.
        guard !names.isEmpty else {
            throw RPCError(
                400, "there is no group \"\(group.text)\"", data: ["group": .string(group.text)])
        }
        var members: [JSONValue.Member] = []
        for name in names { members.append(.init(name, try read(group, name).json)) }
        return .object(members)
    }

    /// What is known of one setting.
    func help(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let (group, name) = try Self.names(call)
        let known: SettingDescription
        do {
            known = try settings.description(group: group.name, name: name)
        } catch {
            throw Self.refusal(error, group, name)
        }
        var members: [JSONValue.Member] = [
            .init("desc", .string(known.summary)),
            // Two types are all there are: a switch is an integer from 0 to 1.
            .init("type", known.isInteger ? "integer" : "string"),
            .init("default", known.initial.json),
            .init("value", try read(group, name).json),
        ]
        // Members that a string does not have are left out, not null: the schema says optional.
        if let bounds = known.bounds {
            members.append(.init("min", .integer(Int64(bounds.lowerBound))))
            members.append(.init("max", .integer(Int64(bounds.upperBound))))
        }
        if !known.cases.isEmpty {
            members.append(.init("cases", .array(known.cases.map { .string($0) })))
        }
        return .object(members)
    }

    // MARK: Changing

    /// Changes a value at once.
    func set(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (group, name) = try Self.names(call)
        // The store converts and checks: one set of rules for `modparam`, files and commands.
        let new = Self.value(call)
        do {
            let old: SettingValue
            if let instance = group.instance {
                old = try settings.set(
                    group: group.name, instance: instance, name: name, to: new)
            } else {
                old = try settings.set(group: group.name, name: name, to: new)
            }
            // After the change: what was refused is told to its caller and stands in no log.
            note(call, group, name, old, new)
            return .done
        } catch {
            throw Self.refusal(error, group, name, given: new)
        }
    }

    /// Notes a change for the next commit.
    func setDelayed(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (group, name) = try Self.names(call)
        let new = Self.value(call)
        do {
            // Checked now, so that a commit later has nothing left to refuse.
            if let instance = group.instance {
                try settings.setDelayed(
                    group: group.name, instance: instance, name: name, to: new)
            } else {
                try settings.setDelayed(group: group.name, name: name, to: new)
            }
            return .done
        } catch {
            throw Self.refusal(error, group, name, given: new)
        }
    }

    /// Puts all waiting changes into force together.
    func commit(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        do {
            // All or none; a line for each, so that the log shows every setting that moved.
            for change in try settings.commit() {
                let group = GroupName(name: change.group, instance: change.instance)
                note(call, group, change.name, change.old, change.new)
            }
            return .done
        } catch {
            // Only a variable of the script that was declared anew meanwhile can end here.
            throw RPCError(400, error.message)
        }
    }

    /// The changes that wait.
    func diff() -> JSONValue {
        .array(
            // Names of members with blanks are Kamailio's; remote controls look for them.
            settings.pending.map { change in
                var members: [JSONValue.Member] = [.init("group name", .string(change.group))]
                // Only where it is an instance's: the group itself has no number.
                if let instance = change.instance {
                    members.append(.init("group id", .integer(Int64(instance))))
                }
                members.append(.init("variable name", .string(change.name)))
                members.append(.init("old value", change.old.json))
                members.append(.init("new value", change.new.json))
                return .object(members)
            })
    }

    /// Forgets all waiting changes.
    func rollback() -> RPCOutcome {
        settings.rollback()
        return .done
    }

    /// Gives a group the values it had at the start, or an instance those of its group.
    func reset(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let group = try Self.group(call)
        do {
            guard let instance = group.instance else { return try resetGroup(call, group) }
            for change in try settings.resetInstance(of: group.name, instance) {
                note(call, group, change.name, change.old, change.new)
            }
            return .done
        } catch let error as ParameterError {
            // 500 instead of 400 is what callers of this command know.
            throw RPCError(500, error.message, data: ["group": .string(group.text)])
        } catch let error as RPCError {
            throw error
        } catch {
            throw RPCError(500, "Reset failed")
        }
    }

    private func resetGroup(_ call: RPCCall, _ group: GroupName) throws -> RPCOutcome {
        // Old values are read first, because the reset itself returns none.
        let before = settings.descriptions.filter { $0.group == group.name }
        var old: [(SettingDescription, SettingValue)] = []
        for known in before { old.append((known, try read(group, known.name))) }
        try settings.reset(group: group.name)
        // What had its first value already has not changed, and is not logged as if it had.
        for (known, value) in old where value != known.initial {
            note(call, group, known.name, value, known.initial)
        }
        return .done
    }

    /// Notes that an instance is to lose its own value, or forgets the waiting change of a group.
    func deleteDelayed(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (group, name) = try Self.names(call)
        // Read for its error: an unknown name is told as such.
        _ = try read(group, name)
        if let instance = group.instance {
            do {
                try settings.setDelayed(
                    group: group.name, instance: instance, name: name, to: nil)
                return .done
            } catch {
                throw Self.refusal(error, group, name)
            }
        }
        // Nothing to take back is an error: the caller believes that something waits.
        guard settings.dropPending(group: group.name, name: name) else {
            throw RPCError(
                400, "no change of \(group.text).\(name) waits",
                data: ["group": .string(group.text), "name": .string(name)])
        }
        return .done
    }

    // MARK: Instances

    /// Deletes the value that an instance has of its own: it gets the group's.
    ///
    /// A group itself has nothing to delete: the error says which command gives it its first
    /// values back.
    func delete(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (group, name) = try Self.names(call)
        let old = try read(group, name)
        guard let instance = group.instance else {
            throw RPCError(
                400, "Wrong group syntax. Use \"group[id]\"; cfg.reset is for whole groups",
                data: ["group": .string(group.text), "name": .string(name)])
        }
        do {
            try settings.set(group: group.name, instance: instance, name: name, to: nil)
            note(call, group, name, old, try read(group, name))
            return .done
        } catch let error as ParameterError {
            throw Self.refusal(error, group, name)
        } catch {
            throw RPCError(400, "Failed to delete the value")
        }
    }

    /// Adds an instance of a group; one that is there stays as it is.
    func addInstance(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        try changeInstance(call, "Failed to add the group instance") {
            (settings, group, instance) throws(ParameterError) in
            try settings.addInstance(of: group, instance)
        }
    }

    /// Removes an instance of a group with its values.
    func removeInstance(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        try changeInstance(call, "Failed to delete the group instance") {
            (settings, group, instance) throws(ParameterError) in
            try settings.removeInstance(of: group, instance)
        }
    }

    private func changeInstance(
        _ call: RPCCall, _ failure: String,
        _ change: (SettingsStore, String, UInt32) throws(ParameterError) -> Void
    ) throws(RPCError) -> RPCOutcome {
        let group = try Self.group(call)
        guard let instance = group.instance else {
            throw RPCError(
                400, "Wrong group syntax. Use \"group[id]\"",
                data: ["group": .string(group.text)])
        }
        do throws(ParameterError) {
            try change(settings, group.name, instance)
            return .done
        } catch {
            throw RPCError(
                400, "\(failure): \(error.message)", data: ["group": .string(group.text)])
        }
    }

    // MARK: Parts

    /// A group or one of its instances, as commands name it: `tm`, `tm[1]`.
    struct GroupName {
        /// The group.
        var name: String
        /// The number of the instance; nil for the group itself.
        var instance: UInt32?
        /// As it is written.
        var text: String { instance.map { "\(name)[\($0)]" } ?? name }
    }

    /// The value in force; errors get the code that callers know.
    private func read(
        _ group: GroupName, _ name: String
    ) throws(RPCError) -> SettingValue {
        do {
            guard let instance = group.instance else {
                return try settings.value(group: group.name, name: name)
            }
            return try settings.value(group: group.name, instance: instance, name: name)
        } catch {
            throw Self.refusal(error, group, name)
        }
    }

    /// Tells the record of changes of one.
    private func note(
        _ call: RPCCall, _ group: GroupName, _ name: String, _ old: SettingValue,
        _ new: SettingValue
    ) {
        call.note("\(group.text).\(name)", old: old.json, new: new.json)
    }

    /// The group of a call.
    private static func group(_ call: RPCCall) throws(RPCError) -> GroupName {
        // The dispatcher has refused a call without a group by now.
        let text = call.string(0) ?? ""
        guard let open = text.firstIndex(of: "[") else { return GroupName(name: text) }
        let number = text[text.index(after: open)...].dropLast()
        guard text.last == "]", !number.isEmpty, number.allSatisfy(\.isNumber),
            let instance = UInt32(number)
        else {
            throw RPCError(
                400, "Wrong group syntax. Use either \"group\", or \"group[id]\"",
                data: ["group": .string(text)])
        }
        return GroupName(name: String(text[..<open]), instance: instance)
    }

    /// Group and name of a call.
    private static func names(
        _ call: RPCCall
    ) throws(RPCError) -> (group: GroupName, name: String) {
        (try group(call), call.string(1) ?? "")
    }

    /// The new value of a call, an integer where it came as one.
    private static func value(_ call: RPCCall) -> SettingValue {
        // A string that holds a number stays one: for a string setting "007" is not 7.
        if case .integer(let number)? = call.values[2] { return .integer(Int(number)) }
        return .string(call.string(2) ?? "")
    }

    /// What a program needs to tell its user: group, name, bounds, and what was given.
    private static func refusal(
        _ error: ParameterError, _ group: GroupName, _ name: String, given: SettingValue? = nil
    ) -> RPCError {
        var data: [JSONValue.Member] = [
            .init("group", .string(group.text)), .init("name", .string(name)),
        ]
        // For programs that show the bounds beside their input field.
        if let bounds = error.bounds {
            data.append(.init("min", .integer(Int64(bounds.lowerBound))))
            data.append(.init("max", .integer(Int64(bounds.upperBound))))
        }
        if let given { data.append(.init("given", given.json)) }
        return RPCError(400, error.message, data: .object(data))
    }
}
