import TestSupport
import Testing

@testable import Basics
@testable import EventDocuments

/// XML comes from strangers: what they may not do, and how each attempt ends.
@Suite("Hostile XML")
struct HostileXMLTests {
    private static func check(_ bytes: [UInt8]) -> DocumentError? {
        failure { try PIDF.check(bytes.span) }
    }

    /// A document that is refused, and as what.
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let kind: DocumentError.Kind
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ kind: DocumentError.Kind) {
            self.name = name
            bytes = text.bytes
            self.kind = kind
        }

        init(_ name: String, _ bytes: [UInt8], _ kind: DocumentError.Kind) {
            self.name = name
            self.bytes = bytes
            self.kind = kind
        }
    }

    static let declared: [Attack] = [
        Attack(
            "a billion laughs",
            """
            <?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
            <!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
            <!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
            <presence>&lol3;</presence>
            """, .unsupported),
        Attack(
            "an external entity",
            """
            <!DOCTYPE p [<!ENTITY file SYSTEM "file:///etc/passwd">]>
            <presence>&file;</presence>
            """, .unsupported),
        Attack(
            "an external document type",
            "<!DOCTYPE p SYSTEM \"http://127.0.0.1:1/x.dtd\"><presence/>", .unsupported),
        Attack(
            "a parameter entity",
            "<!DOCTYPE p [<!ENTITY % a SYSTEM \"file:///dev/zero\">%a;]><presence/>",
            .unsupported),
        Attack(
            "a document type behind a comment",
            "<!-- <a> --><!DOCTYPE p []><presence/>", .unsupported),
        Attack("an entity that nobody declared", "<presence>&file;</presence>", .malformed),
        Attack(
            "UTF-7, in which brackets hide",
            "<?xml version='1.0' encoding='UTF-7'?><presence/>", .unsupported),
        Attack(
            "EBCDIC", "<?xml version=\"1.0\" encoding = \"IBM037\"?><presence/>", .unsupported),
        Attack(
            "UTF-16", [0xFF, 0xFE] + "<presence/>".utf8.flatMap { [$0, 0] }, .malformed),
    ]

    static let large: [Attack] = [
        Attack(
            "deep nesting",
            String(repeating: "<a>", count: 5_000) + String(repeating: "</a>", count: 5_000),
            .tooLarge),
        Attack(
            "many elements", "<a>" + String(repeating: "<b/>", count: 10_000) + "</a>", .tooLarge),
        Attack(
            "many attributes",
            "<a " + (0..<5_000).map { "a\($0)=''" }.joined(separator: " ") + "/>", .tooLarge),
        Attack(
            "many namespaces",
            "<a " + (0..<1_000).map { "xmlns:n\($0)='u:\($0)'" }.joined(separator: " ") + "/>",
            .tooLarge),
        Attack(
            "a long document",
            "<a>" + String(repeating: "x", count: Limits.xmlBytesMax) + "</a>", .tooLarge),
    ]

    static let broken: [Attack] = [
        Attack("nothing", "", .malformed),
        Attack("no XML", "Messages-Waiting: yes\r\n", .malformed),
        Attack("white space", " \r\n\t", .malformed),
        Attack("a declaration only", "<?xml version=\"1.0\"?>", .malformed),
        Attack("a declaration without end", "<?xml version=\"1.0\"", .malformed),
        Attack("a comment without end", "<a><!-- </a>", .malformed),
        Attack("CDATA without end", "<a><![CDATA[</a>", .malformed),
        Attack("an instruction without end", "<a><? </a>", .malformed),
        Attack("a tag without end", "<presence", .malformed),
        Attack("an attribute without end", "<presence entity=\"x></presence>", .malformed),
        Attack("an element without end", "<presence>", .malformed),
        Attack("tags that cross", "<a><b></a></b>", .malformed),
        Attack("two roots", "<a/><b/>", .malformed),
        Attack("text behind the root", "<a/>b", .malformed),
        Attack("an attribute twice", "<a b='1' b='2'/>", .malformed),
        Attack("a bracket in a value", "<a b='<'/>", .malformed),
        Attack("a NUL", "<a>\u{0}</a>", .malformed),
        Attack("a NUL behind the document", "<a/>\u{0}", .malformed),
        Attack("a control character", "<a>\u{1}</a>", .malformed),
        Attack("a control character by number", "<a>&#1;</a>", .malformed),
        Attack("invalid UTF-8", [60, 97, 62, 0xFF, 0xC3, 60, 47, 97, 62], .malformed),
        Attack(
            "an overlong NUL", Array("<a>".utf8) + [0xC0, 0x80] + Array("</a>".utf8), .malformed),
        Attack(
            "half a surrogate pair",
            Array("<a>".utf8) + [0xED, 0xA0, 0x80] + Array("</a>".utf8), .malformed),
    ]

    @Test("entities, document types and strange encodings are not looked at", arguments: declared)
    func declarations(_ attack: Attack) {
        #expect(Self.check(attack.bytes)?.kind == attack.kind)
    }

    @Test("what exceeds a bound is refused before the parser sees it", arguments: large)
    func bounds(_ attack: Attack) {
        #expect(Self.check(attack.bytes)?.kind == attack.kind)
    }

    @Test("what is not well-formed is refused", arguments: broken)
    func malformed(_ attack: Attack) {
        #expect(Self.check(attack.bytes)?.kind == attack.kind)
    }

    @Test("up to its bounds a document is taken")
    func largest() {
        let depth = Limits.xmlDepthMax
        let nested =
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        #expect(Self.check(nested.bytes) == nil)
        #expect(Self.check("<a>\(nested)</a>".bytes)?.kind == .tooLarge)
        let attributes = (0..<Limits.xmlAttributesMax).map { "a\($0)='>'" }.joined(separator: " ")
        #expect(Self.check("<a \(attributes)/>".bytes) == nil)
        #expect(Self.check("<a \(attributes) b=''/>".bytes)?.kind == .tooLarge)
        let wide = String(repeating: "<b/>", count: Limits.xmlElementsMax - 1)
        #expect(Self.check("<a>\(wide)</a>".bytes) == nil)
    }

    @Test(
        "what only looks like markup does not count",
        arguments: [
            "<a><!-- <!DOCTYPE x> <b <c --></a>",
            "<a><![CDATA[<!DOCTYPE x><b><c>]]></a>",
            "<?xml version=\"1.0\"?><?pi <!DOCTYPE ?><a/>",
            "<a b='<!DOCTYPE' />".replacing("<!", with: "&lt;!"),
            "<a b='>' c=\"/>\"/>",
            "\u{FEFF}<a/>", "<p:presence/>",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
            "<?xml version='1.0' encoding='utf-8' standalone='yes'?><a/>",
        ])
    func innocent(_ text: String) {
        #expect(Self.check(text.bytes) == nil)
    }

    @Test("an error names its line")
    func lines() {
        #expect(Self.check("<a>\n<b>\n</a>".bytes)?.line == 3)
        #expect(Self.check("<a>\n\n<!DOCTYPE x></a>".bytes)?.line == 3)
        #expect(Self.check("<a>\n<b".bytes)?.description.hasSuffix("line 2") == true)
        #expect(DocumentError(.tooLarge, "much").description == "tooLarge: much")
    }

    @Test("no mutation of a document brings the reader down")
    func mutations() {
        var random = SeededNumbers(seed: 20_261_121)
        let seeds = [
            Samples.presence(Samples.tuple("t", "open") + "<note xml:lang='en'>n</note>"),
            Samples.dialogs(("d", "early"), ("e", "confirmed")),
            Samples.rules(
                Samples.rule("<cr:identity><cr:one id='sip:a@b'/></cr:identity>", "allow")),
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a b=\"&b;\"><![CDATA[x]]><!-- y --><?z?></a>".bytes,
        ]
        var taken = 0
        for turn in 0..<4_000 {
            let bytes = random.mutation(of: seeds[turn % seeds.count])
            if Self.check(bytes) == nil { taken += 1 }
            _ = PIDF.compose([bytes, seeds[0]], withdrawn: bytes, presentity: "sip:a@b")
            _ = DialogInfo.compose([bytes], presentity: "sip:a@b")
            _ = RegistrationInfo.compose([bytes, bytes])
            _ = try? PresenceRules(parsing: bytes.span)
            _ = PIDF.isPresence(bytes.span)
        }
        #expect(taken > 0 && taken < 4_000)
    }
}

extension SeededNumbers {
    /// A document with a few bytes changed, taken out, doubled or cut off.
    mutating func mutation(of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place)
            case 3: bytes.insert(Array("<>&\"'/!?[]-".utf8)[place % 11], at: place)
            default: bytes.removeLast(min(bytes.count, place % 9))
            }
        }
        return bytes
    }
}
