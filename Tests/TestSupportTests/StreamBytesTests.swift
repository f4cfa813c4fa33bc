import Testing

@testable import TestSupport

@Suite("Messages of a stream")
struct StreamBytesTests {
    /// All messages that bytes hold, which come in pieces of a size.
    private func messages(_ text: String, pieces size: Int) -> [String] {
        let stream = StreamBytes()
        var found: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            stream.add(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let message = stream.message() {
                found.append(String(decoding: message, as: UTF8.self))
            }
        }
        return found
    }

    private static let plain = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"
    private static let long = "SIP/2.0 200 OK\r\nCONTENT-LENGTH:5\r\nVia: x\r\n\r\nhello"
    private static let compact = "SIP/2.0 200 OK\r\nL : 3\r\n\r\nabc"
    private static let bare = "SIP/2.0 200 OK\r\nVia: x\r\n\r\n"

    @Test("they are found however the bytes are cut", arguments: [1, 2, 3, 7, 64, 10_000])
    func pieces(_ size: Int) {
        let all = [Self.plain, Self.long, Self.compact, Self.bare, Self.plain]
        #expect(messages(all.joined(), pieces: size) == all)
    }

    @Test("they are found cut at random", arguments: 1...20)
    func random(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        let kinds = [Self.plain, Self.long, Self.compact, Self.bare]
        let all = (0..<20).map { _ in kinds.randomElement(using: &numbers) ?? Self.plain }
        #expect(messages(all.joined(), pieces: Int.random(in: 1...90, using: &numbers)) == all)
    }

    @Test("empty lines that keep a connection alive are passed over (RFC 5626 4.4.1)")
    func keepAlive() {
        #expect(
            messages("\r\n\r\n\(Self.plain)\r\n\(Self.long)\r\n", pieces: 5) == [
                Self.plain, Self.long,
            ])
    }

    @Test("a message that is not whole is kept until it is")
    func partial() {
        let stream = StreamBytes()
        stream.add(Array(Self.long.utf8.dropLast()))
        #expect(stream.message() == nil)
        #expect(stream.message() == nil)
        stream.add([UInt8(ascii: "o")])
        #expect(stream.message()?.count == Self.long.utf8.count)
        #expect(stream.message() == nil)
    }

    @Test("no bytes are no message", arguments: ["", "\r", "\r\n", "SIP", "\r\n\r\n"])
    func nothing(_ text: String) { #expect(messages(text, pieces: 1).isEmpty) }

    @Test(
        "a length beyond all bounds waits for a body that never comes",
        arguments: ["9223372036854775807", "2000000000"])
    func huge(_ length: String) {
        #expect(messages("SIP/2.0 200 OK\r\nl: \(length)\r\n\r\nx", pieces: 100).isEmpty)
    }

    @Test("a length that is no number is none", arguments: ["", "x", "99999999999999999999999"])
    func noNumber(_ length: String) {
        let text = "SIP/2.0 200 OK\r\nl: \(length)\r\n\r\n"
        #expect(messages(text, pieces: 100) == [text])
    }
}
