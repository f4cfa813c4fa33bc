extension FunctionRow {
    /// A function that documentation names and that cannot be had: a script that calls it is
    /// refused with the reason, where an unknown name would only be called unknown.
    public init(refused name: String, because reason: String) {
        self.name = name
        arguments = []
        routes = .any
        returns = "never"
        summary = "Refused: \(reason)"
        // The checker puts the name in front.
        let message = "refused: \(reason)"
        check = { (_, _) throws(ArgumentError) in throw ArgumentError(message) }
        bind = { (_, _, _) throws(ArgumentError) in throw ArgumentError(message) }
    }
}
