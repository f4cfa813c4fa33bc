internal import Basics
internal import Synchronization

/// A setting that scripts read by its name: `$sel(cfg_get.group.name)`.
///
/// Its value is looked up once for each context and each change of the settings, because looking up
/// takes a lock that all workers would meet at.
public struct RuntimeSetting: Sendable, Hashable {
    /// Its place in every context.
    let index: Int
    /// Its group.
    let group: String
    /// Its name within the group.
    let name: String

    /// The settings that any script of the process reads: as many as configurations name.
    private static let known = Guarded<[RuntimeSetting]>([])

    /// The setting of a name, the same for all who ask for it.
    public static func slot(group: String, name: String) -> RuntimeSetting {
        known.withLock { known in
            if let found = known.first(where: { $0.group == group && $0.name == name }) {
                return found
            }
            let made = RuntimeSetting(index: known.count, group: group, name: name)
            known.append(made)
            return made
        }
    }
}

extension ScriptContext {
    /// The value of a setting as of this message, null when it is not set or not there.
    public func runtimeSetting(_ setting: RuntimeSetting) -> ScriptValue {
        if setting.index < runtimeSettings.count, let value = runtimeSettings[setting.index] {
            return value
        }
        while runtimeSettings.count <= setting.index { runtimeSettings.append(nil) }
        let store = services.settings
        let found: SettingValue? =
            if let instance = selectedInstances[setting.group] {
                try? store.value(group: setting.group, instance: instance, name: setting.name)
            } else {
                try? store.value(group: setting.group, name: setting.name)
            }
        let value: ScriptValue =
            switch found {
            case .integer(let number): .integer(number)
            case .string(let text): .string(text)
            case .unset, nil: .null
            }
        runtimeSettings[setting.index] = value
        return value
    }
}
