internal import JSONValue
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
        let names = settings.descriptions.filter { $0.group == group }.map(\.name)
        // An empty object would look like a group without settings, which does not exist.
        guard !names.isEmpty else {
            throw RPCError(
                400, "there is no group \"\(group)\"", data: ["group": .string(group)])
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
            known = try settings.description(group: group, name: name)
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
            let old = try settings.set(group: group, name: name, to: new)
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
            try settings.setDelayed(group: group, name: name, to: new)
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
                note(call, change.group, change.name, change.old, change.new)
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
                [
                    "group name": .string(change.group), "variable name": .string(change.name),
                    "old value": change.old.json, "new value": change.new.json,
                ]
            })
    }

    /// Forgets all waiting changes.
    func rollback() -> RPCOutcome {
        settings.rollback()
        return .done
    }

    /// Gives a group the values it had at the start.
    func reset(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let group = try Self.group(call)
        do {
            // Old values are read first, because the reset itself returns none.
            let before = settings.descriptions.filter { $0.group == group }
            var old: [(SettingDescription, SettingValue)] = []
            for known in before { old.append((known, try read(group, known.name))) }
            try settings.reset(group: group)
            // What had its first value already has not changed, and is not logged as if it had.
            for (known, value) in old where value != known.initial {
                note(call, group, known.name, value, known.initial)
            }
            return .done
        } catch let error as ParameterError {
            // 500 instead of 400 is what callers of this command know.
            throw RPCError(500, error.message, data: ["group": .string(group)])
        } catch let error as RPCError {
            throw error
        } catch {
            throw RPCError(500, "Reset failed")
        }
    }

    /// Forgets a waiting change of one setting.
    func deleteDelayed(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (group, name) = try Self.names(call)
        // Read for its error: an unknown name is told as such.
        _ = try read(group, name)
        // Nothing to take back is an error: the caller believes that something waits.
        guard settings.dropPending(group: group, name: name) else {
            throw RPCError(
                400, "no change of \(group).\(name) waits",
                data: ["group": .string(group), "name": .string(name)])
        }
        return .done
    }

    /// Deletes the value of a group's instance.
    ///
    /// There are no instances, so nothing can be deleted: the error says which command gives a
    /// group its first values back.
    func delete(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (group, name) = try Self.names(call)
        _ = try read(group, name)
        throw RPCError(
            400, "group \"\(group)\" has no instances to delete from; use cfg.reset",
            data: ["group": .string(group), "name": .string(name)])
    }

    // MARK: Parts

    /// The value in force; errors get the code that callers know.
    private func read(_ group: String, _ name: String) throws(RPCError) -> SettingValue {
        do {
            return try settings.value(group: group, name: name)
        } catch {
            throw Self.refusal(error, group, name)
        }
    }

    /// Tells the record of changes of one.
    private func note(
        _ call: RPCCall, _ group: String, _ name: String, _ old: SettingValue, _ new: SettingValue
    ) {
        call.note("\(group).\(name)", old: old.json, new: new.json)
    }

    /// The group of a call.
    ///
    /// Instances (`group[1]`) do not exist here, and an error is better than a change of something
    /// else.
    private static func group(_ call: RPCCall) throws(RPCError) -> String {
        // The dispatcher has refused a call without a group by now.
        let group = call.string(0) ?? ""
        guard !group.contains("[") else {
            throw RPCError(
                400, "group instances do not exist here: write \"group\", not \"\(group)\"",
                data: ["group": .string(group)])
        }
        return group
    }

    /// Group and name of a call.
    private static func names(
        _ call: RPCCall
    ) throws(RPCError) -> (group: String, name: String) {
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
        _ error: ParameterError, _ group: String, _ name: String, given: SettingValue? = nil
    ) -> RPCError {
        var data: [JSONValue.Member] = [
            .init("group", .string(group)), .init("name", .string(name)),
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

/// How settings are shown to remote controls.
extension SettingValue {
    /// The value as JSON; an unset string is null.
    var json: JSONValue {
        switch self {
        case .integer(let number): .integer(Int64(number))
        case .string(let text): .string(text)
        // Not "": a string that is set to nothing is another value.
        case .unset: .null
        }
    }
}
