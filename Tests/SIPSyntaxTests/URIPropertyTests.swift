import Basics
import SIPSyntax
import TestSupport
import Testing

/// Laws that hold for every URI, tried on random ones; a failing seed is a command line.
@Suite("Laws of URIs")
struct URIPropertyTests {
    private func pairs(_ text: String, _ range: ByteRange, isHeaders: Bool) -> [BuiltURI.Pair] {
        let bytes = Array(text.utf8)
        guard let uri = try? SIPURI(parsing: bytes.span) else { return [] }
        var found: [BuiltURI.Pair] = []
        var all =
            isHeaders ? uri.headerPairs(in: bytes.span) : uri.parameterPairs(in: bytes.span)
        while let pair = all.next() {
            found.append(
                BuiltURI.Pair(name: cut(text, pair.name) ?? "", value: cut(text, pair.value)))
        }
        return found
    }

    @Test(
        "what a URI was put together from is what is found in it", arguments: [1, 2, 3] as [UInt64])
    func parts(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<300 {
            let built = BuiltURI.random(&random)
            let text = built.text
            let uri = try with(text) { (bytes) throws(SyntaxError) in
                try SIPURI(parsing: bytes)
            }
            #expect(cut(text, uri.schemeRange) == built.scheme)
            #expect(cut(text, uri.user) == built.user, "\(text)")
            #expect(cut(text, uri.password) == built.password, "\(text)")
            #expect(cut(text, uri.host) == built.host, "\(text)")
            #expect(uri.port == built.port)
            #expect(uri.portOrDefault == built.port ?? (built.scheme == "sips" ? 5061 : 5060))
            #expect(pairs(text, uri.parameters, isHeaders: false) == built.parameters, "\(text)")
            #expect(pairs(text, uri.headers, isHeaders: true) == built.headers, "\(text)")
            #expect(cut(text, uri.whole) == text)
        }
    }

    @Test("a URI is the same as itself in another order and other case of what has none")
    func sameInOtherWords() {
        var random = SeededNumbers(seed: 7)
        for _ in 0..<400 {
            let built = BuiltURI.random(&random)
            var other = built
            other.scheme = built.scheme.uppercased()
            other.host =
                built.host.lowercased() == built.host
                ? built.host.uppercased() : built.host.lowercased()
            other.parameters.shuffle(using: &random)
            other.headers.shuffle(using: &random)
            for place in other.parameters.indices {
                other.parameters[place].name = other.parameters[place].name.uppercased()
                other.parameters[place].value = other.parameters[place].value?.lowercased()
            }
            #expect(equivalent(built.text, other.text) == true, "\(built.text) \(other.text)")
            #expect(equivalent(other.text, built.text) == true, "\(built.text) \(other.text)")
        }
    }

    @Test("an escape of a character without meaning of its own changes nothing")
    func escapedLetters() {
        var random = SeededNumbers(seed: 8)
        for _ in 0..<200 {
            var built = BuiltURI.random(&random)
            built.user = "b" + (built.user ?? "")
            var other = built
            other.user = "%62" + String((built.user ?? "").dropFirst())
            #expect(equivalent(built.text, other.text) == true)
            other.user = "%42" + String((built.user ?? "").dropFirst())
            #expect(equivalent(built.text, other.text) == false)
        }
    }

    @Test("a URI with one part changed is another one, whichever is asked first")
    func different() {
        var random = SeededNumbers(seed: 9)
        for _ in 0..<300 {
            let built = BuiltURI.random(&random)
            var others: [BuiltURI] = []
            func change(_ body: (inout BuiltURI) -> Void) {
                var other = built
                body(&other)
                others.append(other)
            }
            change { $0.user = ($0.user ?? "") + "x" }
            change { $0.host = "other.example.org" }
            change { $0.port = ($0.port ?? 0) ^ 1 }
            change { $0.scheme = $0.scheme == "sip" ? "sips" : "sip" }
            change { $0.parameters.append(.init(name: "transport", value: "tcp")) }
            change { $0.parameters.append(.init(name: "user", value: "phone")) }
            change { $0.parameters.append(.init(name: "maddr", value: "192.0.2.3")) }
            change { $0.headers.append(.init(name: "Subject", value: "x")) }
            if built.user != nil { change { $0.password = ($0.password ?? "") + "x" } }
            for other in others {
                #expect(equivalent(built.text, other.text) == false, "\(built.text) \(other.text)")
                #expect(equivalent(other.text, built.text) == false, "\(built.text) \(other.text)")
            }
        }
    }

    @Test("a parameter that only one has is no difference, unless it says where or how to send")
    func otherParameters() {
        var random = SeededNumbers(seed: 10)
        for _ in 0..<200 {
            let built = BuiltURI.random(&random)
            var other = built
            other.parameters.append(.init(name: "zz-own", value: "1"))
            #expect(equivalent(built.text, other.text) == true)
        }
    }

    @Test("a byte that no URI may hold makes it malformed, wherever it stands")
    func strangeBytes() {
        var random = SeededNumbers(seed: 11)
        for _ in 0..<60 {
            let text = Array(BuiltURI.random(&random).text.utf8)
            for byte: UInt8 in [0, 9, 10, 13, 32, 0x22, 0x3c, 0x3e, 0x5c, 0x5e, 0x7f, 0x80, 0xff] {
                let place = Int.random(in: 0...text.count, using: &random)
                var bytes = text
                bytes.insert(byte, at: place)
                let uri = try? SIPURI(parsing: bytes.span)
                #expect(
                    uri == nil, "\(byte) at \(place) of \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test("escapes that are cut off or hold no digits are malformed in every part")
    func brokenEscapes() {
        for broken in ["%", "%4", "%zz", "%4g", "%%41", "%-1"] {
            for text in [
                "sip:a\(broken)@h", "sip:a:b\(broken)@h", "sip:h;p=\(broken)", "sip:h;\(broken)=1",
                "sip:h?\(broken)=1", "sip:h?n=\(broken)", "sip:h;p\(broken)", "sips:\(broken)",
                "tel:1;p=\(broken)",
            ] {
                let bytes = Array(text.utf8)
                let uri = try? SIPURI(parsing: bytes.span)
                #expect(uri == nil, "\(text)")
            }
        }
    }

    @Test(
        "the transport of a URI is what its parameter and its scheme make of it",
        arguments: [
            ("sip:h", TransportProtocol?.some(.udp)), ("sips:h", .tls),
            ("sip:h;transport=TCP", .tcp),
            ("sips:h;transport=tcp", .tls), ("sips:h;transport=ws", .ws),
            ("sip:h;transport=tls", .tls), ("sip:h;TRANSPORT=sctp", .sctp),
            ("sip:h;transport=wss", .wss), ("sip:h;transport=dccp", nil),
            ("sip:h;transport", .udp), ("sips:h;transport=udp", .udp),
            ("sip:h;x=transport;transport=udp", .udp), ("sip:h;transport=tcp;transport=udp", .tcp),
        ])
    func transports(text: String, expected: TransportProtocol?) throws {
        let found = try with(text) { (bytes) throws(SyntaxError) in
            try SIPURI(parsing: bytes).transport(in: bytes)
        }
        #expect(found == expected)
    }
}

/// Escapes, on their own.
@Suite("Escaped text")
struct EscapedTextTests {
    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()".utf8)

    private func resolved(_ text: String) -> [UInt8] {
        var writer = ByteWriter()
        with(text) { EscapedText.write($0, into: &writer) }
        return Array(copying: writer.span)
    }

    @Test("every byte is escaped and resolved again, whatever may stay as it is")
    func everyByte() {
        for allowed in [Set<UInt8>(), Self.unreserved, Set(UInt8.min...UInt8.max)] {
            let bytes = Array(UInt8.min...UInt8.max)
            var escaped = ByteWriter()
            EscapedText.writeEscaped(
                bytes.span, isAllowed: { allowed.contains($0) }, into: &escaped)
            var again = ByteWriter()
            EscapedText.write(escaped.span, into: &again)
            let same = Array(copying: again.span) == bytes
            #expect(same)
            let length = escaped.count
            let kept = allowed.subtracting([UInt8(ascii: "%")]).count
            #expect(length == kept + 3 * (256 - kept))
        }
    }

    @Test("random bytes survive being escaped and resolved", arguments: [21, 22] as [UInt64])
    func roundTrip(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                bytes.append(UInt8.random(in: 0 ... .max, using: &random))
            }
            var escaped = ByteWriter()
            EscapedText.writeEscaped(
                bytes.span, isAllowed: { Self.unreserved.contains($0) }, into: &escaped)
            let digits = escaped.text
            #expect(resolved(digits) == bytes)
            let matches = with(digits) { one in
                with(digits.lowercased()) { EscapedText.matches(one, $0) }
            }
            #expect(matches)
        }
    }

    @Test("an escaped character equals the bare one only where it has no meaning of its own")
    func reserved() {
        for byte in UInt8(33)...126 where byte != UInt8(ascii: "%") {
            let bare = [byte]
            let escaped = Array("%\(String(byte, radix: 16))".utf8)
            let same = EscapedText.equals(bare.span, escaped.span)
            #expect(same == Self.unreserved.contains(byte), "\(byte)")
            let itself = EscapedText.equals(escaped.span, escaped.span)
            #expect(itself)
        }
    }

    @Test(
        "texts are compared with and without regard to case",
        arguments: [
            ("abc", "ABC", false, true), ("a%62c", "abc", true, true),
            ("a%42c", "abc", false, true), ("%3b", "%3B", true, true), (";", "%3b", false, false),
            ("", "", true, true), ("a", "", false, false), ("a", "aa", false, false),
            ("%", "%25", false, false), ("%4", "%4", true, true), ("%zz", "%ZZ", false, true),
            ("%c3%a9", "%C3%A9", true, true), ("%c3%a9", "%C3%89", false, false),
            ("[", "{", false, false), ("@", "`", false, false),
        ])
    func comparing(one: String, two: String, equal: Bool, matching: Bool) {
        let equals = with(one) { left in with(two) { EscapedText.equals(left, $0) } }
        #expect(equals == equal)
        let matches = with(one) { left in with(two) { EscapedText.matches(left, $0) } }
        #expect(matches == matching)
        let back = with(two) { left in with(one) { EscapedText.matches(left, $0) } }
        #expect(back == matching)
    }

    @Test("what is no escape stays as it is")
    func noEscapes() {
        for text in ["%", "%4", "%zz", "100%", "%%", "a%"] {
            #expect(resolved(text) == Array(text.utf8))
        }
        #expect(resolved("%2541") == Array("%41".utf8))
        #expect(resolved("%%41") == Array("%A".utf8))
    }
}
