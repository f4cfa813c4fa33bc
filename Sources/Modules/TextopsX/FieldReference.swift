internal import Basics
internal import ModuleKit

/// What the functions on values of header fields name: `Name`, `Name[2]`, `Name[*].param`.
struct FieldReference: Sendable {
    /// Which of the values.
    enum Index: Sendable, Hashable {
        /// None is said.
        case none
        /// One of them, from 1; -1 is the last.
        case number(Int)
        /// All of them.
        case all
    }

    /// The name of the header field.
    let name: [UInt8]
    /// Which of its values.
    let index: Index
    /// The parameter of the value; nil for the value itself.
    let parameter: [UInt8]?

    /// Reads a reference.
    init(_ text: String, allowsParameter: Bool) throws(ArgumentError) {
        let failure = ArgumentError(
            "\"\(text)\" is no header field: Name, Name[2] and Name[*].parameter are")
        var rest = Array(text.utf8)[...]
        name = Array(rest.prefix { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: ".") })
        rest = rest.dropFirst(name.count)
        // A name that is no token could never be a header field (RFC 3261 25.1), so the script has
        // a typing error.
        guard SIPToken.isToken(name) else { throw failure }
        if rest.first == UInt8(ascii: "[") {
            let inner = rest.dropFirst().prefix { $0 != UInt8(ascii: "]") }
            rest = rest.dropFirst(inner.count + 1)
            guard rest.first == UInt8(ascii: "]") else { throw failure }
            rest = rest.dropFirst()
            if inner.elementsEqual([UInt8(ascii: "*")]) {
                index = .all
            } else {
                // Values count from 1, as in Kamailio; 0 would be a mistake that hits the wrong
                // value.
                guard let number = Int(String(decoding: inner, as: UTF8.self)), number != 0 else {
                    throw failure
                }
                index = .number(number)
            }
        } else {
            index = .none
        }
        guard rest.first == UInt8(ascii: ".") else {
            guard rest.isEmpty else { throw failure }
            parameter = nil
            return
        }
        parameter = Array(rest.dropFirst())
        // Functions that add values have no parameter to add to.
        guard allowsParameter, SIPToken.isToken(rest.dropFirst()) else { throw failure }
    }

    /// The places of the values that are meant; without an index the first one.
    func places(_ count: Int) -> Range<Int> {
        let place: Int
        switch index {
        case .all: return 0..<count
        case .none: place = 0
        case .number(let number): place = number > 0 ? number - 1 : count + number
        }
        return (0..<count).contains(place) ? place..<(place + 1) : 0..<0
    }
}

/// One parameter within a value of a header field.
struct ValueParameter {
    /// The parameter with the separator and blanks in front of it.
    var whole: ByteRange
    /// The name, with `=` and value if it has one.
    var text: ByteRange

    /// Finds a parameter in a value: `;name=value`, or `name=value` between commas in credentials.
    static func find(
        _ name: [UInt8], _ bytes: Span<UInt8>, in value: ByteRange, isCredentials: Bool
    ) -> ValueParameter? {
        // RFC 3261 25.1: parameters of credentials stand between commas, all others behind `;`.
        let separator = UInt8(ascii: isCredentials ? "," : ";")
        var (isQuoted, isBracketed) = (false, false)
        var start: Int? = isCredentials ? scheme(bytes, value) : nil
        var place = start ?? value.start
        while place <= value.end {
            let byte = place < value.end ? bytes[place] : separator
            if place < value.end {
                // What stands in quotes, or in the URI between angle brackets, separates nothing.
                if byte == 34 { isQuoted.toggle() }
                if byte == 60, !isQuoted { isBracketed = true }
                if byte == 62, !isQuoted { isBracketed = false }
            }
            if byte == separator, place == value.end || !(isQuoted || isBracketed) {
                if let start, let found = read(name, bytes, start, place) { return found }
                start = place
            }
            place += 1
        }
        return nil
    }

    /// Offset of the blank behind the scheme of credentials.
    private static func scheme(_ bytes: Span<UInt8>, _ value: ByteRange) -> Int {
        var place = value.start
        while place < value.end, bytes[place] != 32 { place += 1 }
        return place
    }

    /// Reads the parameter from its separator to the next one; nil when its name is another.
    private static func read(
        _ name: [UInt8], _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) -> ValueParameter? {
        // Blanks may stand behind the separator (RFC 3261 7.3.1).
        var from = min(start + 1, end)
        while from < end, bytes[from] == 32 || bytes[from] == 9 { from += 1 }
        guard from + name.count <= end,
            bytes.extracting(from..<(from + name.count)).matches(name.span),
            from + name.count == end || !SIPToken.contains(bytes[from + name.count])
        else { return nil }
        return ValueParameter(
            whole: ByteRange(offset: start, count: end - start),
            text: ByteRange(offset: from, count: end - from))
    }
}
