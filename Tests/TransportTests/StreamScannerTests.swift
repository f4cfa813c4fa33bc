import Basics
import Testing

@testable import Transport

@Suite struct StreamScannerTests {
    /// All steps for a text that is there whole.
    private func steps(_ text: String, acceptsMissingLength: Bool = false) -> [StreamScanner.Step] {
        var scanner = StreamScanner(acceptsMissingLength: acceptsMissingLength)
        var bytes = Array(text.utf8)
        var steps: [StreamScanner.Step] = []
        while true {
            let step = scanner.next(in: bytes.span)
            steps.append(step)
            switch step {
            case .message(let count), .ping(let count), .skip(let count):
                bytes.removeFirst(count)
            case .needMore, .malformed: return steps
            }
        }
    }

    @Test(
        "lengths are found in all their forms",
        arguments: [
            "Content-Length: 5", "content-length:5", "l: 5", "L :5", "CONTENT-LENGTH \t: \t5 ",
            "l: 005", "l: 5\r\nContent-Length: 5", "Subject: l: 9\r\nl:5",
        ])
    func lengths(field: String) {
        let text = "MESSAGE sip:a@b SIP/2.0\r\n\(field)\r\n\r\nhello"
        #expect(steps(text) == [.message(text.utf8.count), .needMore])
    }

    @Test(
        "lengths that say nothing clear are refused",
        arguments: [
            "l: ", "l: x", "l: 5 5", "l: 5x", "l: -1", "l: 5\r\nl: 6", "l", "Long: 5", "l5: 5",
        ])
    func badLengths(field: String) {
        let text = "MESSAGE sip:a@b SIP/2.0\r\n\(field)\r\n\r\nhello"
        #expect(steps(text) == [.malformed("Content-Length is missing or is no number")])
    }

    @Test("lengths beyond all bounds are refused", arguments: ["65536", "99999999999999999999999"])
    func longLengths(length: String) {
        let text = "MESSAGE sip:a@b SIP/2.0\r\nl: \(length)\r\n\r\nhello"
        #expect(steps(text) == [.malformed("the message is too long")])
    }

    @Test("the longest message passes, one byte more does not")
    func longest() {
        let head = "MESSAGE sip:a@b SIP/2.0\r\nl: 65000\r\nX: "
        let rest = Limits.messageBytesMax - 65_000 - head.utf8.count - 4
        for (extra, passes) in [(0, true), (1, false)] {
            let text =
                head + String(repeating: "x", count: rest + extra) + "\r\n\r\n"
                + String(repeating: "b", count: 65_000)
            let expected: [StreamScanner.Step] =
                passes
                ? [.message(Limits.messageBytesMax), .needMore]
                : [.malformed("the message is too long")]
            #expect(steps(text) == expected)
        }
    }

    @Test(
        "line ends between messages are pings or nothing",
        arguments: [
            ("\r\n\r\n", [StreamScanner.Step.ping(4), .needMore]),
            ("\r\n", [.needMore]), ("\r", [.needMore]), ("", [.needMore]),
            ("\r\n\r\n\r\n\r\n", [.ping(4), .ping(4), .needMore]),
            ("\r\nX", [.skip(2), .needMore]), ("\r\n\r\n\r\nX", [.ping(4), .skip(2), .needMore]),
        ])
    func pings(text: String, expected: [StreamScanner.Step]) {
        #expect(steps(text) == expected)
    }

    @Test("wherever the segments end, the messages are the same")
    func everySplit() {
        let text = "\r\n\r\n" + request(1, body: 9) + "\r\n" + request(2) + request(3, body: 1)
        let whole = steps(text).filter { $0 != .needMore }
        let bytes = Array(text.utf8)
        for split in 1..<bytes.count {
            var scanner = StreamScanner()
            var unread: [UInt8] = []
            var found: [StreamScanner.Step] = []
            for part in [bytes[..<split], bytes[split...]] {
                unread += part
                scan: while true {
                    let step = scanner.next(in: unread.span)
                    switch step {
                    case .message(let count), .ping(let count), .skip(let count):
                        unread.removeFirst(count)
                        found.append(step)
                    case .needMore, .malformed: break scan
                    }
                }
            }
            #expect(found == whole)
        }
    }

    @Test("a lone line end is no message that has begun")
    func loneLineEnd() {
        var scanner = StreamScanner()
        let lone: [UInt8] = [13, 10]
        #expect(scanner.next(in: lone.span) == .needMore)
        #expect(!scanner.isWithinMessage)
        let begun = lone + [77]
        #expect(scanner.next(in: begun.span) == .skip(2))
        let letter: [UInt8] = [77]
        #expect(scanner.next(in: letter.span) == .needMore)
        #expect(scanner.isWithinMessage)
    }
}
