/// What the plans of all loads refuse in the same words.
enum PlanCheck {
    /// Refuses a number outside its range, with the range in the message.
    static func number(
        _ name: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(LoadError) {
        guard !range.contains(value) else { return }
        throw LoadError(
            .badPlan, "\(name) is \(value), must be \(range.lowerBound) to \(range.upperBound)")
    }

    /// Only what needs no escape in a SIP URI (RFC 3261 25.1, unreserved) keeps the template valid.
    static func text(_ name: String, _ text: String) throws(LoadError) {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        guard isPlain, !text.isEmpty, text.utf8.count <= 128 else {
            throw LoadError(
                .badPlan, "\(name) is '\(text)', must be 1 to 128 letters, digits, '.', '-' or '_'")
        }
    }
}
