import Testing

/// What a transformation is applied to, as a test writes it.
enum TransformationInput: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral
{
    case null
    case integer(Int)
    case bytes([UInt8])

    init(stringLiteral value: String) { self = .bytes(Array(value.utf8)) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(nilLiteral: ()) { self = .null }
    init(arrayLiteral elements: UInt8...) { self = .bytes(elements) }

    /// As an expression of a script, a string in hexadecimal, so that it may hold any byte.
    var literal: String {
        switch self {
        case .null: return "$null"
        case .integer(let number): return "\(number)"
        case .bytes(let bytes):
            let digits = Array("0123456789abcdef")
            return "\""
                + bytes.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined() + "\""
        }
    }

    /// For the names of tests.
    var text: String {
        guard case .bytes(let bytes) = self else { return literal }
        return String(reflecting: String(decoding: bytes, as: UTF8.self))
    }
}

/// One row of a table: a value, transformations in braces, and what they make of it; nil for null.
struct TransformationCase: Sendable, CustomTestStringConvertible {
    let input: TransformationInput
    let chain: String
    let expected: String?

    init(_ input: TransformationInput, _ chain: String, _ expected: String?) {
        self.input = input
        self.chain = chain
        self.expected = expected
    }

    /// Makes a string of the hexadecimal digits.
    private var decoding: String {
        guard case .bytes = input else { return "" }
        return "$vn(s) = $(vn(s){s.decode.hexa});"
    }

    var testDescription: String { "\(input.text) \(chain)" }

    /// What a script gets, nil for null; `$var(two)`, `$var(neg)`, `$var(b)` are there to be used.
    func result() throws -> String? {
        let rig = try ScriptRig(
            """
            $var(two) = 2; $var(neg) = -1; $var(b) = "b"; $var(e) = ""; $vn(null) = $null;
            $vn(s) = \(input.literal); \(decoding)
            $vn(r) = $(vn(s)\(chain));
            if (defined $vn(r)) { note("=" + $vn(r)); } else { note("null"); }
            """)
        let line = try #require(try rig.run().first)
        return line == "null" ? nil : String(line.dropFirst())
    }
}
