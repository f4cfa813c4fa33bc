import Basics
import EventDocuments
import Publications
import Testing

@testable import PUA

@Suite("Module pua: bodies")
struct PUABodyTests {
    private func prepared(
        _ body: String, _ event: PUAEvent, version: Int = 3, tuple: String? = nil,
        _ change: (inout PUAParameters) -> Void = { _ in }
    ) throws -> String? {
        var parameters = PUAParameters()
        change(&parameters)
        let package = try #require(PUABodies.packages(parameters)[event])
        let facts = BodyFacts(
            version: version, tupleID: tuple.map { Array($0.utf8) }, freshID: Array("fresh".utf8))
        let bytes = Array(body.utf8)
        let made = try #require(package.prepare)(bytes.span, facts)
        return made.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test(
        "tuples and persons get ids where they have none",
        arguments: [
            ("<presence><tuple/></presence>", "<presence><tuple id=\"fresh\"/></presence>"),
            (
                "<p:presence xmlns:p='u'><p:tuple></p:tuple></p:presence>",
                "<p:presence xmlns:p='u'><p:tuple id=\"fresh\"></p:tuple></p:presence>"
            ),
            ("<presence><tuple id='a'/></presence>", "<presence><tuple id='a'/></presence>"),
            (
                "<presence><tuple/><tuple/><person/></presence>",
                "<presence><tuple id=\"fresh\"/><tuple id=\"fresh-1\"/><person id=\"fresh-2\"/>"
                    + "</presence>"
            ),
            (
                "<presence><!-- <tuple/> --><tuple id='b'/><![CDATA[<tuple/>]]></presence>",
                "<presence><!-- <tuple/> --><tuple id='b'/><![CDATA[<tuple/>]]></presence>"
            ),
        ])
    func tuples(body: String, expected: String) throws {
        #expect(try prepared(body, .presence) == expected)
    }

    @Test(
        "what has no tuple or is no XML cannot be published",
        arguments: ["<presence/>", "", "hello", "<presence><tuple></presence>", "<tuple"])
    func noTuple(body: String) throws {
        #expect(try prepared(body, .presence) == nil)
    }

    @Test("the id of the publications before is used again")
    func sameTuple() throws {
        let body = "<presence><tuple/></presence>"
        #expect(try prepared(body, .presence, tuple: "old")?.contains("id=\"old\"") == true)
    }

    @Test(
        "versions are written where a parameter asks for them, and always for shared lines",
        arguments: [
            (PUAEvent.dialog, "dialog-info", false, false, false),
            (.dialog, "dialog-info", true, false, true),
            (.registration, "reginfo", true, false, false),
            (.registration, "reginfo", false, true, true),
            (.sharedLine, "dialog-info", false, false, true),
        ])
    func versions(
        event: PUAEvent, root: String, dialogs: Bool, registrations: Bool, isWritten: Bool
    ) throws {
        let body = "<?xml version=\"1.0\"?>\n<\(root) xmlns=\"u\" version=\"0\" state=\"full\"/>"
        let made = try prepared(body, event, version: 12) {
            $0.numbersDialogs = dialogs
            $0.numbersRegistrations = registrations
        }
        let expected = body.replacing("version=\"0\"", with: "version=\"12\"")
        #expect(made == (isWritten ? expected : body))
    }

    @Test("a version that is missing is added, and another root is refused")
    func oddRoots() throws {
        let number: (inout PUAParameters) -> Void = { $0.numbersRegistrations = true }
        #expect(
            try prepared("<reginfo state='full'/>", .registration, number)
                == "<reginfo version=\"3\" state='full'/>")
        #expect(try prepared("<dialog-info version='0'/>", .registration, number) == nil)
        #expect(try prepared("nothing", .registration, number) == nil)
    }

    @Test("watchers' information and XCAP changes are not published")
    func unpublished() {
        let table = PUABodies.packages(PUAParameters())
        #expect(table[.watcherInfo]?.prepare == nil)
        #expect(table[.documentChanges]?.prepare == nil)
    }
}
