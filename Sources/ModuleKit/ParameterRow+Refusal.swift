extension ParameterRow {
    /// A parameter that documentation names and that cannot be had: whoever sets it is told why,
    /// where an unknown name would only be called unknown.
    public init(refused name: String, because reason: String) {
        self.init(
            name: name, kind: .string, summary: "Refused: \(reason)", runtimeName: nil,
            isRepeatable: false, read: { _ in .unset },
            write: { (_, _) throws(ParameterError) in
                throw ParameterError(.type, "\(name) is refused: \(reason)")
            }, isRefused: true)
    }
}
