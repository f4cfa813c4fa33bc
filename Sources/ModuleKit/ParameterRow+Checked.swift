extension ParameterRow {
    /// A string parameter whose value has a form of its own.
    ///
    /// `fault` says in words what is wrong with a value, for the line of the configuration that has
    /// it; nil when nothing is.
    public init(
        _ name: String, _ path: any WritableKeyPath<P, String> & Sendable, _ summary: String,
        fault: @escaping @Sendable (String) -> String?
    ) {
        self.init(
            name: name, kind: .string, summary: summary, runtimeName: nil, isRepeatable: false,
            read: { .string($0[keyPath: path]) },
            write: { (parameters, value) throws(ParameterError) in
                let text =
                    switch value {
                    case .string(let text): text
                    case .integer(let number): String(number)
                    case .unset: ""
                    }
                if let words = fault(text) {
                    throw ParameterError(.type, "\(name) \(words), not \"\(text)\"")
                }
                parameters[keyPath: path] = text
            })
    }
}
