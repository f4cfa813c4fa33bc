import Basics
import JSONValue
import Synchronization
import Testing

@testable import RemoteControl

@Suite("roostctl watch")
struct WatchTests {
    @Test("options come before the command")
    func options() throws {
        var found = try WatchOptions(["-n", "0.5", "--count", "3", "core.uptime", "-n"])
        #expect(found.interval == 0.5 && found.count == 3)
        #expect(found.words == ["core.uptime", "-n"] && !found.followsEvents)
        found = try WatchOptions(["--events", "expiry", "setting"])
        #expect(found.followsEvents && found.words == ["expiry", "setting"])
        #expect(try WatchOptions(["--events"]).words == [])
        #expect(try WatchOptions(["x"]).interval == 2)
    }

    @Test(
        "what is no watch is refused",
        arguments: [
            [], ["-n"], ["-n", "0"], ["-n", "soon", "x"], ["-c", "0", "x"], ["-c", "x"], ["--x"],
            ["-n", "86401", "x"], ["-n", "nan", "x"], ["--count", "1"],
        ])
    func refused(_ words: [String]) {
        let error = #expect(throws: ControlError.self) { try WatchOptions(words) }
        #expect(error?.kind == .usage)
    }

    static let marks: [([String], [String]?, [String])] = [
        (["a b"], nil, ["a b"]), (["a b"], ["a b"], ["a b"]), (["a c"], ["a b"], ["a [c]"]),
        (["x: 1", "y: 2"], ["x: 1", "y: 1"], ["x: 1", "y: [2]"]),
        (["a", "new"], ["a"], ["a", "[new]"]), (["a"], ["a", "gone"], ["a"]),
        (["  a   b"], ["  a   c"], ["  a   [b]"]), (["a b"], ["a"], ["a [b]"]),
        (["", "x"], ["", ""], ["", "[x]"]), (["same  words"], ["same words"], ["same  words"]),
    ]

    @Test("words that were not there before are marked", arguments: marks)
    func mark(_ now: [String], _ before: [String]?, _ marked: [String]) {
        #expect(ChangeMarks.mark(now, since: before, begin: "[", end: "]") == marked)
    }

    private func run(
        _ server: AnsweringServer, _ words: String...
    ) -> (status: Int32, output: String, errors: String) {
        let output = Memory()
        let errors = Memory()
        let status = ControlSession.main(
            ["--url", server.url, "--timeout", "5"] + words, environment: [:], output: output,
            errors: errors)
        return (status, output.text, errors.text)
    }

    @Test("in a pipe frames follow each other, and lines with a change begin with a star")
    func plain() {
        let calls = Calls()
        let server = AnsweringServer { _ in
            #"{"jsonrpc":"2.0","result":{"up":\#(calls.next()),"name":"roost"},"id":1}"#
        }
        let found = run(server, "watch", "-n", "0.1", "-c", "2", "core.uptime")
        #expect(found.status == 0)
        let lines = found.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 6)
        #expect(lines[0].hasPrefix("-- ") && lines[0].hasSuffix(" core.uptime"))
        #expect(Array(lines[1...2]) == ["  up: 1", "  name: roost"])
        #expect(Array(lines[4...5]) == ["* up: 2", "  name: roost"])
    }

    /// A number that grows with each call.
    private final class Calls: Sendable {
        private let count = Guarded(0)
        func next() -> Int {
            count.withLock { number in
                number += 1
                return number
            }
        }
    }

    @Test("a first call that is refused ends it")
    func firstFails() {
        let server = AnsweringServer { _ in
            #"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no"},"id":1}"#
        }
        let found = run(server, "watch", "no.such")
        #expect(found.status == 1)
        #expect(found.errors.contains("-32601 - no"))
    }

    @Test("events are printed as they come, a line each")
    func events() {
        let stream =
            "retry: 10\nevent: ready\nid: r-0\ndata: {\"kinds\":[\"expiry\"]}\n\n: beat\n\n"
            + "event: expiry\nid: r-1\ndata: {\"aor\":\"a\\u001b\",\"n\":1}\n\n"
        let server = AnsweringServer { _ in "HTTP/1.1 200 OK\r\n\r\n" + stream }
        let found = run(server, "watch", "--events", "-c", "1", "expiry")
        #expect(found.status == 0, "\(found.errors)")
        let lines = found.output.split(separator: "\n").map { $0.dropFirst(9) }
        #expect(lines == ["ready        kinds=[\"expiry\"]", "expiry       aor=a\\u{1b} n=1"])
        #expect(server.requests.first?.hasPrefix("GET /events?kinds=expiry HTTP/1.1\r\n") == true)
    }

    @Test("after an end it comes back with the id of the last event")
    func comesBack() {
        let calls = Calls()
        let server = AnsweringServer { _ in
            let number = calls.next()
            return "HTTP/1.1 200 OK\r\n\r\nretry: 0\nevent: e\nid: r-\(number)\ndata: {}\n\n"
        }
        let found = run(server, "--json", "watch", "--events", "-c", "3")
        #expect(found.status == 0)
        #expect(found.output.split(separator: "\n").count == 3)
        #expect(found.output.hasPrefix(#"{"event":"e","id":"r-1","data":{}}"#))
        let paths = server.requests.map { $0.prefix { !$0.isNewline } }
        #expect(
            paths == [
                "GET /events HTTP/1.1", "GET /events?last=r-1 HTTP/1.1",
                "GET /events?last=r-2 HTTP/1.1",
            ])
    }

    @Test("a kind that is no word, or that the server does not know, ends it")
    func kinds() {
        let server = AnsweringServer { _ in
            "HTTP/1.1 400 Bad\r\nContent-Length: 7\r\n\r\nunknown"
        }
        #expect(run(server, "watch", "--events", "a&b").status == 2)
        #expect(server.requests == [])
        let found = run(server, "watch", "--events", "bogus")
        #expect(found.status == 3 && found.errors.contains("unknown"))
    }
}

@Suite("Server-sent events")
struct EventStreamTests {
    private func read(_ text: String, pieces: Int) throws -> [EventStreamReader.Event] {
        var reader = EventStreamReader()
        var events: [EventStreamReader.Event] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            events += try reader.take(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        return events
    }

    static let streams: [(String, [(String, String, String)])] = [
        ("data: a\n\n", [("message", "", "a")]), ("data:a\n\n", [("message", "", "a")]),
        ("data:  a\n\n", [("message", "", " a")]), ("data\n\n", [("message", "", "")]),
        ("event: e\ndata: a\ndata: b\n\n", [("e", "", "a\nb")]), ("event: e\n\n", []),
        ("id: 1\ndata: a\n\ndata: b\n\n", [("message", "1", "a"), ("message", "1", "b")]),
        (": comment\ndata: a\r\n\r\n", [("message", "", "a")]),
        ("data: a\rdata: b\r\r", [("message", "", "a\nb")]), ("data: a\n", []),
        ("bogus: x\ndata: ä日\n\n", [("message", "", "ä日")]),
    ]

    @Test("a stream is the same however it is cut", arguments: streams)
    func anyPieces(_ text: String, _ expected: [(String, String, String)]) throws {
        for pieces in [1, 2, 3, 100] {
            let found = try read(text, pieces: pieces).map { [$0.kind, $0.id, $0.data] }
            #expect(found == expected.map { [$0.0, $0.1, $0.2] })
        }
    }

    @Test("what the server wants of a reader who comes back is kept")
    func retry() throws {
        var reader = EventStreamReader()
        #expect(reader.retryMilliseconds == 2_000)
        _ = try reader.take(Array("retry: 50\nid: x-7\nretry: soon\nretry: -1\n".utf8))
        #expect(reader.retryMilliseconds == 50 && reader.lastID == "x-7")
        _ = try reader.take(Array("data: half".utf8))
        reader.restart()
        let events = try reader.take(Array("data: whole\n\n".utf8))
        #expect(events.map(\.data) == ["whole"] && events[0].id == "x-7")
    }

    @Test("an event without end is given up")
    func endless() {
        var reader = EventStreamReader()
        let piece = Array(("data: " + String(repeating: "x", count: 1_000) + "\n").utf8)
        #expect(throws: ControlError.self) {
            for _ in 0..<2_000 { _ = try reader.take(piece) }
        }
        var line = EventStreamReader()
        #expect(throws: ControlError.self) {
            for _ in 0..<2_000 { _ = try line.take(piece.dropLast()) }
        }
    }
}
