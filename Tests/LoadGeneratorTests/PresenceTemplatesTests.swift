import Basics
import Foundation
import Testing

@testable import LoadGenerator

/// The text of one request of a presence load.
func presenceText(
    _ phase: PresencePhase, inserting inserted: String = "", version: UInt32 = 1,
    local: PeerAddress = PeerAddress(ipv4: 0x7f00_0001, port: 40_000),
    _ change: (inout PresencePlan) -> Void = { _ in }
) -> String {
    let templates = PresenceTemplates(plan: makePresencePlan(change), local: local, run: 0xabc)
    var writer = ByteWriter(capacity: 16)
    let values = MessageTemplate.Values(
        presentity: 42, dialog: 0x1f, version: version, sequence: 1_000_000_001,
        ticket: Ticket(slot: 1, generation: 2))
    let bytes = Array(inserted.utf8)
    templates.append(phase, values, inserting: bytes.span, to: &writer)
    return writer.text
}

@Suite("Requests of a presence load")
struct PresenceTemplatesTests {
    @Test("SUBSCRIBE outside a dialog (RFC 6665 4.1.2)")
    func subscribe() {
        #expect(
            presenceText(.subscribe) == """
                SUBSCRIBE sip:user0000042@example.com SIP/2.0\r
                Via: SIP/2.0/UDP 127.0.0.1:40000;rport;branch=z9hG4bKrl00000abc0000000100000002\r
                Max-Forwards: 70\r
                From: <sip:watcher0000031@example.com>;tag=0000001f-00000abc\r
                To: <sip:user0000042@example.com>\r
                Call-ID: 0000001f-00000abc@roost-load\r
                CSeq: 1000000001 SUBSCRIBE\r
                Contact: <sip:rl00000abc0000001f@127.0.0.1:40000>\r
                Event: presence\r
                Accept: application/pidf+xml\r
                Expires: 3600\r
                User-Agent: Roost-Load/1.0\r
                Content-Length: 0\r
                \r\n
                """)
    }

    @Test(
        "inside its dialog it goes to the server and has the server's tag (RFC 3261 12.2.1.1)",
        arguments: [(.refresh, "3600"), (.unsubscribe, "0")] as [(PresencePhase, String)])
    func inDialog(_ phase: PresencePhase, _ expires: String) {
        let text = presenceText(phase, inserting: ";tag=as-1")
        #expect(text.hasPrefix("SUBSCRIBE sip:127.0.0.1:9 SIP/2.0\r\n"))
        #expect(headField("To", text) == "<sip:user0000042@example.com>;tag=as-1")
        #expect(headField("Expires", text) == expires)
        // What stands behind the insertion has moved with it.
        #expect(headField("Call-ID", text) == "0000001f-00000abc@roost-load")
        #expect(headField("CSeq", text) == "1000000001 SUBSCRIBE")
        #expect(headField("Contact", text) == "<sip:rl00000abc0000001f@127.0.0.1:40000>")
    }

    @Test(
        "a document has the length it was asked for and says whose it is",
        arguments: [400, 500, 1_200])
    func publish(_ length: Int) {
        let text = presenceText(.publish) { $0.bodyBytes = length }
        let parts = text.components(separatedBy: "\r\n\r\n")
        #expect(parts.count == 2)
        #expect(parts[1].utf8.count == length)
        #expect(headField("Content-Length", text) == "\(length)")
        #expect(headField("Content-Type", text) == "application/pidf+xml")
        #expect(parts[1].contains("entity=\"sip:user0000042@example.com\""))
        #expect(parts[1].contains("rl-0000002a-00000001</note></tuple></presence>"))
        #expect(parts[1].filter { $0 == "<" }.count == parts[1].filter { $0 == ">" }.count)
    }

    @Test("the longest names fit into the shortest document")
    func longNames() {
        let text = presenceText(.publish) {
            $0.bodyBytes = 400
            $0.domain = String(repeating: "d", count: 40)
            $0.userPrefix = String(repeating: "u", count: 24)
        }
        #expect(text.components(separatedBy: "\r\n\r\n").last?.utf8.count == 400)
    }

    @Test("one state is open and the next one closed")
    func states() {
        #expect(presenceText(.change, version: 2).contains("<basic>open</basic>"))
        #expect(presenceText(.change, version: 3).contains("<basic>closed</basic>"))
    }

    @Test("a change names the entity tag, a removal has no body (RFC 3903 4.1)")
    func entityTags() {
        let tag = "SIP-If-Match: a.1\r\n"
        let change = presenceText(.change, inserting: tag)
        #expect(headField("SIP-If-Match", change) == "a.1")
        #expect(headField("User-Agent", change) == "Roost-Load/1.0")
        let removal = presenceText(.remove, inserting: tag)
        #expect(headField("SIP-If-Match", removal) == "a.1")
        #expect(headField("Expires", removal) == "0")
        #expect(removal.hasSuffix("Content-Length: 0\r\n\r\n"))
        #expect(headField("Content-Type", removal).isEmpty)
    }

    @Test("IPv6 addresses stand in brackets")
    func overIPv6() {
        let local = PeerAddress(high: 0, low: 1, port: 4_000)
        let text = presenceText(.subscribe, local: local)
        #expect(headField("Contact", text) == "<sip:rl00000abc0000001f@[::1]:4000>")
    }

    @Test("messages stand one behind the other, each with its own numbers")
    func several() {
        var template = MessageTemplate()
        template.text("a")
        template.place(.version)
        template.insertHere()
        template.text("b")
        template.place(.presentity)
        var writer = ByteWriter(capacity: 4)
        for (number, inserted) in [(1, ""), (2, "xyz"), (3, "-")] {
            let bytes = Array(inserted.utf8)
            let values = MessageTemplate.Values(
                presentity: number, version: UInt32(number), sequence: 0,
                ticket: Ticket(slot: 0, generation: 0))
            template.append(values, inserting: bytes.span, to: &writer)
        }
        #expect(
            writer.text
                == "a00000001b0000001" + "a00000002xyzb0000002" + "a00000003-b0000003")
        #expect(template.count == 17)
    }
}

@Suite("Tags of the server")
struct TagStoreTests {
    /// What is kept of a tag.
    private func kept(_ tag: String) -> String? {
        var store = TagStore(count: 3, prefix: ";tag=", suffix: "!")
        let bytes = Array(tag.utf8)
        guard store.set(1, bytes.span) else { return nil }
        #expect(!store.has(0) && store.has(1) && !store.has(2))
        return String(copying: store.insertion(1))
    }

    @Test("a tag comes back between its words")
    func words() { #expect(kept("a.1") == ";tag=a.1!") }

    @Test("an empty tag and one that is too long are refused")
    func limits() {
        #expect(kept("") == nil)
        #expect(kept(String(repeating: "t", count: Limits.loadTagBytesMax)) != nil)
        #expect(kept(String(repeating: "t", count: Limits.loadTagBytesMax + 1)) == nil)
    }

    @Test("a tag that is forgotten or refused leaves nothing behind")
    func clears() {
        var store = TagStore(count: 1, prefix: "<", suffix: ">")
        let bytes = Array("tag".utf8)
        var isKept = false
        #expect(String(copying: store.insertion(0)).isEmpty)
        isKept = store.set(0, bytes.span)
        #expect(isKept)
        store.clear(0)
        #expect(!store.has(0) && String(copying: store.insertion(0)).isEmpty)
        isKept = store.set(0, bytes.span)
        #expect(isKept)
        isKept = store.set(0, bytes.span.extracting(0..<0))
        #expect(!isKept)
        #expect(String(copying: store.insertion(0)).isEmpty)
    }
}
