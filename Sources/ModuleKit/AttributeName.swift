/// The names of `$avp`: a text, or a number that is another name than the text of its digits.
public enum AttributeName {
    /// The name under which `AttributeList` keeps `name`, `s:name` or `i:5`.
    ///
    /// Nil for none: an empty name, or `i:` without a number. Numbers keep their prefix, so that
    /// `i:5` and `s:5` are two attributes, as in Kamailio.
    public static func parse(_ text: [UInt8]) -> [UInt8]? {
        guard text.count >= 2, text[1] == UInt8(ascii: ":") else {
            return text.isEmpty ? nil : text
        }
        let rest = Array(text[2...])
        switch text[0] {
        case UInt8(ascii: "s"): return rest.isEmpty ? nil : rest
        case UInt8(ascii: "i"): return ScriptNumber.convert(rest.span).map { number($0) }
        default: return text
        }
    }

    /// The name of a number.
    public static func number(_ number: Int) -> [UInt8] { Array("i:\(number)".utf8) }
}
