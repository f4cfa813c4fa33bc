import Basics
import Dispatch
import JSONValue
import Synchronization
import Testing

@testable import PUA

@Suite("Commands pua.*")
struct PUARPCTests {
    private static let good: [JSONValue] = [
        "sip:alice@example.com", "600", "message-summary", ".", ".", ".", .string(PUARig.hop), ".",
        "Messages-Waiting: yes",
    ]

    @Test("pua.send_publish sends, with positional and with named parameters")
    func sendPublish() throws {
        let rig = try PUARig()
        let named: JSONValue = [
            "pres_uri": "sip:bob@example.com", "expires": 600, "event": "message-summary",
            "outbound_proxy": .string(PUARig.hop), "body": "Messages-Waiting: no",
            "extra_headers": "X-One: 1\n",
        ]
        for parameters in [.array(Self.good), named] {
            let answer = try rig.rig.services.exchange("pua.send_publish", parameters)
            #expect(answer["result"] == [:])
        }
        let sent = try rig.turn()
        #expect(sent.count == 2)
        #expect(sent.map { $0.value("Expires") } == ["601", "601"])
        #expect(sent[1].value("X-One") == "1")
    }

    @Test(
        "a wrong parameter is refused with the code of the other server, and named",
        arguments: [
            (0, "not a uri", 400, "pres_uri"), (1, "soon", 400, "expires"),
            (1, "", 400, "expires"), (1, "99999999999", 400, "expires"),
            (2, "weather", 400, "event"), (6, "nowhere", 400, "outbound_proxy"),
            (7, "no header", 400, "extra_headers"), (7, "Call-ID: x", 400, "extra_headers"),
        ])
    func wrong(place: Int, value: String, code: Int, name: String) throws {
        let rig = try PUARig()
        var parameters = Self.good
        parameters[place] = .string(value)
        for method in ["pua.publish", "pua.send_publish"] {
            let answer = try rig.rig.services.exchange(method, .array(parameters))
            #expect(answer["error"]?["code"] == .integer(Int64(code)))
            #expect(answer["error"]?["data"]?["parameter"] == .string(name))
        }
        #expect(try rig.turn().isEmpty)
    }

    @Test("too few parameters are 400, a body without type of a package that has none too")
    func missing() throws {
        let rig = try PUARig()
        let few = try rig.rig.services.call("pua.publish", "sip:alice@example.com")
        #expect(few["error"]?["code"] == 400)
        var parameters = Self.good
        parameters[3] = "text/plain"
        parameters.removeLast()
        let noBody = try rig.rig.services.exchange("pua.publish", .array(parameters))
        #expect(noBody["error"]?["message"] == "Body is missing")
        let untyped = try rig.rig.services.call(
            "pua.send_publish", "sip:alice@example.com", 600, "presence.winfo", ".", ".", ".", ".",
            ".", "x")
        #expect(untyped["error"]?["code"] == 400)
    }

    @Test("pua.subscribe takes its number as a number or a text, and names what is wrong")
    func subscribe() throws {
        let rig = try PUARig()
        for (uri, seconds) in [
            ("sip:a@10.0.0.9", JSONValue.integer(600)), ("sip:b@10.0.0.9", "600"),
        ] {
            let answer = try rig.rig.services.call(
                "pua.subscribe", .string(uri), "sip:w@example.org", "presence", seconds)
            #expect(answer["result"] == [:])
        }
        let sent = try rig.turn()
        #expect(sent.map { $0.value("Expires") } == ["610", "610"])
        #expect(
            sent.map { $0.value("Contact") } == Array(repeating: "<sip:w@example.org>", count: 2))
        for (place, value, code, name) in [
            (0, "x", 400, "pres_uri"), (1, "y", 400, "watcher_uri"), (2, "z", 404, "event"),
            (3, "q", 400, "expires"),
        ] {
            var parameters: [JSONValue] = ["sip:a@10.0.0.9", "sip:w@example.org", "presence", 600]
            parameters[place] = .string(value)
            let answer = try rig.rig.services.exchange("pua.subscribe", .array(parameters))
            #expect(answer["error"]?["code"] == .integer(Int64(code)))
            #expect(answer["error"]?["data"]?["parameter"] == .string(name))
        }
        let few = try rig.rig.services.call("pua.subscribe", "sip:a@10.0.0.9")
        #expect(few["error"]?["code"] == 500)
    }

    @Test("pua.cleanup looks for what is due")
    func cleanup() throws {
        let rig = try PUARig()
        let answer = try rig.rig.services.call("pua.cleanup")
        #expect(answer["result"] == [:])
        #expect(try rig.turn().isEmpty)
    }

    // MARK: pua.publish, which waits

    /// Calls `pua.publish` while another thread answers what is sent with a status and lines.
    private func publish(
        _ rig: PUARig, _ parameters: [JSONValue] = good, status: Int, _ lines: String
    ) throws -> JSONValue {
        let answer = Guarded<JSONValue?>(nil)
        let services = rig.rig.services
        let done = DispatchSemaphore(value: 0)
        let caller = Caller(services)
        DispatchQueue(label: "caller").async {
            let result = caller.call(parameters)
            answer.withLock { $0 = result }
            done.signal()
        }
        let end = SystemClock.monotonic().nanoseconds + 20_000_000_000
        while done.wait(timeout: .now() + .milliseconds(2)) == .timedOut {
            _ = try rig.agent.turn(now: rig.now)
            for sent in rig.takeSent() { try rig.answer(sent, status, lines) }
            guard SystemClock.monotonic().nanoseconds < end else { break }
        }
        return try #require(answer.withLock { $0 })
    }

    /// Calls a command on another thread.
    private final class Caller: Sendable {
        let services: StandInServices
        init(_ services: StandInServices) { self.services = services }
        func call(_ parameters: [JSONValue]) -> JSONValue? {
            try? services.exchange("pua.publish", .array(parameters))
        }
    }

    @Test("pua.publish answers with what the reply says")
    func waits() throws {
        let rig = try PUARig()
        let answer = try publish(rig, status: 200, "SIP-ETag: e1\nExpires: 500")
        let result = answer["result"]
        #expect(result?["SIP-ETag"] == "e1")
        #expect(result?["Expires"] == 500)
        #expect(result?["code"] == 200)
        #expect(result?["reason"] == "Reason")
    }

    @Test(
        "it answers to any reply, also to one without Expires and SIP-ETag",
        arguments: [
            (200, "X: y"), (202, "Expires: 5"), (403, "X: y"), (412, "X: y"), (503, "X: y"),
        ])
    func anyReply(status: Int, lines: String) throws {
        let rig = try PUARig()
        let answer = try publish(rig, status: status, lines)
        #expect(answer["result"]?["code"] == .integer(Int64(status)))
    }

    @Test("it tells of a wrong tag, of nothing to refresh, and of a body that is none")
    func errors() throws {
        let rig = try PUARig()
        var parameters = Self.good
        parameters[5] = "nope"
        let wrong = try publish(rig, parameters, status: 200, "X: y")
        #expect(wrong["error"]?["message"] == "Wrong ETag")
        #expect(wrong["error"]?["code"] == 500)
        parameters = Array(Self.good.dropLast())
        let nothing = try publish(rig, parameters, status: 200, "X: y")
        #expect(nothing["error"]?["code"] == 400)
        parameters = Self.good
        parameters[2] = "presence"
        let bad = try publish(rig, parameters, status: 200, "X: y")
        #expect(bad["error"]?["code"] == 400)
    }
}
