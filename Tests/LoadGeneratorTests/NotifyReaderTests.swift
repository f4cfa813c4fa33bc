import Basics
import Foundation
import Testing

@testable import LoadGenerator

/// A NOTIFY to dialog 5 of run 0xabc, as a server writes it.
private func notify(
    _ state: String = "active;expires=60", body: String = "", length: String? = nil,
    uri: String = "sip:rl00000abc00000005@127.0.0.1:9"
) -> String {
    "NOTIFY \(uri) SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
        + "f: <sip:user@example.com>;tag=s\r\nTo: <sip:watcher@example.com>;tag=w\r\n"
        + "CALL-ID : c5\r\nCSeq: 7 NOTIFY\r\nMax-Forwards: 70\r\nEvent: presence\r\n"
        + "Contact: <sip:127.0.0.1>\r\nSubscription-State: \(state)\r\n"
        + "Content-Length: \(length ?? "\(body.utf8.count)")\r\n\r\n\(body)"
}

/// What is read of it.
private func read(_ text: String) -> Notify? {
    let bytes = Array(text.utf8)
    return NotifyReader.read(bytes.span)
}

@Suite("Reading of NOTIFYs")
struct NotifyReaderTests {
    @Test("run, dialog, CSeq and state are read")
    func whole() throws {
        let found = try #require(read(notify()))
        #expect(found.run == 0xabc && found.dialog == 5 && found.sequence == 7)
        #expect(found.hasState && !found.isTerminated && found.document == .absent)
        #expect(found.branch != 0)
    }

    @Test(
        "the end of a subscription is seen in any case of letters",
        arguments: [("terminated;reason=timeout", true), ("TERMINATED", true), ("pending", false)])
    func ends(_ state: String, _ isTerminated: Bool) throws {
        let found = try #require(read(notify(state)))
        #expect(found.isTerminated == isTerminated)
    }

    @Test(
        "what is no NOTIFY to one of our Contacts is passed over",
        arguments: [
            "", "NOTIFY", "SIP/2.0 200 OK\r\nVia: x\r\n\r\n", notify(uri: "sip:other@127.0.0.1"),
            notify(uri: "sip:rl00000abc0000000x@127.0.0.1"),
            notify(uri: "sip:rl00000abc00000005;a=b"), notify().replacing("NOTIFY sip", with: "X"),
        ])
    func foreign(_ text: String) { #expect(read(text) == nil) }

    @Test("every part of a NOTIFY is read without a trap")
    func truncated() {
        let text = notify(body: "<note>rl-00000003-00000009</note>")
        for length in 0...text.utf8.count { _ = read(String(text.prefix(length))) }
    }

    @Test(
        "the mark at the end of a body says whose state it is",
        arguments: [
            ("<note>x rl-00000003-00000009</note></tuple></presence>\r\n", 3, 9),
            ("rl-00000001-0000000a", 1, 10), ("rl-00000001-00000002 rl-00000003-00000004", 3, 4),
        ] as [(String, UInt32, UInt32)])
    func marks(_ body: String, _ presentity: UInt32, _ version: UInt32) throws {
        let found = try #require(read(notify(body: body)))
        #expect(found.document == .state(presentity: presentity, version: version))
    }

    @Test(
        "a body without a mark, or of another length than it says, is unknown",
        arguments: [
            notify(body: "<presence/>"), notify(body: "rl-00000001-0000000"),
            notify(body: "rl-0000000g-00000001"),
            notify(body: "rl-00000001-00000002", length: "19"),
            notify(body: "rl-00000001-00000002" + String(repeating: " ", count: 1_100)),
            notify(length: "5"),
        ])
    func unknown(_ text: String) throws {
        let found = try #require(read(text))
        #expect(found.document == .unknown)
    }

    @Test("without Content-Length the datagram ends the body (RFC 3261 18.3)")
    func noLength() throws {
        let text = notify(body: "rl-00000001-00000002").replacing(
            "Content-Length: 20\r\n", with: "")
        let found = try #require(read(text))
        #expect(found.document == .state(presentity: 1, version: 2))
    }

    @Test("what is missing is missing")
    func missing() throws {
        let text = notify().replacing("CSeq", with: "X").replacing("Subscription-St", with: "Y")
        let found = try #require(read(text))
        #expect(found.sequence == nil && !found.hasState)
    }

    @Test("the reply repeats the fields of RFC 3261 8.2.6.2 as they came, in order")
    func reply() throws {
        let text = notify().replacing(
            "f: ", with: "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK0\r\nf: ")
        let bytes = Array(text.utf8)
        let read = NotifyReader.read(bytes.span)
        let found = try #require(read)
        var writer = ByteWriter(capacity: 16)
        found.appendReply(bytes.span, to: &writer, isKnown: true)
        #expect(
            writer.text == """
                SIP/2.0 200 OK\r
                Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r
                v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK0\r
                f: <sip:user@example.com>;tag=s\r
                To: <sip:watcher@example.com>;tag=w\r
                CALL-ID : c5\r
                CSeq: 7 NOTIFY\r
                Content-Length: 0\r
                \r\n
                """)
        writer.removeAll()
        found.appendReply(bytes.span, to: &writer, isKnown: false)
        #expect(writer.text.hasPrefix("SIP/2.0 481 Subscription does not exist\r\n"))
    }

    @Test("a NOTIFY that came over more proxies than a reply has room for is passed over")
    func proxies() {
        let via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK0\r\n"
        func over(_ count: Int) -> String {
            notify().replacing("f: ", with: String(repeating: via, count: count - 1) + "f: ")
        }
        #expect(read(over(8)) != nil)
        #expect(read(over(9)) == nil)
    }

    @Test("another branch is another message")
    func branches() throws {
        let first = try #require(read(notify()))
        let again = try #require(read(notify()))
        let second = try #require(read(notify().replacing("z9hG4bK1", with: "z9hG4bK2")))
        #expect(first.branch == again.branch && first.branch != second.branch)
    }
}

@Suite("Header lines and tags")
struct HeaderLinesTests {
    /// The text of what a finder finds.
    private func found(
        _ text: String, _ finder: (Span<UInt8>) -> ByteRange?
    ) -> String? {
        let bytes = Array(text.utf8)
        return finder(bytes.span).map { String(copying: bytes.span.extracting($0.indices)) }
    }

    @Test("lines end with CRLF or LF, the empty line ends them")
    func lines() {
        let bytes = Array("SIP/2.0 200 OK\r\nA: 1\nB:2 \r\n\r\nbody".utf8)
        var lines = HeaderLines(bytes.span)
        var values: [String] = []
        while let line = lines.next(bytes.span) {
            let value = HeaderLines.value(line, bytes.span)
            values.append(String(copying: bytes.span.extracting(value.indices)))
        }
        #expect(values == ["1", "2"])
        #expect(String(copying: bytes.span.extracting(lines.offset..<bytes.count)) == "body")
    }

    @Test(
        "the tag of To is found, wherever it stands",
        arguments: [
            ("To: <sip:a@b>;tag=xyz", "xyz"), ("t:<sip:a@b;x=1>;TAG=1.2-3;q=1", "1.2-3"),
            ("TO : sip:a@b;tag=z ", "z"), ("To: <sip:a@b>", nil), ("To: <sip:a@b>;tag=", nil),
            ("From: <sip:a@b>;tag=no", nil), ("Total: <sip:a@b>;tag=no", nil),
        ] as [(String, String?)])
    func dialogTags(_ line: String, _ tag: String?) {
        let text = "SIP/2.0 200 OK\r\nVia: x\r\n\(line)\r\nCSeq: 1 X\r\n\r\n"
        #expect(found(text) { TagFinder.dialogTag($0) } == tag)
    }

    @Test(
        "the entity tag is the whole value",
        arguments: [
            ("SIP-ETag: a.1.2", "a.1.2"), ("sip-etag:x", "x"), ("SIP-ETag:  ", nil),
            ("SIP-ETags: x", nil),
        ] as [(String, String?)])
    func entityTags(_ line: String, _ tag: String?) {
        let text = "SIP/2.0 200 OK\r\n\(line)\r\n\r\nSIP-ETag: body"
        #expect(found(text) { TagFinder.entityTag($0) } == tag)
    }

    @Test(
        "numbers are read up to 32 bits",
        arguments: [
            ("0", 0), ("42 NOTIFY", 42), ("4294967295", 4_294_967_295), ("4294967296", nil),
            ("99999999999999999999999", nil), ("", nil), ("x1", nil),
        ] as [(String, UInt32?)])
    func numbers(_ text: String, _ number: UInt32?) {
        let bytes = Array(text.utf8)
        let range = ByteRange(offset: 0, count: bytes.count)
        #expect(HeaderLines.number(range, bytes.span) == number)
    }
}
