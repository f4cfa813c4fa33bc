/// A kind of block that functions arm by its name.
public enum NamedRoute: String, Sendable, Hashable, CaseIterable {
    /// `failure_route[NAME]`.
    case failure = "failure_route"
    /// `branch_route[NAME]`.
    case branch = "branch_route"
    /// `onreply_route[NAME]`.
    case reply = "onreply_route"
    /// `event_route[NAME]`.
    case event = "event_route"
}

extension TemplateCompiler {
    /// Whoever knows no blocks refuses none.
    public func has(_ route: NamedRoute, _ name: String) -> Bool { true }

    /// Whoever knows no blocks suggests none.
    public func suggestion(_ route: NamedRoute, _ name: String) -> String? { nil }
}

extension Argument where Value == ScriptText {
    /// The name of a block: one that is constant must exist, which is found out at load.
    ///
    /// A name that is computed is looked up by the function at each call.
    public static func route(_ name: String, _ kind: NamedRoute) -> Argument<ScriptText> {
        let text = Argument<ScriptText>.string(name)
        return Argument(name, expects: "name of \(kind.rawValue)[]", isOptional: false) {
            (source, templates) throws(ArgumentError) in
            let prepared = try text.prepare(source, templates)
            guard case .constant(.owned(let bytes)) = prepared else { return prepared }
            let written = String(decoding: bytes, as: UTF8.self)
            guard templates.has(kind, written) else {
                let near = templates.suggestion(kind, written)
                throw ArgumentError(
                    "there is no \(kind.rawValue)[\(written)]"
                        + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
            }
            return prepared
        }
    }
}
