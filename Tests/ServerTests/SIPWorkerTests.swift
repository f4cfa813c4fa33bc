import Basics
import Core
import ModuleKit
import Testing
import Transport

@testable import Server

@Suite("a worker's way with messages")
struct SIPWorkerTests {
    private static let script = """
        loadmodule "sl.so"
        loadmodule "pv.so"
        request_route {
            if ($rm == "OPTIONS") { sl_send_reply("404", "Nobody here"); exit; }
            if ($rm == "PUBLISH") { drop; }
            if ($rm == "REGISTER") { sl_send_reply("200", "OK"); }
        }
        """

    @Test("the script answers, with the server's name and To-tag")
    func answer() throws {
        let rig = try WorkerRig(Self.script)
        let sent = rig.handle(WorkerRig.request("OPTIONS"))
        #expect(sent.count == 1)
        let text = try #require(sent.first?.text)
        #expect(statusLine(text) == "SIP/2.0 404 Nobody here")
        #expect(text.contains("Server: test\r\n"))
        #expect(text.contains("To: <sip:alice@example.com>;tag="))
        #expect(text.contains("received=192.0.2.7"))
        #expect(text.hasSuffix("Content-Length: 0\r\n\r\n"))
        #expect(rig.counters.requests.value == 1)
        #expect(rig.counters.droppedRequests.value == 0)
    }

    @Test("without rport the reply goes to Via's port, with it or when forced to the source's")
    func destinations() throws {
        let plain = try WorkerRig(Self.script)
        #expect(plain.handle(WorkerRig.request("OPTIONS")).first?.to.source.port == 5062)
        let asked = WorkerRig.request("OPTIONS").replacing(";branch", with: ";rport;branch")
        #expect(plain.handle(asked).first?.to.source.port == 40_000)
        let forced = try WorkerRig(Self.script, forcesRport: true)
        #expect(forced.handle(WorkerRig.request("OPTIONS")).first?.to.source.port == 40_000)
        let stream = plain.handle(WorkerRig.request("OPTIONS"), transport: .tcp)
        #expect(stream.first?.to.connection == 5)
    }

    @Test("the same request gets the same To-tag, another one another")
    func tags() throws {
        let rig = try WorkerRig(Self.script)
        let request = WorkerRig.request("OPTIONS")
        let first = rig.handle(request).first?.text
        #expect(rig.handle(request).first?.text == first)
        let other = request.replacing("Call-ID: c1", with: "Call-ID: c2")
        let lines = rig.handle(other).first?.text.split(separator: "\r\n")
        let tag = lines?.first { $0.hasPrefix("To") }
        #expect(first?.contains(tag ?? "?") == false)
    }

    @Test("what the script drops or leaves unanswered is counted")
    func dropped() throws {
        let rig = try WorkerRig(Self.script)
        #expect(rig.handle(WorkerRig.request("PUBLISH")).isEmpty)
        #expect(rig.handle(WorkerRig.request("MESSAGE")).isEmpty)
        #expect(rig.counters.droppedRequests.value == 2)
        #expect(rig.counters.requests.value == 2)
    }

    @Test("a message leaves nothing behind for the next")
    func clean() throws {
        let rig = try WorkerRig(
            """
            loadmodule "sl.so"
            loadmodule "pv.so"
            loadmodule "textops.so"
            request_route {
                if ($rm == "MESSAGE") { append_to_reply("X-Left: over\\r\\n"); exit; }
                sl_send_reply("200", "OK");
            }
            """)
        #expect(rig.handle(WorkerRig.request("MESSAGE")).isEmpty)
        let text = rig.handle(WorkerRig.request("OPTIONS")).first?.text ?? ""
        #expect(!text.contains("X-Left"))
    }

    @Test(
        "a required extension that is not there gets 420, with its name in Unsupported",
        arguments: [
            ("OPTIONS", ["Proxy-Require: foo"], "foo"),
            ("OPTIONS", ["Proxy-Require: foo, bar"], "foo, bar"),
            ("REGISTER", ["Require: 100rel"], "100rel"),
            ("REGISTER", ["Require: path, gin, gruu, outbound"], "gin"),
            ("REGISTER", ["Proxy-Require: foo", "Require: bar, baz"], "foo, bar, baz"),
            ("REGISTER", ["Proxy-Require: foo", "Require: "], "foo"),
        ])
    func extensions(method: String, fields: [String], unsupported: String) throws {
        let rig = try WorkerRig(Self.script)
        let lines = (fields + ["Content-Length"]).joined(separator: "\r\n")
        let request = WorkerRig.request(method).replacing("Content-Length", with: lines)
        let text = try #require(rig.handle(request).first?.text)
        #expect(statusLine(text) == "SIP/2.0 420 Bad Extension")
        #expect(text.contains("\r\nUnsupported: \(unsupported)\r\n"), "\(text)")
        #expect(rig.counters.faultyRequests.value == 1)
    }

    @Test(
        "Require is for the one a request ends at, and neither is for ACK and CANCEL",
        arguments: [
            ("OPTIONS", "Require: foo"), ("CANCEL", "Proxy-Require: foo"),
            ("ACK", "Proxy-Require: foo"), ("REGISTER", "Supported: foo"),
        ])
    func notOurs(method: String, field: String) throws {
        let rig = try WorkerRig(Self.script)
        let sent = rig.handle(WorkerRig.request(method, field))
        #expect(sent.allSatisfy { !$0.text.contains(" 420 ") })
        #expect(rig.counters.faultyRequests.value == 0)
    }

    @Test(
        "a malformed request gets 400 with a reason and does not reach the script",
        arguments: [
            ("CSeq: 4 OPTIONS", "CSeq: 4 REGISTER"), ("CSeq: 4 OPTIONS", "CSeq: x OPTIONS"),
            ("CSeq: 4 OPTIONS", "X-CSeq: none"), ("Call-ID: c1", "X-Call: none"),
            ("From: <sip:alice@example.com>;tag=1", "From: <sip:alice@"),
            ("To: <sip:alice@example.com>", "X-To: none"),
            ("OPTIONS sip:h SIP/2.0", "OPTIONS sip:<h> SIP/2.0"),
            ("Content-Length: 0", "Content-Length: 500"),
        ])
    func malformed(part: String, fault: String) throws {
        let rig = try WorkerRig(Self.script)
        let sent = rig.handle(WorkerRig.request("OPTIONS").replacing(part, with: fault))
        #expect(status(sent.first?.text) == 400, "\(fault)")
        #expect(rig.counters.faultyRequests.value == 1)
        #expect(rig.counters.badHeaders.value == 1)
        #expect(rig.counters.requests.value == 0)
    }

    @Test("a request URI of an unknown scheme gets 416, a version that is not ours 505")
    func refused() throws {
        let rig = try WorkerRig(Self.script)
        let scheme = rig.handle(WorkerRig.request("OPTIONS", uri: "nobody:knows"))
        #expect(status(scheme.first?.text) == 416)
        #expect(rig.counters.badURIs.value == 1)
        let version = WorkerRig.request("OPTIONS").replacing("h SIP/2.0", with: "h SIP/7.0")
        #expect(status(rig.handle(version).first?.text) == 505)
    }

    @Test(
        "what is no message, or may not be answered, is met with silence",
        arguments: [
            "\r\n\r\n", "\r\n", "\0\0\0\0", "hello", "OPTIONS", "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            "\u{feff}OPTIONS sip:h SIP/2.0\r\n\r\n",
        ])
    func silence(text: String) throws {
        let rig = try WorkerRig(Self.script)
        #expect(rig.handle(text).isEmpty)
        #expect(rig.counters.requests.value == 0)
    }

    @Test("a keep-alive is neither a message nor a fault")
    func keepAlive() throws {
        let rig = try WorkerRig(Self.script)
        rig.handle("\r\n\r\n")
        #expect(rig.counters.faultyRequests.value == 0)
        #expect(rig.counters.badHeaders.value == 0)
    }

    @Test("a malformed ACK is dropped, not answered (RFC 3261 17)")
    func malformedACK() throws {
        let rig = try WorkerRig(Self.script)
        let text = WorkerRig.request("ACK").replacing("CSeq: 4 ACK", with: "CSeq: x ACK")
        #expect(rig.handle(text).isEmpty)
        #expect(rig.counters.faultyRequests.value == 1)
    }

    // MARK: Replies

    private let reply = WorkerRig.request("OPTIONS")
        .replacing("OPTIONS sip:h SIP/2.0", with: "SIP/2.0 486 Busy Here")

    @Test("a reply that nobody waits for is shown to the script and ends here")
    func replies() throws {
        let rig = try WorkerRig(
            Self.script + "\nreply_route { drop; }")
        #expect(rig.handle(reply).isEmpty)
        #expect(rig.counters.replies.value == 1)
        #expect(rig.counters.droppedReplies.value == 1)
        #expect(rig.counters.requests.value == 0)
    }

    @Test("a malformed reply is dropped and counted as such")
    func malformedReply() throws {
        let rig = try WorkerRig(Self.script)
        #expect(rig.handle(reply.replacing("CSeq: 4", with: "CSeq: x")).isEmpty)
        #expect(rig.counters.faultyReplies.value == 1)
        #expect(rig.counters.replies.value == 0)
    }

    // MARK: Counting

    @Test("requests are counted by method, and unknown methods apart")
    func methods() throws {
        let rig = try WorkerRig(Self.script)
        for method in ["INVITE", "REGISTER", "REGISTER", "MESSAGE", "FOO"] {
            rig.handle(WorkerRig.request(method))
        }
        #expect(rig.counters.requests.value == 5)
        #expect(rig.counters.unknownMethods.value == 1)
        let core = try #require(rig.services.loadedModules.first)
        let named = Dictionary(
            core.statistics.map { ($0.name, $0.value) }, uniquingKeysWith: { one, _ in one })
        #expect(named["rcv_requests_register"] == 2)
        #expect(named["rcv_requests_invite"] == 1)
        #expect(named["rcv_requests_message"] == 1)
    }

    @Test(
        "every counted method has the counter of its name",
        arguments: MessageCounters.Method.allCases)
    func counterOfMethod(method: MessageCounters.Method) throws {
        let rig = try WorkerRig(Self.script)
        rig.handle(WorkerRig.request("\(method)".uppercased()))
        let core = try #require(rig.services.loadedModules.first)
        let counted = core.statistics.filter { $0.name.hasPrefix("rcv_requests_") && $0.value == 1 }
        #expect(counted.map(\.name) == ["rcv_requests_\(method)"])
    }
}
