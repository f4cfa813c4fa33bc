import Basics
import ModuleKit
import SIPSyntax
import Testing

/// The message of a context with its changes, as text with newlines.
private func rendered(_ context: ScriptContext, _ outgoing: ListeningSocket? = nil) -> String {
    var writer = ByteWriter()
    context.renderEdited(into: &writer, outgoing: outgoing)
    return writer.text.replacing("\r\n", with: "\n")
}

/// A context with a request that has header lines and a body.
private func context(_ lines: String, body: String = "") throws -> ScriptContext {
    let context = try kitContext()
    let text = """
        OPTIONS sip:bob@example.com SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3;branch=z9hG4bK1
        From: <sip:alice@example.org>;tag=a
        To: <sip:bob@example.com>
        Call-ID: c
        CSeq: 1 OPTIONS
        \(lines)

        \(body)
        """
    let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
    try context.message.load(bytes.span)
    return context
}

@Suite("Rendering a message with its changes")
struct RenderingTests {
    @Test("without changes a message is written as it came")
    func unchanged() throws {
        let context = try context("A: 1\nContent-Length: 2", body: "xy")
        #expect(rendered(context).hasSuffix("CSeq: 1 OPTIONS\nA: 1\nContent-Length: 2\n\nxy"))
    }

    @Test("bytes behind the body are left out")
    func behindBody() throws {
        let context = try context("Content-Length: 2", body: "xyz")
        #expect(rendered(context).hasSuffix("Content-Length: 2\n\nxy"))
    }

    @Test("the request URI is the one that the script has set, whatever was changed in the old one")
    func requestURI() throws {
        let context = try context("Content-Length: 0")
        let place = ByteRange(offset: 12, count: 3)
        let done1 = context.edits.replace(place, with: Array("X".utf8))
        #expect(done1)
        #expect(rendered(context).hasPrefix("OPTIONS sip:X@example.com SIP/2.0\n"))
        context.rewrittenURI = Array("sip:new@host".utf8)
        #expect(rendered(context).hasPrefix("OPTIONS sip:new@host SIP/2.0\nVia: "))
    }

    @Test(
        "Content-Length follows the body",
        arguments: [
            ("Content-Length: 2", "Content-Length: 5\n\nhello"),
            ("l: 2", "l: 5\n\nhello"), ("A: 1", "A: 1\nContent-Length: 5\n\nhello"),
        ])
    func length(line: String, expected: String) throws {
        let context = try context(line, body: "xy")
        context.edits.body = Array("hello".utf8)
        #expect(rendered(context).hasSuffix(expected))
    }

    @Test("insertions at the edges of the body are part of it, and counted")
    func edges() throws {
        let context = try context("Content-Length: 2", body: "xy")
        let body = context.message.body
        let done2 = context.edits.insert(Array("<".utf8), at: body.start)
        #expect(done2)
        let done3 = context.edits.insert(Array(">>".utf8), at: body.end)
        #expect(done3)
        let done4 = context.edits.insert(Array("A: 1\r\n".utf8), at: context.message.headers.end)
        #expect(done4)
        #expect(rendered(context).hasSuffix("Content-Length: 5\nA: 1\n\n<xy>>"))
    }

    @Test("a body that is replaced as a whole hides changes within the old one")
    func wholeBody() throws {
        let context = try context("Content-Length: 2", body: "xy")
        let done5 = context.edits.remove(ByteRange(offset: context.message.body.start, count: 1))
        #expect(done5)
        context.edits.body = []
        #expect(rendered(context).hasSuffix("Content-Length: 0\n\n"))
    }

    @Test("Record-Route stands first, and the sending socket decides how many there are")
    func recordRoute() throws {
        let context = try context("Record-Route: <sip:other;lr>\nContent-Length: 0")
        context.recordRoute = RecordRoute()
        let sockets = context.services.sockets
        #expect(
            rendered(context).contains(
                "OPTIONS\nRecord-Route: <sip:127.0.0.1;lr>\nRecord-Route: <sip:other;lr>\n"))
        #expect(
            rendered(context, sockets[1]).contains(
                """
                Record-Route: <sip:[::1]:5061;transport=tcp;r2=on;lr>
                Record-Route: <sip:127.0.0.1;r2=on;lr>
                Record-Route: <sip:other;lr>

                """))
        context.reset(origin: context.origin, now: context.now)
        #expect(context.recordRoute == nil)
    }

    @Test("a message without a socket of ours has no route of the sockets")
    func noSocket() throws {
        let context = try context("Content-Length: 0")
        context.reset(
            origin: Origin(
                transport: .udp, socket: .none, source: PeerAddress(ipv4: 1, port: 1)),
            now: context.now)
        context.recordRoute = RecordRoute()
        #expect(context.receivingSocket == nil)
        #expect(!rendered(context).contains("Record-Route"))
    }
}

@Suite("Applying changes")
struct ApplyingTests {
    @Test("the message is the changed one, and no change waits any more")
    func applied() throws {
        let context = try context("A: 1\nContent-Length: 2", body: "xy")
        context.rewrittenURI = Array("sip:new@host".utf8)
        #expect(context.addHeader(Array("B: 2".utf8), .after(Array("A".utf8))))
        #expect(context.replaceBody(Array("hello".utf8), contentType: Array("a/b".utf8)))
        #expect(context.applyChanges())
        #expect(context.edits.isEmpty)
        #expect(context.rewrittenURI == nil)
        #expect(context.string(.message(context.message.requestURI)) == "sip:new@host")
        #expect(context.string(.message(context.message.body)) == "hello")
        #expect(context.message.headerCount == 9)
        #expect(context.applyChanges())
    }

    @Test("what would be no message of the same kind is refused, and nothing changes")
    func refused() throws {
        let context = try context("Content-Length: 0")
        let before = rendered(context)
        #expect(context.removeField(0))
        let edited = rendered(context)
        #expect(!context.applyChanges())
        #expect(rendered(context) == edited)
        context.edits.removeAll()
        for text in ["", "x", "SIP/2.0 200 OK\r\n\r\n"] {
            let bytes = Array(text.utf8)
            let isReplaced = context.replaceMessage(bytes.span)
            #expect(!isReplaced)
        }
        #expect(rendered(context) == before)
    }

    @Test("a message that has become too long is refused")
    func tooLong() throws {
        let context = try context("Content-Length: 0")
        context.edits.body = Array(repeating: 65, count: Limits.messageBytesMax)
        #expect(!context.applyChanges())
        let body = Array(repeating: UInt8(65), count: Limits.messageBytesMax + 1)
        #expect(!context.replaceBody(body, contentType: []))
    }

    @Test("while a Record-Route waits, changes wait too")
    func waiting() throws {
        let context = try context("Content-Length: 0")
        context.recordRoute = RecordRoute()
        #expect(!context.applyChanges())
    }

    @Test("ranges that were found before are empty when they end behind the message")
    func staleRanges() throws {
        let context = try context("Content-Length: 2", body: "xy")
        let old = ScriptText.message(context.message.body)
        context.edits.body = []
        #expect(context.applyChanges())
        #expect(context.string(old) == "")
        let start = context.scratch.count
        context.appendToScratch(old)
        #expect(context.scratch.count == start)
    }

    @Test("messages are numbered, so that modules know what is stale")
    func numbers() throws {
        let context = try context("Content-Length: 0")
        let number = context.messageNumber
        context.replyBody = ReplyBody(contentType: [], bytes: [])
        context.reset(origin: context.origin, now: context.now)
        #expect(context.messageNumber == number + 1)
        #expect(context.replyBody == nil)
    }
}

@Suite("Adding and removing header fields")
struct HeaderAnchorTests {
    @Test(
        "each anchor has its place",
        arguments: [
            (HeaderAnchor.first, "SIP/2.0|X: y|Via"), (.last, "Length: 0|X: y|"),
            (.before(Array("to".utf8)), "tag=a|X: y|To"),
            (.after(Array("t".utf8)), "bob@example.com>|X: y|Call-ID"),
            (.before(Array("none".utf8)), "SIP/2.0|X: y|Via"),
            (.after(Array("none".utf8)), "Length: 0|X: y|"),
            (.inFrontOf(field: 1), "z9hG4bK1|X: y|From"), (.behind(field: 1), "tag=a|X: y|To"),
        ])
    func places(anchor: HeaderAnchor, expected: String) throws {
        let context = try context("Content-Length: 0")
        #expect(context.addHeader(Array("X: y".utf8), anchor))
        #expect(rendered(context).replacing("\n", with: "|").contains(expected))
    }

    @Test("a field goes with what was changed in it, and values are one line")
    func fields() throws {
        let context = try context("A: 1\nContent-Length: 0")
        #expect(context.replaceValue(ofField: 5, with: Array("2\r\nB: 3".utf8)))
        #expect(rendered(context).contains("\nA: 2  B: 3\n"))
        #expect(context.removeField(5))
        #expect(!rendered(context).contains("A:"))
        #expect(!context.addHeader(Array("no field".utf8), .last))
    }
}
