extension ParameterRow {
    /// A string parameter that `modparam` may name several times, each value checked when the
    /// configuration is read: errors have file and line.
    public init(
        _ name: String, list path: any WritableKeyPath<P, [String]> & Sendable,
        _ summary: String, check: @escaping @Sendable (String) throws(ArgumentError) -> Void
    ) {
        self.init(
            name: name, kind: .string, summary: summary, runtimeName: nil, isRepeatable: true,
            read: { .string($0[keyPath: path].joined(separator: ",")) },
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
}
