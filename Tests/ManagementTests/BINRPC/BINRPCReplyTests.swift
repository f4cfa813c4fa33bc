import Basics
import JSONValue
import ModuleKit
import Synchronization
import Testing

@testable import Management

/// A result that is handed out in pieces of text, as streams do it.
final class TextPieces: ResultStream {
    private let pieces: Guarded<[String]>

    init(_ pieces: [String]) { self.pieces = Guarded(pieces.reversed()) }

    func produce(into writer: inout JSONWriter) -> Bool {
        let (piece, isLast) = pieces.withLock { pieces in (pieces.popLast(), pieces.isEmpty) }
        if let piece { writer.bytes.append(piece) }
        return !isLast
    }
}

/// All pages of a result, each as its values.
private func pages(_ outcome: RPCOutcome, limit: Int) throws -> [[BINRPCValue]] {
    let reply = BINRPCReply(outcome, limit: limit)
    var pages: [[BINRPCValue]] = []
    while true {
        let page = try #require(reply.nextPage())
        let bytes = Array(page.pieces.joined())
        #expect(bytes.count + BINRPCReplyBody.noteBytes <= limit || page.isLast)
        #expect(bytes.count <= limit)
        pages.append(try BINRPCReader.values(bytes.span))
        if page.isLast { return pages }
        try #require(pages.count < 10_000)
    }
}

@Suite("JSON results as BINRPC")
struct BINRPCReplyTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let json: String
        let values: [BINRPCValue]
        var testDescription: String { json }
    }

    static let examples: [Example] = [
        Example(json: "5", values: [.int(5)]), Example(json: "-1", values: [.int(-1)]),
        Example(json: "0.5", values: [.double(0.5)]), Example(json: "1e3", values: [.double(1000)]),
        Example(json: "true", values: [.int(1)]), Example(json: "false", values: [.int(0)]),
        Example(json: "null", values: [.string("<null string>")]),
        Example(json: #""a""#, values: [.string("a")]),
        Example(json: #""""#, values: [.string("")]),
        Example(json: #""a\"\\\n\t\u0001\u00e9b\/""#, values: [.string("a\"\\\n\t\u{1}éb/")]),
        Example(json: "[]", values: []), Example(json: "{}", values: [.structure([])]),
        Example(json: #"["a", 1, 0.5]"#, values: [.string("a"), .int(1), .double(0.5)]),
        Example(
            json: #"[{"A": 1}, {"A": 2}]"#,
            values: [.structure([.init("A", .int(1))]), .structure([.init("A", .int(2))])]),
        Example(
            json: #"{"L": [{"C": {"x": 1}}, {"C": {"x": 2}}]}"#,
            values: [
                .structure([
                    .init(
                        "L",
                        .structure([
                            .init("C", .structure([.init("x", .int(1))])),
                            .init("C", .structure([.init("x", .int(2))])),
                        ]))
                ])
            ]),
        Example(
            json: #"{"L": [1, "b", {}, [2], {"n": 3}, {"n": 4, "m": 5}, {"s": {}, "t": 6}]}"#,
            values: [
                .structure([
                    .init(
                        "L",
                        .structure([
                            .init(nil, .int(1)), .init(nil, .string("b")),
                            .init(nil, .structure([])),
                            .init(nil, .structure([.init(nil, .int(2))])), .init("n", .int(3)),
                            .init(nil, .structure([.init("n", .int(4)), .init("m", .int(5))])),
                            .init(
                                nil, .structure([.init("s", .structure([])), .init("t", .int(6))])),
                        ]))
                ])
            ]),
        Example(
            json: #"{"a": [], "b": {}, "a": 4294967296}"#,
            values: [
                .structure([
                    .init("a", .structure([])), .init("b", .structure([])),
                    .init("a", .double(4_294_967_296)),
                ])
            ]),
    ]

    @Test("a result has this form, on one line or on several", arguments: examples)
    func forms(example: Example) throws {
        let compact = try pages(.stream(TextPieces([example.json])), limit: 1_000)
        #expect(compact == [example.values])
        let spread = example.json.replacing(",", with: " ,\n\t")
        #expect(try pages(.stream(TextPieces([spread])), limit: 1_000) == [example.values])
    }

    @Test("nothing to say is an empty reply")
    func nothing() throws {
        #expect(try pages(.done, limit: 1_000) == [[]])
    }

    @Test("text that is no JSON ends the reply", arguments: ["\"a", "{\"a\": nil}", "[1, x]"])
    func broken(text: String) {
        let page = BINRPCReply(.stream(TextPieces([text])), limit: 1_000).nextPage()
        #expect(page == nil)
    }

    /// A dump in the shape of ul.dump, in pieces of some records.
    private func dump(_ count: Int) -> TextPieces {
        var pieces = [#"{"Domains":[{"Domain":{"Domain":"location","Size":1024,"AoRs":["#]
        for number in 0..<count {
            pieces.append(
                (number > 0 ? "," : "")
                    + #"{"Info":{"AoR":"u\#(number)","Contacts":["#
                    + #"{"Contact":{"Address":"sip:u\#(number)@192.0.2.1","Q":0.5}}]}}"#)
        }
        pieces.append(#"],"Stats":{"Records":\#(count),"Max-Slots":1}}}]}"#)
        return TextPieces(pieces)
    }

    /// The addresses within values, in their order.
    private func addresses(_ value: BINRPCValue) -> [String] {
        guard case .structure(let items) = value else { return [] }
        return items.flatMap { item in
            if item.name == "Address", case .string(let text) = item.value { return [text] }
            return addresses(item.value)
        }
    }

    @Test("pages hold each record once and in order", arguments: [300, 500, 1_000, 5_000, 100_000])
    func paging(limit: Int) throws {
        let found = try pages(.stream(dump(200)), limit: limit)
        let expected = (0..<200).map { "sip:u\($0)@192.0.2.1" }
        #expect(found.flatMap { $0.flatMap { addresses($0) } } == expected)
        #expect((found.count == 1) == (limit == 100_000))
        for page in found {
            // Each page has the way down to its records, and is a whole value.
            #expect(page.count == 1)
            let domain = page[0]["Domains"]?["Domain"]
            #expect(domain?["AoRs"] != nil || domain?["Stats"] != nil || page == found.last)
        }
        #expect(found[0][0]["Domains"]?["Domain"]?["Size"] == .int(1024))
        let stats = found.last?.first?["Domains"]?["Domain"]?["Stats"]
        #expect(stats?["Records"] == .int(200))
    }

    @Test("rows at the top are cut between rows")
    func rows() throws {
        let text = "[" + (0..<1_000).map { "\"row \($0)\"" }.joined(separator: ",") + "]"
        let found = try pages(.stream(TextPieces([text])), limit: 400)
        #expect(found.count > 20)
        #expect(found.flatMap { $0 } == (0..<1_000).map { .string("row \($0)") })
    }

    @Test("objects of several members stay whole across pages")
    func objects() throws {
        let items = (0..<200).map { #"{"n":\#($0),"text":"number \#($0)"}"# }
        let text = #"{"list":["# + items.joined(separator: ",") + "]}"
        let found = try pages(.stream(TextPieces([text])), limit: 500)
        let numbers = found.flatMap { page -> [BINRPCValue] in
            guard case .structure(let items)? = page.first?["list"] else { return [] }
            return items.compactMap { $0.name == nil ? $0.value["n"] : nil }
        }
        #expect(numbers == (0..<200).map { .int($0) })
    }

    @Test("an element that no page has room for is left out, and said to be")
    func large() throws {
        let huge = String(repeating: "x", count: 5_000)
        let text = #"{"list":["a","\#(huge)","b"]}"#
        let found = try pages(.stream(TextPieces([text])), limit: 600)
        let items = found.flatMap { page -> [BINRPCValue] in
            guard case .structure(let items)? = page.first?["list"] else { return [] }
            return items.map(\.value)
        }
        #expect(items.count == 3)
        #expect(items.first == .string("a") && items.last == .string("b"))
        guard case .string(let note) = items[1] else { return }
        #expect(note.hasPrefix("(left out: 500") && note.hasSuffix("more than one reply holds)"))
    }

    @Test("a single value that is too large is no reply")
    func tooLarge() {
        let huge = String(repeating: "x", count: 5_000)
        for text in ["\"\(huge)\"", #"{"a":"\#(huge)"}"#] {
            let page = BINRPCReply(.stream(TextPieces([text])), limit: 600).nextPage()
            #expect(page == nil)
        }
    }

    @Test("a reply of megabytes is one page when its client takes it")
    func megabytes() throws {
        let found = try pages(.stream(dump(20_000)), limit: 64 << 20)
        #expect(found.count == 1)
        #expect(found[0].flatMap { addresses($0) }.count == 20_000)
    }
}

@Suite("results as lines of text")
struct TextPartsTests {
    @Test(
        "a result has these lines",
        arguments: [
            ("5", "5\n"), (#""a:b,c""#, "a:b,c\n"), ("[]", ""), (#"["a", 1, 0.5]"#, "a\n1\n0.5\n"),
            (#"{"a": 1, "b": "x"}"#, "a:1,b:x\n"), (#"[{"a": 1}, {"a": 2}]"#, "a:1\na:2\n"),
            (#"{"t": "17:30, {x}"}"#, "t:17\\o30\\c \\bx\\e\n"),
            (#"{"a": {"b": 1, "c": [2, 3]}, "d": 4}"#, "a:{b:1,c:{2,3}},d:4\n"),
            (#"["two\nlines", "back\\slash"]"#, "two\\nlines\nback\\\\slash\n"),
        ])
    func lines(json: String, lines: String) {
        var parts = TextParts()
        var reader = JSONPartsReader()
        let text = Array(json.utf8)
        let place = reader.read(text.span, from: 0, into: &parts)
        #expect(place == text.count)
        #expect(parts.bytes.text == lines)
    }
}

@Suite("pages that are made ahead, and bounds of what is in them")
struct BINRPCAheadTests {
    private let text = "[" + (0..<200).map { "\"element \($0)\"" }.joined(separator: ",") + "]"

    private func values(_ reply: BINRPCReply, ahead: Bool) throws -> [BINRPCValue] {
        var found: [BINRPCValue] = []
        while true {
            if ahead {
                reply.makeAhead()
                reply.makeAhead()
            }
            let page = try #require(reply.nextPage())
            let bytes = Array(page.pieces.joined())
            found += try BINRPCReader.values(bytes.span)
            if page.isLast { return found }
        }
    }

    @Test("the same comes in the same order, whether pages are made ahead or not")
    func order() throws {
        let plain = BINRPCReply(.stream(TextPieces([text])), limit: 600)
        let early = BINRPCReply(.stream(TextPieces([text])), limit: 600)
        let expected = (0..<200).map { BINRPCValue.string("element \($0)") }
        #expect(try values(plain, ahead: false) == expected)
        #expect(try values(early, ahead: true) == expected)
    }

    @Test("a page that cannot be made is told when it is asked for, and not before")
    func impossible() {
        let text = "{\"a\": \"" + String(repeating: "x", count: 2_000) + "\"}"
        let reply = BINRPCReply(.stream(TextPieces([text])), limit: 600)
        reply.makeAhead()
        let isNone = reply.nextPage() == nil
        #expect(isNone)
    }

    @Test(
        "strings are cut at their bound, between two characters",
        arguments: [(5, "abcde"), (4, "abcd"), (3, "abc"), (0, ""), (9, "abcdefgh")])
    func strings(most: Int, expected: String) throws {
        var sizes = BINRPCSizes()
        sizes.stringBytesMax = most
        let reply = BINRPCReply(.value("abcdefgh"), limit: 600, sizes: sizes)
        #expect(try values(reply, ahead: false) == [.string(expected)])
        var umlaut = BINRPCSizes()
        umlaut.stringBytesMax = 2
        let other = BINRPCReply(.value("a\u{e9}b"), limit: 600, sizes: umlaut)
        #expect(try values(other, ahead: false) == [.string("a")])
    }

    @Test("an element beyond its bound is replaced by a line, and the others stay")
    func elements() throws {
        var sizes = BINRPCSizes()
        sizes.elementBytesMax = 50
        let long = String(repeating: "x", count: 100)
        let reply = BINRPCReply(
            .value(["first", .string(long), "last"]), limit: 600, sizes: sizes)
        let found = try values(reply, ahead: false)
        #expect(found.count == 3 && found.first == .string("first"))
        #expect(found.last == .string("last"))
        guard case .string(let line) = found[1] else {
            Issue.record("no line")
            return
        }
        #expect(line.hasPrefix("(left out: "))
    }
}
