import Testing

/// `#expect` for expressions that call a noncopyable value, which the macro cannot take apart.
func check(
    _ condition: Bool, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(condition, comment, sourceLocation: sourceLocation)
}
