import Basics
import Foundation
import SIPSyntax
import Testing

/// Responses: what they copy, what they add, and where they go.
@Suite("Responses")
struct ReplyTests {
    private static let here = PeerAddress(ipv4: 0xc000_0204, port: 40_000)

    private func origin(
        _ source: PeerAddress = here, _ transport: TransportProtocol = .udp
    ) -> Origin {
        Origin(
            transport: transport, socket: .none, source: source,
            connection: transport.isStream ? 7 : -1)
    }

    private func reply(
        _ status: Int, to text: String, reason: String = "", tag: String = "tt",
        from source: PeerAddress = here, forceRport: Bool = false
    ) throws -> [String] {
        let message = try loaded(text)
        var writer = ByteWriter()
        let reasonBytes = Array(reason.utf8)
        let tagBytes = Array(tag.utf8)
        ReplyWriter.begin(
            status, reason: reasonBytes.span, to: message, from: origin(source),
            toTag: tagBytes.span, forceRport: forceRport, into: &writer)
        writer.finishMessage()
        let again = try loaded(writer.text)
        #expect(again.kind == .response && again.status == status)
        return writer.text.components(separatedBy: "\r\n")
    }

    private func request(via: String, extra: String...) -> String {
        Sample.request(extra.joined(separator: "\r\n")).replacingOccurrences(
            of: "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK77", with: "Via: \(via)"
        ).replacingOccurrences(of: "\r\n\r\n\r\n", with: "\r\n\r\n")
    }

    @Test("a response has the request's Via, From, To, Call-ID and CSeq")
    func fields() throws {
        let lines = try reply(200, to: Sample.request())
        #expect(
            lines == [
                "SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK77",
                "From: <sip:a@example.com>;tag=1", "To: <sip:a@example.com>;tag=tt",
                "Call-ID: c@d", "CSeq: 1 REGISTER", "Content-Length: 0", "", "",
            ])
    }

    @Test("the tag of To is added where there is none, and never to a 100")
    func tags() throws {
        #expect(try reply(100, to: Sample.request())[3] == "To: <sip:a@example.com>")
        #expect(try reply(200, to: Sample.request(), tag: "")[3] == "To: <sip:a@example.com>")
        let tagged = Sample.request().replacingOccurrences(
            of: "To: <sip:a@example.com>", with: "To: <sip:a@example.com>;x;TAG=q")
        #expect(try reply(200, to: tagged)[3] == "To: <sip:a@example.com>;x;TAG=q")
        let bare = Sample.request().replacingOccurrences(
            of: "To: <sip:a@example.com>", with: "To: sip:a@example.com")
        #expect(try reply(200, to: bare)[3] == "To: sip:a@example.com;tag=tt")
    }

    @Test(
        "received and rport are what was seen, not what was sent",
        arguments: [
            ("SIP/2.0/UDP 192.0.2.4;branch=b", "SIP/2.0/UDP 192.0.2.4;branch=b"),
            ("SIP/2.0/UDP 192.0.2.5;branch=b", "SIP/2.0/UDP 192.0.2.5;branch=b;received=192.0.2.4"),
            ("SIP/2.0/UDP phone.local", "SIP/2.0/UDP phone.local;received=192.0.2.4"),
            (
                "SIP/2.0/UDP 192.0.2.4;branch=b;rport",
                "SIP/2.0/UDP 192.0.2.4;branch=b;received=192.0.2.4;rport=40000"
            ),
            (
                "SIP/2.0/UDP 192.0.2.4;rport;branch=b",
                "SIP/2.0/UDP 192.0.2.4;branch=b;received=192.0.2.4;rport=40000"
            ),
            (
                "SIP/2.0/UDP h;received=6.6.6.6;branch=b;rport=1;x",
                "SIP/2.0/UDP h;branch=b;x;received=192.0.2.4;rport=40000"
            ),
            ("SIP/2.0/UDP 192.0.2.4;received=6.6.6.6", "SIP/2.0/UDP 192.0.2.4"),
            (
                "SIP/2.0/UDP h;branch=b, SIP/2.0/TCP i;rport;received=1.1.1.1",
                "SIP/2.0/UDP h;branch=b;received=192.0.2.4, SIP/2.0/TCP i;rport;received=1.1.1.1"
            ),
            ("SIP / 2.0 / UDP h\r\n ;branch=b", "SIP / 2.0 / UDP h ;branch=b;received=192.0.2.4"),
            ("SIP/2.0/UDP h;receivedby=2", "SIP/2.0/UDP h;receivedby=2;received=192.0.2.4"),
        ])
    func topVia(sent: String, expected: String) throws {
        #expect(try reply(200, to: request(via: sent))[1] == "Via: \(expected)")
    }

    @Test("rport can be forced")
    func forced() throws {
        let lines = try reply(200, to: request(via: "SIP/2.0/UDP h"), forceRport: true)
        #expect(lines[1] == "Via: SIP/2.0/UDP h;received=192.0.2.4;rport=40000")
    }

    @Test("addresses of IPv6 are compared as numbers and written without brackets")
    func ipv6() throws {
        let source = PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 5060)
        let same = try reply(200, to: request(via: "SIP/2.0/UDP [2001:DB8:0::1]"), from: source)
        #expect(same[1] == "Via: SIP/2.0/UDP [2001:DB8:0::1]")
        let other = try reply(200, to: request(via: "SIP/2.0/UDP [2001:db8::2]"), from: source)
        #expect(other[1] == "Via: SIP/2.0/UDP [2001:db8::2];received=2001:db8::1")
    }

    @Test("every Via is copied in order")
    func allVias() throws {
        let text = request(
            via: "SIP/2.0/UDP a", extra: "Via: SIP/2.0/TCP b;x, SIP/2.0/TCP c",
            "v: SIP/2.0/UDP\r\n d")
        let lines = try reply(200, to: text)
        #expect(
            Array(lines[1...3]) == [
                "Via: SIP/2.0/UDP a;received=192.0.2.4", "Via: SIP/2.0/TCP b;x, SIP/2.0/TCP c",
                "Via: SIP/2.0/UDP d",
            ])
    }

    @Test("Record-Route is copied where a dialog begins")
    func recordRoute() throws {
        let invite = Sample.request(
            "Record-Route: <sip:p;lr>", "Record-Route: <sip:q;lr>", method: "INVITE")
        let lines = try reply(200, to: invite)
        #expect(lines.contains("Record-Route: <sip:p;lr>"))
        #expect(lines.contains("Record-Route: <sip:q;lr>"))
        #expect(try !reply(404, to: invite).contains("Record-Route: <sip:p;lr>"))
        let register = Sample.request("Record-Route: <sip:p;lr>")
        #expect(try !reply(200, to: register).contains("Record-Route: <sip:p;lr>"))
    }

    @Test("a reason of one's own stays in its line")
    func reason() throws {
        #expect(
            try reply(404, to: Sample.request(), reason: "Not here")[0] == "SIP/2.0 404 Not here")
        let evil = try reply(404, to: Sample.request(), reason: "x\r\nVia: y\u{7f}")
        #expect(evil[0] == "SIP/2.0 404 x  Via: y ")
    }

    @Test("header fields and a body stand between the beginning and the end")
    func whole() throws {
        let message = try loaded(Sample.request())
        var writer = ByteWriter()
        let tag = Array("t".utf8)
        let type = Array("text/plain".utf8)
        let body = Array("hello".utf8)
        ReplyWriter.begin(200, to: message, from: origin(), toTag: tag.span, into: &writer)
        writer.appendHeader("Server", "Roost")
        writer.appendHeader("Min-Expires", decimal: 60)
        writer.finishMessage(contentType: type.span, body: body.span)
        let reply = try loaded(writer.text)
        #expect(reply.text(reply.header(.server)) == "Roost")
        #expect(reply.minExpires == .value(60))
        #expect(reply.text(reply.header(.contentType)) == "text/plain")
        #expect(reply.text(reply.body) == "hello")
        #expect(reply.contentLength == .value(5))
    }

    @Test("a request that was refused is answered with what it has")
    func refused() throws {
        var message = SIPMessage()
        let text =
            "OPTIONS  sip:a SIP/2.0\r\nVia: SIP/2.0/UDP x;;\r\n"
            + "To: \"open\r\nCSeq: 1 OPTIONS\r\n\r\n"
        let bytes = Array(text.utf8)
        guard case .refuse(let error) = message.receive(bytes.span) else {
            Issue.record("not refused")
            return
        }
        var writer = ByteWriter()
        let tag = Array("t".utf8)
        let server = Array("Roost".utf8)
        ReplyWriter.refuse(
            error, to: message, from: origin(), toTag: tag.span, server: server.span, into: &writer)
        #expect(
            writer.text.components(separatedBy: "\r\n") == [
                "SIP/2.0 400 Malformed request line", "Via: SIP/2.0/UDP x;;", "To: \"open",
                "CSeq: 1 OPTIONS", "Server: Roost", "Content-Length: 0", "", "",
            ])
    }

    @Test(
        "datagrams are answered at sent-by's port, or at the port they came from",
        arguments: [
            ("SIP/2.0/UDP 192.0.2.4", UInt16(5060)),
            ("SIP/2.0/UDP 192.0.2.4:5062", 5062),
            ("SIP/2.0/UDP other.host:5070;maddr=6.6.6.6", 5070),
            ("SIP/2.0/UDP h:5062;rport", 40_000),
            ("SIP/2.0/UDP h:0", 40_000),
            ("garbage", 40_000),
        ])
    func destination(via: String, port: UInt16) throws {
        var message = SIPMessage()
        let bytes = Array(request(via: via).utf8)
        _ = message.receive(bytes.span)
        let destination = ReplyRoute.destination(for: message, from: origin())
        #expect(destination.source.port == port)
        #expect(destination.source.low == Self.here.low)
        let forced = ReplyRoute.destination(for: message, from: origin(), forceRport: true)
        #expect(forced.source.port == 40_000)
        let stream = ReplyRoute.destination(for: message, from: origin(Self.here, .tcp))
        #expect(stream == origin(Self.here, .tcp))
    }

    @Test("every status has a reason phrase")
    func reasons() {
        for status in 100...699 { #expect(!ReasonPhrase.of(status).description.isEmpty) }
        #expect(ReasonPhrase.of(423).description == "Interval Too Brief")
        #expect(ReasonPhrase.of(200).description == "OK")
        #expect(ReasonPhrase.of(299).description == "OK")
        #expect(ReasonPhrase.of(599).description == "Server Failure")
    }

    @Test("only some methods create dialogs")
    func dialogs() {
        for method in SIPMethod.allCases {
            let expected: Set<SIPMethod> = [.invite, .subscribe, .refer, .notify]
            #expect(method.createsDialog == expected.contains(method))
        }
    }

    @Test("a status that is none is a programming error")
    func badStatus() async {
        await #expect(processExitsWith: .failure) { _ = ReasonPhrase.of(99) }
    }
}

/// Requests of our own.
@Suite("Requests")
struct RequestWriterTests {
    private func write(
        socket: ListeningSocket, routes: String = "", body: String = ""
    ) -> String {
        let method = Array("NOTIFY".utf8)
        let uri = Array("sip:a@192.0.2.1:5060".utf8)
        let branch = Array("77".utf8)
        let routeBytes = Array(routes.utf8)
        let from = Array("<sip:p@example.com>;tag=1".utf8)
        let to = Array("<sip:w@example.com>;tag=2".utf8)
        let callID = Array("c@d".utf8)
        let type = Array("application/pidf+xml".utf8)
        let bytes = Array(body.utf8)
        var writer = ByteWriter()
        let identity = RequestWriter.Identity(
            from: from.span, to: to.span, callID: callID.span, cSeq: 5)
        RequestWriter.begin(
            method.span, uri: uri.span, socket: socket, branch: branch.span,
            routes: routeBytes.span, identity: identity, into: &writer)
        writer.appendHeader("Event", "presence")
        writer.finishMessage(contentType: type.span, body: bytes.span)
        return writer.text
    }

    @Test("a request that is written is accepted when it is read")
    func roundTrip() throws {
        let socket = ListeningSocket(
            transport: .udp, address: PeerAddress(ipv4: 0x7f00_0001, port: 5060))
        let text = write(socket: socket, routes: "<sip:r1;lr>, <sip:r2;lr>", body: "<x/>")
        #expect(verdict(text) == .accept)
        let message = try loaded(text)
        #expect(message.method == .notify)
        #expect(message.text(message.requestURI) == "sip:a@192.0.2.1:5060")
        #expect(message.texts(.via) == ["SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK77;rport"])
        #expect(message.texts(.route) == ["<sip:r1;lr>", "<sip:r2;lr>"])
        #expect(try message.cSeq?.number == 5)
        #expect(try message.cSeq?.method == .notify)
        #expect(message.maxForwards == .value(70))
        #expect(message.text(message.header(.event)) == "presence")
        #expect(message.text(message.body) == "<x/>")
        #expect(message.has(.contentType) == true)
    }

    @Test(
        "Via names the transport and the advertised address", arguments: TransportProtocol.allCases)
    func transports(transport: TransportProtocol) throws {
        let socket = ListeningSocket(
            transport: transport, address: PeerAddress(high: 0, low: 1, port: 5061),
            advertised: "sip.example.com:5070")
        let message = try loaded(write(socket: socket))
        let name = transport.name.description.uppercased()
        #expect(
            message.texts(.via) == ["SIP/2.0/\(name) sip.example.com:5070;branch=z9hG4bK77;rport"])
        #expect(message.has(.route) == false)
        #expect(message.has(.contentType) == false)
    }
}
