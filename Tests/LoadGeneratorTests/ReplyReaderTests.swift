import Basics
import Testing

@testable import LoadGenerator

@Suite("Reading of replies")
struct ReplyReaderTests {
    private static let branch = "z9hG4bKrl00000abc0000000700000009"
    private static let ticket = Ticket(slot: 7, generation: 9)

    private func read(_ text: String, acceptsEcho: Bool = false) -> ReplyReader.Reply? {
        let bytes = Array(text.utf8)
        return ReplyReader(run: 0xabc, acceptsEcho: acceptsEcho).read(bytes.span)
    }

    private func reply(_ status: String, _ branch: String = branch) -> String {
        "SIP/2.0 \(status)\r\nVia: SIP/2.0/UDP 127.0.0.1:4000;branch=\(branch);rport=4000\r\n\r\n"
    }

    @Test(
        "status and ticket are read",
        arguments: [("100 Trying", 100), ("200 OK", 200), ("423 x", 423), ("699 y", 699)])
    func statuses(_ line: String, _ status: Int) {
        #expect(read(reply(line)) == ReplyReader.Reply(status: status, ticket: Self.ticket))
    }

    @Test(
        "what is no reply of this run is passed over",
        arguments: [
            "", "SIP/2.0 200 OK\r\n\r\n", "SIP/2.0 200", "SIP/2.0 2x0 OK\r\nVia: \(branch)\r\n",
            "SIP/2.0 700 OK\r\nVia: \(branch)\r\n", "SIP/2.0 099 OK\r\nVia: \(branch)\r\n",
            "SIP/2.0 200 OK\r\nVia: z9hG4bKrl00000abd0000000700000009\r\n",
            "SIP/2.0 200 OK\r\nVia: z9hG4bKrl00000ABC0000000700000009\r\n",
            "SIP/2.0 200 OK\r\nVia: z9hG4bKrl00000abc00000007000000",
            "SIP/2.0 200 OK\r\nVia: z9hG4bKxx00000abc0000000700000009\r\n",
        ])
    func foreign(_ text: String) { #expect(read(text) == nil) }

    @Test("a branch right at the end is read")
    func atTheEnd() {
        #expect(read("SIP/2.0 200 OK\r\nVia: \(Self.branch)") != nil)
    }

    @Test("a false start of the mark does not hide the true one")
    func falseStart() {
        #expect(read("SIP/2.0 200 OK\r\nVia: zzz9hG4z9hG4bKrz\(Self.branch)\r\n") != nil)
    }

    @Test("a branch behind the first kilobyte is not looked for")
    func bounded() {
        let padding = String(repeating: "x", count: ReplyReader.searchBytesMax)
        #expect(read("SIP/2.0 200 OK\r\nX: \(padding)\r\nVia: \(Self.branch)\r\n") == nil)
    }

    @Test("an echo counts as 200 when it is wanted and else not at all")
    func echo() {
        let text =
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=\(Self.branch)\r\n"
        #expect(read(text) == nil)
        #expect(read(text, acceptsEcho: true)?.status == 200)
    }

    @Test("what the template writes, the reader finds")
    func roundTrip() {
        let ticket = Ticket(slot: 65_535, generation: 0xdead_beef)
        let text = requestText(makePlan(), binding: 3, ticket: ticket)
        #expect(read(text, acceptsEcho: true)?.ticket == ticket)
    }

    @Test("no reply that was cut off anywhere stops the program")
    func truncated() {
        let whole = Array(reply("200 OK").utf8)
        for count in 0..<whole.count {
            let part = Array(whole[..<count])
            _ = ReplyReader(run: 0xabc, acceptsEcho: true).read(part.span)
        }
    }
}

@Suite("Framing of a stream")
struct StreamFramerTests {
    /// Feeds `text` in pieces of `size` bytes and returns the messages that come out.
    private func messages(_ text: String, pieces size: Int) -> (texts: [String], isBroken: Bool) {
        var framer = StreamFramer()
        var texts: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            unsafe framer.fill(piece.count) { buffer in
                for index in piece.indices { unsafe buffer[index] = piece[index] }
                return piece.count
            }
            while let range = framer.next() { texts.append(String(copying: framer.message(range))) }
        }
        return (texts, framer.isBroken)
    }

    private static let plain = "SIP/2.0 200 OK\r\nVia: x\r\nContent-Length: 0\r\n\r\n"
    private static let long = "SIP/2.0 200 OK\r\ncontent-LENGTH : 5\r\nVia: x\r\n\r\nhello"
    private static let compact = "SIP/2.0 200 OK\r\nl:3\r\n\r\nabc"

    @Test("messages are found however the bytes are cut", arguments: [1, 2, 7, 50, 1_000])
    func pieces(_ size: Int) {
        let all = [Self.plain, Self.long, Self.compact, Self.plain]
        #expect(messages(all.joined(), pieces: size).texts == all)
    }

    @Test("empty lines before a message are passed over")
    func emptyLines() {
        #expect(messages("\r\n\r\n\(Self.plain)", pieces: 3).texts == [Self.plain])
    }

    @Test("without Content-Length a message has no body")
    func noLength() {
        let text = "SIP/2.0 200 OK\r\nVia: x\r\n\r\n"
        #expect(messages(text + Self.plain, pieces: 9).texts == [text, Self.plain])
    }

    @Test(
        "what is no length breaks the stream",
        arguments: ["x", "", "-1", "99999999999999999999", "70000", "1 x"])
    func badLength(_ value: String) {
        let outcome = messages("SIP/2.0 200 OK\r\nContent-Length: \(value)\r\n\r\n", pieces: 100)
        #expect(outcome.isBroken)
        #expect(outcome.texts.isEmpty)
    }

    @Test("a header that never ends breaks the stream")
    func endless() {
        let text = "SIP/2.0 200 OK\r\n" + String(repeating: "X: y\r\n", count: 12_000)
        #expect(messages(text, pieces: 4_096).isBroken)
    }

    @Test("a long stream does not keep what was read")
    func longStream() {
        let text = String(repeating: Self.compact, count: 60_000)
        #expect(messages(text, pieces: 65_536).texts.count == 60_000)
    }
}
