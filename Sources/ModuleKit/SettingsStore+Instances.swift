internal import Basics
internal import Synchronization

/// Instances of a group of settings: `tm[1]` has values of its own for some of them, and the
/// group's for the others.
///
/// A script takes one up with `cfg_select("tm", 1)` for the message at hand; without that nobody
/// sees it.
extension SettingsStore {
    /// Adds an instance without values of its own; one that is there stays as it is.
    public func addInstance(of group: String, _ number: UInt32) throws(ParameterError) {
        try state.withLock { (state) throws(ParameterError) in
            let isKnown = state.names.contains(group) || state.custom[group] != nil
            guard isKnown else {
                throw ParameterError(.unknown, "there is no group \"\(group)\"")
            }
            guard state.instances[group]?[number] == nil else { return }
            let count = state.instances.reduce(0) { $0 + $1.value.count }
            guard count < Limits.settingInstancesMax else {
                throw ParameterError(
                    .range, "there are \(Limits.settingInstancesMax) instances of groups already")
            }
            state.instances[group, default: [:]][number] = [:]
        }
        announce()
    }

    /// Removes an instance with its values, and the changes that wait for it.
    public func removeInstance(of group: String, _ number: UInt32) throws(ParameterError) {
        try state.withLock { (state) throws(ParameterError) in
            _ = try Self.own(state, group, number)
            state.instances[group]?[number] = nil
            state.pending.removeAll { $0.group == group && $0.instance == number }
        }
        announce()
    }

    /// The value that an instance has: its own, or else the group's.
    public func value(
        group: String, instance: UInt32, name: String
    ) throws(ParameterError) -> SettingValue {
        try state.withLock { (state) throws(ParameterError) in
            try Self.read(state, group, instance, name)
        }
    }

    /// Gives an instance a value of its own, or with nil the group's again; returns the old one.
    @discardableResult
    public func set(
        group: String, instance: UInt32, name: String, to new: SettingValue?
    ) throws(ParameterError) -> SettingValue {
        let (old, stored) = try state.withLock { (state) throws(ParameterError) in
            let old = try Self.read(state, group, instance, name)
            try Self.write(&state, group, instance, name, new)
            return (old, try Self.read(state, group, instance, name))
        }
        announce()
        tell([
            PendingChange(group: "\(group)[\(instance)]", name: name, old: old, new: stored)
        ])
        return old
    }

    /// Notes a change of an instance for the next commit; it is checked now.
    public func setDelayed(
        group: String, instance: UInt32, name: String, to new: SettingValue?
    ) throws(ParameterError) {
        try state.withLock { (state) throws(ParameterError) in
            let old = try Self.read(state, group, instance, name)
            var trial = state
            try Self.write(&trial, group, instance, name, new)
            var change = PendingChange(
                group: group, name: name, old: old,
                new: try Self.read(trial, group, instance, name))
            change.instance = instance
            change.isDeletion = new == nil
            state.pending.removeAll { $0.isAbout(group, instance, name) }
            state.pending.append(change)
        }
    }

    /// Forgets all values that an instance has of its own; returns what has changed by that.
    public func resetInstance(
        of group: String, _ number: UInt32
    ) throws(ParameterError) -> [PendingChange] {
        let changed = try state.withLock { (state) throws(ParameterError) in
            var changed: [PendingChange] = []
            for (name, old) in try Self.own(state, group, number).sorted(by: { $0.key < $1.key }) {
                let new = try Self.read(state, group, name)
                changed.append(PendingChange(group: group, name: name, old: old, new: new))
            }
            state.instances[group]?[number] = [:]
            return changed
        }
        announce()
        return changed
    }

    /// The index and the settings of a group as an instance has them; nil for a group of the
    /// script's variables, which has no box.
    func box(group: String, instance: UInt32) -> (index: Int, box: SettingsBox)? {
        state.withLock { state in
            guard let index = state.names.firstIndex(of: group) else { return nil }
            var box = state.groups[index].box
            for (name, value) in state.instances[group]?[instance] ?? [:] {
                guard
                    let row = state.groups[index].rows.first(where: { $0.description.name == name })
                else { continue }
                if let changed = try? row.write(box, value) { box = changed }
            }
            return (index, box)
        }
    }

    /// The index and the settings of a group itself; nil for a group of the script's variables.
    func box(group: String) -> (index: Int, box: SettingsBox)? {
        state.withLock { state in
            state.names.firstIndex(of: group).map { ($0, state.groups[$0].box) }
        }
    }

    /// Whether there is such an instance.
    func hasInstance(of group: String, _ number: UInt32) -> Bool {
        state.withLock { $0.instances[group]?[number] != nil }
    }

    // MARK: Under the lock

    /// The values that an instance has of its own.
    private static func own(
        _ state: State, _ group: String, _ number: UInt32
    ) throws(ParameterError) -> [String: SettingValue] {
        guard let own = state.instances[group]?[number] else {
            throw ParameterError(.unknown, "there is no group instance \"\(group)[\(number)]\"")
        }
        return own
    }

    private static func read(
        _ state: State, _ group: String, _ number: UInt32, _ name: String
    ) throws(ParameterError) -> SettingValue {
        let shared = try read(state, group, name)
        return try own(state, group, number)[name] ?? shared
    }

    /// Changes an instance's value, checked and converted as the group's would be.
    static func write(
        _ state: inout State, _ group: String, _ number: UInt32, _ name: String,
        _ new: SettingValue?
    ) throws(ParameterError) {
        _ = try own(state, group, number)
        guard let new else {
            state.instances[group]?[number]?[name] = nil
            return
        }
        var trial = state
        try write(&trial, group, name, new)
        state.instances[group]?[number]?[name] = try read(trial, group, name)
    }
}

extension ScriptContext {
    /// Takes up the settings of a group's instance until this message ends: `cfg_select`.
    ///
    /// False when there is no such instance.
    public func selectSettings(of group: String, instance: UInt32) -> Bool {
        guard services.settings.hasInstance(of: group, instance) else { return false }
        selectedInstances[group] = instance
        runtimeSettings.removeAll(keepingCapacity: true)
        if let (index, box) = services.settings.box(group: group, instance: instance) {
            settings[index] = box.copy()
        }
        return true
    }

    /// Goes back to the settings of a group itself: `cfg_reset`.
    public func resetSettings(of group: String) {
        guard selectedInstances.removeValue(forKey: group) != nil else { return }
        runtimeSettings.removeAll(keepingCapacity: true)
        if let (index, box) = services.settings.box(group: group) { settings[index] = box.copy() }
    }
}
