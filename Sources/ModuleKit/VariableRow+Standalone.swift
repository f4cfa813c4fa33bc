extension VariableRow {
    /// A variable that needs nothing of its module.
    ///
    /// One closure both checks a reference, when there is no module yet, and compiles it.
    public init(
        _ name: String, inner: Inner = .none, isWritable: Bool = false,
        accepts: VariableForms = [], _ summary: String,
        access: @escaping @Sendable (VariableReference) throws(ArgumentError) -> VariableAccess
    ) {
        self.init(
            name, inner: inner, isWritable: isWritable, accepts: accepts, summary,
            check: { (reference) throws(ArgumentError) in _ = try access(reference) },
            compile: { (_, reference) throws(ArgumentError) in try access(reference) })
    }
}

extension VariableReference {
    /// Refuses an index, for variables whose place stands within the parentheses or that have one
    /// value only.
    public func refuseIndex() throws(ArgumentError) {
        if index != nil { throw ArgumentError("$\(name) takes no index behind its name") }
    }

    /// The name in parentheses as one of a list of words.
    public func word<Word: RawRepresentable & CaseIterable>(
        _ type: Word.Type
    ) throws(ArgumentError) -> Word where Word.RawValue == String {
        let text = inner ?? ""
        if let word = Word(rawValue: text) { return word }
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        throw ArgumentError("there is no \"\(text)\"; there are \(words)")
    }
}

extension Argument where Value == VariableAccess {
    /// A pseudo-variable that the function reads, or writes where it can be written:
    /// `"$var(x)"`, in quotes.
    public static func pseudoVariable(_ name: String) -> Argument<VariableAccess> {
        Argument(name, expects: "pseudo-variable in quotes", isOptional: false) {
            (source, templates) throws(ArgumentError) in
            guard case .string(let text) = source else {
                throw ArgumentError("expected a pseudo-variable in quotes, such as \"$var(x)\"")
            }
            return .constant(try templates.variable(text))
        }
    }
}
