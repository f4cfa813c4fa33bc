import Basics
import Testing

@testable import SIPSyntax

/// The table of alphabets against the characters that RFC 3261 25.1 lists.
@Suite("Alphabets")
struct AlphabetTests {
    private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let digits = "0123456789"
    private static let alphanum = letters + digits
    private static let mark = "-_.!~*'()"
    private static let token = alphanum + "-.!%*_+`'~"

    private func check(_ alphabet: Alphabet, _ expected: ByteSet, _ name: String) {
        for byte in UInt8.min...UInt8.max where alphabet.contains(byte) != expected.contains(byte) {
            Issue.record("byte \(byte) of \(name)")
        }
    }

    @Test("tokens and words")
    func tokens() {
        check(.token, ByteSet(Self.token), "token")
        check(.word, ByteSet(Self.alphanum + "-.!%*_+`'~()<>:\\\"/[]?{}@"), "word")
        check(.displayWord, ByteSet(Self.token, beyond: true), "displayWord")
        check(.parameterValue, ByteSet(Self.token + "[]:/@"), "parameterValue")
        check(.blank, ByteSet(" \t"), "blank")
    }

    @Test("what a quoted string holds unescaped")
    func quoted() {
        var text = "\t"
        for byte in UInt8(32)...126 where byte != 34 && byte != 92 {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        check(.quotedText, ByteSet(text, beyond: true), "quotedText")
    }

    @Test("the parts of URIs")
    func uris() {
        let unreserved = Self.alphanum + Self.mark
        check(.uriUser, ByteSet(unreserved + "&=+$,;?/#"), "uriUser")
        check(.uriPassword, ByteSet(unreserved + "&=+$,"), "uriPassword")
        check(.uriParameter, ByteSet(unreserved + "[]/:&+$"), "uriParameter")
        check(.uriHeader, ByteSet(unreserved + "[]/?:+$"), "uriHeader")
        check(.uriAny, ByteSet(unreserved + ";/?:@&=+$,%#[]"), "uriAny")
        check(.scheme, ByteSet(Self.alphanum + "+-."), "scheme")
        check(.hostName, ByteSet(Self.alphanum + "-._"), "hostName")
        check(.phone, ByteSet(Self.digits + "abcdefABCDEF*#+-.()"), "phone")
    }

    @Test("what may stand around a URI")
    func frames() {
        var bracketed = ""
        var bare = ""
        for byte in UInt8(33)...126 {
            let scalar = Unicode.Scalar(byte)
            if !"<>\"".utf8.contains(byte) { bracketed.unicodeScalars.append(scalar) }
            if !"<>\"?,;".utf8.contains(byte) { bare.unicodeScalars.append(scalar) }
        }
        check(.bracketed, ByteSet(bracketed, beyond: true), "bracketed")
        check(.bare, ByteSet(bare, beyond: true), "bare")
    }

    @Test(
        "the keys of parameters are their names",
        arguments: [
            ("branch", ParameterKey.branch),
            ("RPORT", ParameterKey.rport),
            ("Received", ParameterKey.received),
            ("maddr", ParameterKey.maddr),
            ("ttl", ParameterKey.ttl),
            ("tag", ParameterKey.tag),
            ("Q", ParameterKey.q),
            ("expires", ParameterKey.expires),
            ("reg-id", ParameterKey.regID),
            ("methods", ParameterKey.methods),
            ("+sip.instance", ParameterKey.instance),
            ("id", ParameterKey.id),
        ])
    func keys(name: String, key: UInt64) {
        let bytes = Array(name.utf8)
        #expect(HeaderNameTable.word(bytes.span, 0, min(bytes.count, 8)) == key)
        let padded = Array((name + "          ").utf8)
        #expect(HeaderNameTable.word(padded.span, 0, min(bytes.count, 8)) == key)
    }

    @Test("linear white space includes folds, but no line end that nothing follows")
    func space() {
        for (text, passed) in [
            ("  x", 2), ("\t x", 2), ("\r\n x", 3), ("\n\tx", 2), (" \r\n  \r\n x", 8),
            ("\r\nx", 0),
            ("\r\n", 0), ("\rx", 0), ("\r x", 2), ("x", 0), ("", 0),
        ] {
            let bytes = Array(text.utf8)
            var cursor = Cursor(bytes.span)
            cursor.skipSpace()
            #expect(cursor.position == passed, "\(text.debugDescription)")
        }
    }

    @Test("quoted strings end at the first quote that is not escaped")
    func quotedStrings() throws {
        for (text, length) in [
            ("\"\"", 2), ("\"a b\" c", 5), ("\"a\\\"b\"", 6), ("\"\\\\\"x", 4), ("\"ü\"", 4),
            ("\"a\r\n b\"", 7), ("\"\\\u{0}\"", 4),
        ] {
            let bytes = Array(text.utf8)
            var cursor = Cursor(bytes.span)
            let range = try cursor.quotedString()
            #expect(range.count == length, "\(text.debugDescription)")
        }
        for text in [
            "", "a", "\"", "\"a", "\"\\", "\"\\\"", "\"\u{0}\"", "\"a\r\nb\"", "\"\\\r\"",
            "\"\\ü\"",
        ] {
            let bytes = Array(text.utf8)
            var cursor = Cursor(bytes.span)
            var failed = false
            do throws(SyntaxError) { _ = try cursor.quotedString() } catch { failed = true }
            #expect(failed, "\(text.debugDescription)")
        }
    }
}
