import Basics
import Foundation
import JSONValue
import Synchronization
import TestSupport
import Testing

@testable import RemoteControl

extension SeededNumbers {
    /// A JSON value that is at most `depth` deep, names and texts hostile to terminals included.
    fileprivate mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &self))
        case 3: return .double(Double(Int.random(in: -999...999, using: &self)) / 8 + 0.0625)
        case 4, 5: return .string(text())
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth: depth - 1) })
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &self)).map {
                    JSONValue.Member("m\($0)\(text())", value(depth: depth - 1))
                })
        }
    }

    private mutating func text() -> String {
        let pieces = ["a", " ", "\"", "\\", "\n", "\u{1b}[2J", "ä", "😀", "\u{202e}", "{", "]", ","]
        return (0..<Int.random(in: 0...5, using: &self))
            .map { _ in pieces.randomElement(using: &self) ?? "" }.joined()
    }
}

/// What is printed of an answer whose bytes come in pieces.
private func printed(
    _ result: JSONValue, asJSON: Bool, heldBytesMax: Int, pieces size: Int
) throws -> String {
    let output = Memory()
    var printer = AnswerPrinter(
        output, asJSON ? .json : .outline, heldBytesMax: heldBytesMax)
    let answer: JSONValue = ["jsonrpc": "2.0", "result": result, "id": 1]
    var rest = Array(answer.encoded().utf8)[...]
    while !rest.isEmpty {
        try printer.take(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
    }
    try printer.end()
    return output.text
}

@Suite("Answers made at random")
struct RandomAnswerTests {
    @Test("as JSON an answer is itself, held or as it comes, however it is cut", arguments: 1...40)
    func json(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let value = JSONValue.object([.init("v", numbers.value(depth: 4))])
        for (held, size) in [(1 << 20, 1_000), (0, 1), (0, 7), (10, 64)] {
            let text = try printed(value, asJSON: true, heldBytesMax: held, pieces: size)
            #expect(try JSONValue(parsing: text) == value, "\(held) \(size)")
            #expect(text.hasSuffix("\n"))
        }
    }

    @Test("for people nothing that moves the cursor passes, in either way", arguments: 1...40)
    func safe(_ seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed &+ 500)
        let value = JSONValue.array([numbers.value(depth: 3), numbers.value(depth: 3)])
        for held in [1 << 20, 0] {
            let text = try printed(value, asJSON: false, heldBytesMax: held, pieces: 5)
            for scalar in text.unicodeScalars where scalar != "\n" {
                #expect(scalar.value >= 0x20 && scalar.value != 0x202e && scalar.value != 0x7f)
            }
        }
    }

    @Test("bytes changed at random are an answer or an error, never a trap", arguments: 1...40)
    func mutated(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed &+ 900)
        var bytes = Array(
            #"{"jsonrpc":"2.0","result":{"a":[1,"x\u0041",null],"b":-0.5},"id":1}"#.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            bytes[Int.random(in: bytes.indices, using: &numbers)] = UInt8.random(
                in: 0...255, using: &numbers)
        }
        for held in [1 << 20, 0] {
            var printer = AnswerPrinter(
                Memory(), seed % 2 == 0 ? .json : .outline, heldBytesMax: held)
            do throws(ControlError) {
                try printer.take(bytes)
                try printer.end()
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }
}

@Suite("Answers that come in single bytes", .timeLimit(.minutes(5)))
struct SlowServerTests {
    /// A server that sends an answer byte by byte, and then closes or keeps the connection.
    private func serve(
        _ text: String, closes: Bool = true, _ body: (UInt16) throws -> Void
    ) throws {
        let place = LoopbackListener()
        let listener = place.descriptor
        defer { close(listener) }
        let isDone = Flag()
        Thread.detachNewThread {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            _ = unsafe recv(client, &buffer, buffer.count, 0)
            for byte in text.utf8 { _ = unsafe send(client, [byte], 1, Int32(MSG_NOSIGNAL)) }
            while !closes, !isDone.isSet { usleep(2_000) }
            close(client)
        }
        defer { isDone.set() }
        try body(place.port)
    }

    /// A flag between two threads.
    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    /// The result of a call to a server on a port.
    private func call(_ port: UInt16, seconds: Int = 20) throws -> JSONValue {
        try RemoteServer(ServerAddress("127.0.0.1:\(port)"), timeoutSeconds: seconds)
            .result("core.version", [])
    }

    @Test("the result is that of an answer in one piece, whatever its framing")
    func bytes() throws {
        let body = #"{"jsonrpc":"2.0","result":"ä","id":1}"#
        let chunk = "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)",
            "HTTP/1.0 200 OK\r\n\r\n\(body)",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n\(body)",
        ] {
            try serve(answer) { port in
                let result = try call(port)
                #expect(result == "ä")
            }
        }
    }

    @Test("an answer that stops half-way is given up after the time-out, one that ends at once")
    func halfway() throws {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"jsonrpc\""
        try serve(half, closes: false) { port in
            let error = #expect(throws: ControlError.self) { try call(port, seconds: 1) }
            #expect(error?.kind == .unreachable)
        }
        try serve(half) { port in
            let error = #expect(throws: ControlError.self) { try call(port) }
            #expect(error?.message == "the server ended the connection within its answer")
        }
    }
}
