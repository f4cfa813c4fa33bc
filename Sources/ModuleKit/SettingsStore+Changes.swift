internal import Basics
internal import Synchronization

/// What the `cfg.*` commands do.
extension SettingsStore {
    /// Declares a runtime variable of the script; a second declaration replaces the first.
    public func declare(group: String, name: String, value: SettingValue, summary: String) {
        var isInteger = false
        if case .integer = value { isInteger = true }
        let description = SettingDescription(
            group: group, name: name, summary: summary, isInteger: isInteger, bounds: nil,
            initial: value)
        state.withLock { state in
            state.custom[group, default: []].removeAll { $0.description.name == name }
            state.custom[group, default: []].append(
                CustomVariable(description: description, value: value))
        }
        announce()
    }

    /// Has `tell` told of every change that is in force, whoever made it.
    ///
    /// It runs on the thread that makes the change, without the store's lock.
    public func observe(_ tell: @escaping @Sendable ([PendingChange]) -> Void) {
        observers.withLock { $0.append(tell) }
    }

    /// Tells those who observe.
    func tell(_ changes: [PendingChange]) {
        guard !changes.isEmpty else { return }
        for observer in observers.withLock({ $0 }) { observer(changes) }
    }

    /// Everything that can be read, by group in the order of declaration.
    public var descriptions: [SettingDescription] {
        state.withLock { state in
            let modules = state.groups.flatMap { group in
                group.rows.filter(\.isRuntime).map(\.description)
            }
            let custom = state.custom.sorted { $0.key < $1.key }
                .flatMap { $0.value.map(\.description) }
            return modules + custom
        }
    }

    /// The value in force.
    public func value(group: String, name: String) throws(ParameterError) -> SettingValue {
        try state.withLock { (state) throws(ParameterError) in
            try Self.read(state, group, name)
        }
    }

    /// What is known of a parameter.
    public func description(
        group: String, name: String
    ) throws(ParameterError) -> SettingDescription {
        try state.withLock { (state) throws(ParameterError) in
            switch try Self.place(state, group, name) {
            case .module(let index, let row): state.groups[index].rows[row].description
            case .custom(let index): (state.custom[group] ?? [])[index].description
            }
        }
    }

    /// Changes a value at once and returns the old one.
    @discardableResult
    public func set(
        group: String, name: String, to new: SettingValue
    ) throws(ParameterError) -> SettingValue {
        let (old, stored) = try state.withLock { (state) throws(ParameterError) in
            let old = try Self.read(state, group, name)
            try Self.write(&state, group, name, new)
            return (old, try Self.read(state, group, name))
        }
        announce()
        tell([PendingChange(group: group, name: name, old: old, new: stored)])
        return old
    }

    /// Notes a change for the next commit; it is checked now.
    public func setDelayed(
        group: String, name: String, to new: SettingValue
    ) throws(ParameterError) {
        try state.withLock { (state) throws(ParameterError) in
            let old = try Self.read(state, group, name)
            var trial = state
            try Self.write(&trial, group, name, new)
            let stored = try Self.read(trial, group, name)
            state.pending.removeAll { $0.isAbout(group, nil, name) }
            state.pending.append(PendingChange(group: group, name: name, old: old, new: stored))
        }
    }

    /// The changes that wait.
    public var pending: [PendingChange] { state.withLock { $0.pending } }

    /// Puts all waiting changes into force together and returns them.
    @discardableResult
    public func commit() throws(ParameterError) -> [PendingChange] {
        let done = try state.withLock { (state) throws(ParameterError) in
            var next = state
            for change in state.pending {
                guard let instance = change.instance else {
                    try Self.write(&next, change.group, change.name, change.new)
                    continue
                }
                try Self.write(
                    &next, change.group, instance, change.name,
                    change.isDeletion ? nil : change.new)
            }
            let done = state.pending
            next.pending = []
            state = next
            return done
        }
        announce()
        tell(done)
        return done
    }

    /// Forgets all waiting changes.
    public func rollback() { state.withLock { $0.pending = [] } }

    /// Forgets the waiting change of one parameter; false when there is none.
    public func dropPending(group: String, name: String) -> Bool {
        state.withLock { state in
            let before = state.pending.count
            state.pending.removeAll { $0.isAbout(group, nil, name) }
            return state.pending.count < before
        }
    }

    /// Gives all parameters of a group the values they had at the start, or none of them: the
    /// values are tried on a copy, as a commit does it.
    public func reset(group: String) throws(ParameterError) {
        let names = descriptions.filter { $0.group == group }
        guard !names.isEmpty else {
            throw ParameterError(.unknown, "there is no group \"\(group)\"")
        }
        let changed = try state.withLock { (state) throws(ParameterError) in
            var next = state
            var changed: [PendingChange] = []
            for row in names {
                let old = try Self.read(state, group, row.name)
                try Self.write(&next, group, row.name, row.initial)
                guard old != row.initial else { continue }
                changed.append(
                    PendingChange(group: group, name: row.name, old: old, new: row.initial))
            }
            state = next
            return changed
        }
        announce()
        tell(changed)
    }

    /// Where a parameter is kept.
    private enum Place {
        case module(Int, row: Int)
        case custom(Int)
    }

    private static func place(
        _ state: State, _ group: String, _ name: String
    ) throws(ParameterError) -> Place {
        if let index = state.names.firstIndex(of: group),
            let row = state.groups[index].rows.firstIndex(where: {
                $0.isRuntime && $0.description.name == name
            })
        {
            return .module(index, row: row)
        }
        if let row = state.custom[group]?.firstIndex(where: { $0.description.name == name }) {
            return .custom(row)
        }
        let known = state.names.contains(group) || state.custom[group] != nil
        throw ParameterError(
            .unknown,
            known
                ? "group \"\(group)\" has no variable \"\(name)\""
                : "there is no group \"\(group)\"")
    }

    /// The value of a variable.
    static func read(
        _ state: State, _ group: String, _ name: String
    ) throws(ParameterError) -> SettingValue {
        switch try place(state, group, name) {
        case .module(let index, let row):
            state.groups[index].rows[row].read(state.groups[index].box)
        case .custom(let index): (state.custom[group] ?? [])[index].value
        }
    }

    /// Sets a variable; what a module refuses stays as it was.
    static func write(
        _ state: inout State, _ group: String, _ name: String, _ new: SettingValue
    ) throws(ParameterError) {
        switch try place(state, group, name) {
        case .module(let index, let row):
            let changed = try state.groups[index].rows[row].write(state.groups[index].box, new)
            state.groups[index].box = changed
        case .custom(let index):
            let isInteger = (state.custom[group] ?? [])[index].description.isInteger
            switch (isInteger, new) {
            case (true, .integer), (false, .string): state.custom[group]?[index].value = new
            case (true, .string(let text)):
                guard let number = ScriptNumber.parse(text) else {
                    throw ParameterError(
                        .type, "\(group).\(name) is an integer, \"\(text)\" is none")
                }
                state.custom[group]?[index].value = .integer(number)
            case (false, .integer(let number)):
                state.custom[group]?[index].value = .string(String(number))
            case (_, .unset):
                throw ParameterError(.type, "\(group).\(name) needs a value")
            }
        }
    }
}
