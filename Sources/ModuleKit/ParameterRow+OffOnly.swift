extension ParameterRow {
    /// A switch of something that cannot be had: 0 is accepted, and whoever sets another value is
    /// told why.
    public init(offOnly name: String, because reason: String) {
        self.init(name, only: 0, because: reason)
    }

    /// A parameter that has one sensible value here: that value is accepted, since configuration
    /// files set it, and whoever sets another one is told why.
    public init(_ name: String, only wanted: Int, because reason: String) {
        self.init(
            name: name, kind: .integer(wanted...wanted), summary: "Only \(wanted): \(reason).",
            runtimeName: nil, isRepeatable: false, read: { _ in .integer(wanted) },
            write: { (_, value) throws(ParameterError) in
                guard value == .integer(wanted) || value == .string(String(wanted)) else {
                    throw ParameterError(
                        .range, "\(name) can only be \(wanted): \(reason)", bounds: wanted...wanted)
                }
            })
    }
}
