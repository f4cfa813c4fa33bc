internal import ModuleKit

/// `cfgengine`, and the names of the functions that an embedded language runs.
extension Checker {
    /// The modules that bring the languages beside the native one.
    private static let modules = ["lua": "app_lua"]

    /// Notes the language, and refuses one whose module is not loaded: no message would ever be
    /// answered.
    mutating func chooseEngine(in result: inout CheckedConfiguration) {
        guard let (name, position) = tree.engine else { return }
        result.engine.name = name
        guard let module = Self.modules[name],
            !result.loaded.contains(where: { $0.name == module })
        else { return }
        report(
            .placement, at: position, "cfgengine \"\(name)\" needs module \"\(module)\"",
            hint: "add loadmodule \"\(module).so\"")
    }

    /// `kemi.request_route_callback = "name"` and its siblings.
    mutating func setCallback(
        _ name: String, _ value: SettingValue, at position: Position,
        in result: inout CheckedConfiguration
    ) {
        guard case .string(let function) = value else {
            return report(
                .value, at: position, "kemi.\(name) is the name of a function, in quotes")
        }
        guard !result.engine.set(name, to: function) else { return }
        let isKnown = EngineSettings.parameters.contains(name)
        report(
            isKnown ? .unsupported : .unknownGlobal, at: position,
            isKnown
                ? "kemi.\(name) is not supported: nothing would ever call the function"
                : "unknown global parameter \"kemi.\(name)\"",
            hint: isKnown ? nil : suggestion(name, EngineSettings.parameters))
    }
}
