import Basics
import ModuleKit
import SIPSyntax
import Testing

/// The bytes of one message of an outbox as text with newlines.
private func text(_ entry: Outbox.Entry, _ outbox: borrowing Outbox) -> String {
    String(copying: outbox.bytes(entry)).replacing("\r\n", with: "\n")
}

/// All that a context has written.
private func sent(_ context: ScriptContext) -> [String] {
    context.outbox.entries.map { text($0, context.outbox) }
}

/// Answers the request at hand.
@discardableResult
private func answer(_ context: ScriptContext, _ status: Int, _ reason: String) -> Bool {
    let bytes = Array(reason.utf8)
    return context.reply(status, bytes.span)
}

/// A context with a message whose lines end with a newline each.
private func context(_ message: String, services: KitServices = KitServices()) throws
    -> ScriptContext
{
    let context = ScriptContext(services: services)
    let bytes = Array(message.replacing("\n", with: "\r\n").utf8)
    try context.message.load(bytes.span)
    context.reset(
        origin: Origin(
            transport: .udp, socket: SocketIndex(0),
            source: PeerAddress(ipv4: 0x0a01_0203, port: 5070)),
        now: WallTime(seconds: 5))
    return context
}

/// A request with fields that decide about its To-tag.
private func request(
    method: String = "REGISTER", callID: String = "c1", from: String = "<sip:a@b>;tag=x",
    cSeq: String = "1", to: String = "<sip:a@b>"
) -> String {
    """
    \(method) sip:b SIP/2.0
    Via: SIP/2.0/UDP 10.1.2.3;branch=z9hG4bK1
    From: \(from)
    To: \(to)
    Call-ID: \(callID)
    CSeq: \(cSeq) \(method)
    Content-Length: 0


    """
}

/// The To-tag of the reply to a message.
private func tag(_ message: String, key: UInt64 = 1) throws -> String {
    let context = try context(message)
    context.tagKey = key
    answer(context, 200, "OK")
    let line = try #require(
        sent(context).first?.split(separator: "\n").first { $0.hasPrefix("To:") })
    let parts = line.split(separator: ";tag=")
    return parts.count == 2 ? String(parts[1]) : "none"
}

@Suite("Replies of scripts")
struct ReplyTests {
    @Test("a reply copies what RFC 3261 8.2.6.2 names, and ends with an empty line")
    func fields() throws {
        let context = try context(request())
        #expect(answer(context, 404, "Not Found"))
        let reply = try #require(sent(context).first)
        #expect(reply.hasPrefix("SIP/2.0 404 Not Found\n"))
        #expect(reply.contains("\nVia: SIP/2.0/UDP 10.1.2.3;branch=z9hG4bK1"))
        #expect(reply.contains("\nFrom: <sip:a@b>;tag=x\n"))
        #expect(reply.contains("\nCall-ID: c1\n") && reply.contains("\nCSeq: 1 REGISTER\n"))
        #expect(reply.contains("\nContent-Length: 0\n") && reply.hasSuffix("\n\n"))
        #expect(context.repliedStatus == 404)
    }

    @Test("a reply carries what was collected, the lines of its caller and the server's name")
    func headers() throws {
        let context = try context(request())
        context.serverHeader = Array("Server: test\r\n".utf8)
        context.replyHeaders.append("X-Kept: 1\r\n")
        let reason = Array("OK".utf8)
        #expect(
            context.reply(200, reason.span) { $0.append("X-Given: 2\r\n") })
        let lines = try #require(sent(context).first).split(separator: "\n").map(String.init)
        let given = try #require(lines.firstIndex(of: "X-Given: 2"))
        let kept = try #require(lines.firstIndex(of: "X-Kept: 1"))
        let server = try #require(lines.firstIndex(of: "Server: test"))
        #expect(given < kept && kept < server)
    }

    @Test("an ACK is never answered (RFC 3261 17)")
    func acknowledgement() throws {
        let context = try context(request(method: "ACK"))
        #expect(!answer(context, 200, "OK"))
        #expect(sent(context).isEmpty && context.repliedStatus == 0)
    }

    @Test("a reply is not answered")
    func replies() throws {
        let text = request().replacing("REGISTER sip:b SIP/2.0", with: "SIP/2.0 200 OK")
        let context = try context(text)
        #expect(!answer(context, 200, "OK"))
        #expect(sent(context).isEmpty)
    }

    @Test("two replies to one request are two messages, each to where the request came from")
    func two() throws {
        let context = try context(request())
        answer(context, 100, "Trying")
        answer(context, 200, "OK")
        #expect(
            sent(context).map { String($0.prefix(11)) } == ["SIP/2.0 100", "SIP/2.0 200"])
        #expect(context.repliedStatus == 200)
        let addresses = context.outbox.entries.map { $0.destination.source.hostText }
        #expect(addresses == ["10.1.2.3", "10.1.2.3"])
    }

    @Test(
        "a reply goes to the port in Via, and to the source port when rport is in force",
        arguments: [(";rport", false, 5070), ("", true, 5070), ("", false, 5060)])
    func ports(parameter: String, forced: Bool, expected: Int) throws {
        let text = request().replacing(";branch", with: "\(parameter);branch")
        let context = try context(text)
        context.forcesRport = forced
        answer(context, 200, "OK")
        #expect(context.outbox.entries.map { Int($0.destination.source.port) } == [expected])
    }

    @Test("the first and the last status are sent", arguments: [100, 699])
    func bounds(status: Int) throws {
        let context = try context(request())
        #expect(answer(context, status, "x"))
        #expect(sent(context).first?.hasPrefix("SIP/2.0 \(status) x\n") == true)
    }

    @Test("a status outside of 100 to 699 is a defect of the caller", .timeLimit(.minutes(10)))
    func beyond() async {
        await #expect(processExitsWith: .failure) {
            let context = try kitContext()
            let reason: [UInt8] = []
            context.reply(99, reason.span)
        }
        await #expect(processExitsWith: .failure) {
            let context = try kitContext()
            let reason: [UInt8] = []
            context.reply(700, reason.span)
        }
    }
}

@Suite("To-tags of stateless replies")
struct ToTagTests {
    @Test("a tag has sixteen hexadecimal digits")
    func form() throws {
        let tag = try tag(request())
        #expect(tag.utf8.count == 16)
        #expect(tag.allSatisfy { "0123456789abcdef".contains($0) })
    }

    @Test("a retransmission gets the tag of its first reply (RFC 3261 8.2.7)")
    func retransmission() throws {
        #expect(try tag(request()) == tag(request()))
    }

    @Test(
        "another transaction, another call or another caller gets another tag",
        arguments: [
            request(callID: "c2"), request(from: "<sip:a@b>;tag=y"), request(cSeq: "2"),
            request(method: "OPTIONS"),
        ])
    func different(other: String) throws {
        #expect(try tag(other) != tag(request()))
    }

    @Test("another process, with another key, gives other tags")
    func key() throws {
        #expect(try tag(request(), key: 1) != tag(request(), key: 2))
    }

    @Test("a request within a dialog keeps the tag it has")
    func dialog() throws {
        #expect(try tag(request(to: "<sip:a@b>;tag=mine")) == "mine")
    }
}
