extension ParameterRow {
    /// A switch of something that cannot be had: 0 is accepted, and whoever sets another value is
    /// told why.
    public init(offOnly name: String, because reason: String) {
        self.init(
            name: name, kind: .integer(0...0), summary: "Only 0: \(reason).", runtimeName: nil,
            isRepeatable: false, read: { _ in .integer(0) },
            write: { (_, value) throws(ParameterError) in
                guard value == .integer(0) || value == .string("0") else {
                    throw ParameterError(.range, "\(name) can only be 0: \(reason)", bounds: 0...0)
                }
            })
    }
}
