import Basics
import SIPSyntax
import TestSupport

/// A URI put together from parts, so that what is found can be compared with what was written.
struct BuiltURI {
    /// A name, and a value if it has one.
    struct Pair: Hashable {
        var name: String
        var value: String?
        var text: String { value.map { "\(name)=\($0)" } ?? name }
    }

    var scheme = "sip"
    var user: String?
    var password: String?
    var host = "example.com"
    var port: UInt16?
    var parameters: [Pair] = []
    var headers: [Pair] = []

    /// The URI in one piece.
    var text: String {
        var text = scheme + ":"
        if let user {
            text += user + (password.map { ":" + $0 } ?? "") + "@"
        }
        text += host + (port.map { ":\($0)" } ?? "")
        text += parameters.map { ";" + $0.text }.joined()
        if !headers.isEmpty { text += "?" + headers.map(\.text).joined(separator: "&") }
        return text
    }

    private static let hosts = [
        "example.com", "a", "a-b.c.d", "192.0.2.1", "[2001:db8::1]", "[::]", "x1.local.",
        "UPPER.Example", "1a.b", "[::ffff:192.0.2.1]",
    ]
    private static let userPieces =
        Array("aZ09-_.!~*'()&=+$,;?/").map(String.init) + ["%41", "%20"]
    private static let passwordPieces =
        Array("mM0-_.!~*'()&=+$,").map(String.init) + ["%5f", "%00"]
    private static let parameterPieces =
        Array("qR7-_.!~*'()[]/:&+$").map(String.init) + ["%3B", "%c3%a9"]
    private static let headerPieces = Array("sT3-_.!~*'()[]/?:+$").map(String.init) + ["%0d"]

    private static func word(
        _ pieces: [String], _ lengths: ClosedRange<Int>, _ random: inout SeededNumbers
    ) -> String {
        var word = ""
        for _ in 0..<Int.random(in: lengths, using: &random) {
            word += pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }
        return word
    }

    /// One with random parts; its parameters and headers have names of their own each.
    static func random(_ random: inout SeededNumbers) -> BuiltURI {
        var uri = BuiltURI()
        if Bool.random(using: &random) { uri.scheme = "sips" }
        if Bool.random(using: &random) {
            uri.user = word(userPieces, 1...12, &random)
            if Bool.random(using: &random) { uri.password = word(passwordPieces, 0...8, &random) }
        }
        uri.host = hosts[Int.random(in: 0..<hosts.count, using: &random)]
        if Bool.random(using: &random) { uri.port = UInt16.random(in: 0 ... .max, using: &random) }
        for number in 0..<Int.random(in: 0...4, using: &random) {
            let value = Bool.random(using: &random) ? word(parameterPieces, 1...6, &random) : nil
            let name = "p\(number)" + word(parameterPieces, 0...3, &random)
            uri.parameters.append(Pair(name: name, value: value))
        }
        for number in 0..<Int.random(in: 0...3, using: &random) {
            let name = "h\(number)" + word(headerPieces, 0...3, &random)
            uri.headers.append(Pair(name: name, value: word(headerPieces, 0...6, &random)))
        }
        return uri
    }
}

/// Whether two URIs are the same; nil when one of them is none.
func equivalent(_ one: String, _ two: String) -> Bool? {
    let left = Array(one.utf8)
    let right = Array(two.utf8)
    guard let first = try? SIPURI(parsing: left.span), let second = try? SIPURI(parsing: right.span)
    else { return nil }
    return SIPURI.areEquivalent(first, in: left.span, second, in: right.span)
}
