public import Basics

extension Argument where Value == VariableAccess {
    /// A pseudo-variable that the function reads and writes: `"$var(result)"`, in quotes.
    public static func variable(_ name: String) -> Argument<VariableAccess> {
        Argument(name, expects: "pseudo-variable", isOptional: false) {
            (source, templates) throws(ArgumentError) in
            guard case .string(let text) = source else {
                throw ArgumentError("expected a pseudo-variable in quotes, such as \"$var(x)\"")
            }
            let access = try templates.variable(text)
            guard access.write != nil else {
                throw ArgumentError("\"\(text)\" cannot be written")
            }
            return .constant(access)
        }
    }
}

extension Argument where Value == RegularExpression {
    /// A POSIX extended regular expression, compiled when the script is loaded.
    ///
    /// Case does not matter, and `^` and `$` match at line ends, as in all of Kamailio's text
    /// functions.
    public static func pattern(_ name: String) -> Argument<RegularExpression> {
        Argument(name, expects: "regular expression", isOptional: false) {
            (source, _) throws(ArgumentError) in
            guard case .string(let text) = source else {
                throw ArgumentError("expected a regular expression in quotes")
            }
            return .constant(try .linewise(text))
        }
    }
}

extension RegularExpression {
    /// An expression that works line by line and takes no notice of case; the error is one that
    /// the author of the script understands.
    public static func linewise(_ pattern: String) throws(ArgumentError) -> RegularExpression {
        do {
            return try RegularExpression(pattern, ignoresCase: true, byLines: true)
        } catch {
            throw ArgumentError("\"\(pattern)\" is no regular expression: \(error.message)")
        }
    }
}
