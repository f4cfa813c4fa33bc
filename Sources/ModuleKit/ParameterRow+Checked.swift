extension ParameterRow {
    /// A string parameter that `modparam` may name several times, each value checked when the
    /// configuration is read: errors have file and line.
    public init(
        _ name: String, list path: any WritableKeyPath<P, [String]> & Sendable,
        _ summary: String, check: @escaping @Sendable (String) throws(ArgumentError) -> Void
    ) {
        self.init(
            name: name, kind: .string, summary: summary, runtimeName: nil, isRepeatable: true,
            read: {
                let values = $0[keyPath: path]
                return values.isEmpty ? .unset : .string(values.joined(separator: ","))
            },
            write: { (parameters, value) throws(ParameterError) in
                guard case .string(let text) = value else {
                    throw ParameterError(.type, "\(name) is a string")
                }
                do throws(ArgumentError) {
                    try check(text)
                } catch {
                    throw ParameterError(.range, "\(name) \"\(text)\": \(error.message)")
                }
                parameters[keyPath: path].append(text)
            })
    }

    /// A string parameter whose value has a form of its own.
    ///
    /// `fault` says in words what is wrong with a value, for the line of the configuration that has
    /// it; nil when nothing is.
    public init(
        _ name: String, _ path: any WritableKeyPath<P, String> & Sendable, _ summary: String,
        runtime: Runtime = .fixed, fault: @escaping @Sendable (String) -> String?
    ) {
        self.init(
            name: name, kind: .string, summary: summary, runtimeName: runtime.name(name),
            isRepeatable: false,
            read: {
                let text = $0[keyPath: path]
                // Nothing is what stands there while nobody has said anything.
                return text.isEmpty && fault(text) != nil ? .unset : .string(text)
            },
            write: { (parameters, value) throws(ParameterError) in
                let text: String
                switch value {
                case .string(let given): text = given
                case .integer(let number): text = String(number)
                case .unset:
                    parameters[keyPath: path] = ""
                    return
                }
                if let words = fault(text) {
                    throw ParameterError(.type, "\(name) \(words), not \"\(text)\"")
                }
                parameters[keyPath: path] = text
            })
    }
}
