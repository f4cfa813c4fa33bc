import Basics
import SIPSyntax
import TestSupport
import Testing

/// Cutting a stream into messages, however it arrives.
@Suite("Stream framing")
struct StreamFramerTests {
    /// What came out of a framer, as text.
    enum Output: Equatable, Sendable {
        case message(String)
        case pong
        case fail(Int)
    }

    /// Feeds pieces into a framer and collects what it says.
    private func run(_ pieces: [String], acceptNoContentLength: Bool = false) -> [Output] {
        var framer = StreamFramer(capacity: 16, acceptNoContentLength: acceptNoContentLength)
        var output: [Output] = []
        for piece in pieces {
            let bytes = Array(piece.utf8)
            framer.append(bytes.span)
            loop: while true {
                switch framer.next() {
                case .wait: break loop
                case .message(let range): output.append(.message(String(copying: framer[range])))
                case .pong: output.append(.pong)
                case .fail(let error, _):
                    output.append(.fail(error.status))
                    return output
                }
            }
        }
        return output
    }

    private static let short = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"
    private static let compact = "OPTIONS sip:b SIP/2.0\r\nX: y\r\nl:0\r\n\r\n"
    private static let folded =
        "OPTIONS sip:c SIP/2.0\nContent-Length :\r\n 3\r\nX: l: 9\r\n\r\nabc"

    @Test("messages are cut by Content-Length, in whatever pieces they come")
    func pieces() {
        let all = Self.short + Self.compact + "\r\n" + Self.folded
        let expected: [Output] = [
            .message(Self.short), .message(Self.compact), .message(Self.folded),
        ]
        #expect(run([all]) == expected)
        for size in 1...all.utf8.count {
            var pieces: [String] = []
            var rest = Substring(all)
            while !rest.isEmpty {
                // A CR LF is one Character, so the text is cut by bytes.
                let head = rest.utf8.prefix(size)
                pieces.append(String(decoding: Array(head), as: UTF8.self))
                rest = Substring(rest.utf8.dropFirst(size))
            }
            #expect(run(pieces) == expected, "in pieces of \(size)")
        }
    }

    @Test("two line ends are a ping, one is nothing")
    func pings() {
        #expect(run(["\r\n\r\n"]) == [.pong])
        #expect(run(["\r\n", "\r\n"]) == [.pong])
        #expect(run(["\r", "\n", "\r", "\n"]) == [.pong])
        #expect(run(["\r\n\r\n\r\n\r\n"]) == [.pong, .pong])
        #expect(run(["\r\n"]) == [])
        #expect(run(["\r\n" + Self.compact]) == [.message(Self.compact)])
        #expect(run(["\r\n", Self.compact, "\r\n\r\n"]) == [.message(Self.compact), .pong])
        #expect(run(["\n\n" + Self.compact]) == [.message(Self.compact)])
        #expect(run(["\r\n\r\n" + Self.compact]) == [.pong, .message(Self.compact)])
    }

    @Test("a message without Content-Length ends the connection, or has no body if so configured")
    func noContentLength() {
        let text = "GET sip:a SIP/2.0\r\nX: y\r\n\r\n"
        #expect(run([text]) == [.fail(400)])
        #expect(
            run([text + Self.compact], acceptNoContentLength: true)
                == [.message(text), .message(Self.compact)])
    }

    @Test(
        "a Content-Length that is malformed or ambiguous ends the connection",
        arguments: [
            "Content-Length: -1",
            "Content-Length: x",
            "Content-Length:",
            "Content-Length: 1 2",
            "Content-Length: 1\r\nl: 2",
            "Content-Length: 99999999999999999999",
            "l: 1,1",
            "Content-Length: 1;x",
        ])
    func badContentLength(lines: String) {
        let output = run(["OPTIONS sip:a SIP/2.0\r\n\(lines)\r\n\r\nabc"])
        #expect(output == [.fail(400)])
    }

    @Test("the same Content-Length twice delimits the message; that it is malformed is found later")
    func twice() {
        let text = "OPTIONS sip:a SIP/2.0\r\nl: 1\r\nl: 1\r\n\r\nx"
        #expect(run([text]) == [.message(text)])
        #expect(fault(of: text)?.status == 400)
    }

    @Test("messages and header sections that are too long end the connection with 513")
    func limits() {
        #expect(run(["A a\r\nl: 65536\r\n\r\n"]) == [.fail(513)])
        let header =
            "OPTIONS sip:a SIP/2.0\r\nX: "
            + String(repeating: "y", count: StreamFramer.headersBytesMax)
        #expect(run([header]) == [.fail(513)])
        #expect(run([header + "\r\nl: 0\r\n\r\n"]) == [.fail(513)])
        let head = "A a\r\nl: 65000\r\n\r\n"
        let fits = head + String(repeating: "z", count: 65_000)
        #expect(run([fits]) == [.message(fits)])
    }

    @Test("a framer that failed keeps failing")
    func failed() {
        var framer = StreamFramer()
        let bad = Array("A a\r\n\r\n".utf8)
        framer.append(bad.span)
        guard case .fail(let error, let range) = framer.next() else {
            Issue.record("no failure")
            return
        }
        #expect(error.reason.description == "Content-Length is missing")
        #expect(Int(range.count) == bad.count)
        let good = Array(Self.compact.utf8)
        framer.append(good.span)
        #expect(framer.next() == .fail(error, .empty))
    }

    @Test("what was handed out is forgotten, what waits is counted")
    func pending() {
        var framer = StreamFramer(capacity: 16)
        let bytes = Array((Self.compact + "OPT").utf8)
        for _ in 0..<100 {
            framer.append(bytes.span)
            guard case .message = framer.next() else {
                // The rest of the round before stands in front: this is no message.
                break
            }
            #expect(framer.pendingBytes == 3)
            #expect(framer.next() == .wait)
            let rest = Array("IONS sip:x SIP/2.0\r\nl: 0\r\n\r\n".utf8)
            framer.append(rest.span)
            guard case .message(let range) = framer.next() else {
                Issue.record("no message")
                return
            }
            #expect(range.start == 0)
            #expect(framer.pendingBytes == 0)
        }
    }

    @Test("random bytes never trap and never yield more than came in")
    func random() {
        var generator = SeededNumbers(seed: 2026)
        let alphabet = Array("\r\n\r\n\r\nl:0 1A\r\nContent-Length: 5".utf8)
        for _ in 0..<300 {
            var framer = StreamFramer(
                capacity: 16, acceptNoContentLength: Bool.random(using: &generator))
            var came = 0
            var went = 0
            outer: for _ in 0..<20 {
                let count = Int.random(in: 0...40, using: &generator)
                let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
                framer.append(bytes.span)
                came += count
                while true {
                    let action = framer.next()
                    if case .message(let range) = action { went += framer[range].count }
                    if case .fail = action { break outer }
                    if action == .wait { break }
                }
            }
            #expect(went <= came)
        }
    }
}
