internal import Basics
internal import ModuleKit

/// Looking selects up.
extension Scope {
    /// Compiles a select, which has been read without its sign.
    func select(_ text: String) throws(VariableFailure) -> ValueStep {
        guard let path = SelectPath(text) else {
            throw VariableFailure(
                .syntax, "\"\(text)\" is no select", "write @name.name, as in @ruri.user")
        }
        if path.name == "cfg_get" { return try setting(path) }
        do {
            return try Select.step(path)
        } catch {
            throw VariableFailure(
                .unknownVariable, error.message, Self.hint(path, error.candidates))
        }
    }

    /// What to do about a select that is not there.
    private static func hint(_ path: SelectPath, _ candidates: [String]) -> String? {
        guard !candidates.isEmpty else { return nil }
        let words = path.text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        for word in words.reversed() where !candidates.contains(word) {
            if let near = NearestName.find(word, among: candidates) {
                return "did you mean \"\(near)\"?"
            }
        }
        return "one of \(candidates.joined(separator: ", "))"
    }

    /// `cfg_get.group.name`: a setting that `cfg.*` can change, as of this message.
    private func setting(_ path: SelectPath) throws(VariableFailure) -> ValueStep {
        guard let group = path.rest.name, let name = path.rest.rest.name,
            path.rest.rest.rest.isEmpty
        else {
            throw VariableFailure(
                .syntax, "\"\(path.text)\" is no select", "write cfg_get.group.name")
        }
        guard settings.contains("\(group).\(name)") else {
            let known = settings.sorted()
            throw VariableFailure(
                .unknownVariable, "there is no setting \"\(group).\(name)\"",
                NearestName.find("\(group).\(name)", among: known)
                    .map { "did you mean cfg_get.\($0)?" }
                    ?? "declare it: \(group).\(name) = value")
        }
        let slot = RuntimeSetting.slot(group: group, name: name)
        return { $0.runtimeSetting(slot) }
    }
}
