import Basics
import SIPSyntax
import Testing

@testable import Transactions

/// ACK and CANCEL as they are made of an INVITE that was sent.
@Suite("ACK and CANCEL")
struct HopRequestTests {
    private static let invite = """
        INVITE sip:bob@192.0.2.4:5070;transport=udp SIP/2.0
        Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK1234, SIP/2.0/UDP inner;branch=z9hG4bK2
        v: SIP/2.0/UDP client.example.com;branch=z9hG4bK3
        Route: <sip:one.example.com;lr>,
         <sip:two.example.com;lr>
        Route: <sip:three.example.com;lr>
        Max-Forwards: 12
        f: "Alice" <sip:alice@example.com>;tag=f1
        To: <sip:bob@example.com>
        Call-ID: call@client
        CSeq: 314159 INVITE
        Require: 100rel
        P-Charge: one
        P-Charge-More: two
        Contact: <sip:alice@client.example.com>
        Content-Length: 0
        """

    private static let response = """
        SIP/2.0 486 Busy Here
        Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK1234;received=192.0.2.1
        From: "Alice" <sip:alice@example.com>;tag=f1
        To: <sip:bob@example.com>;tag=t9
        Call-ID: call@client
        CSeq: 314159 INVITE
        Content-Length: 0
        """

    private static func lines(_ text: String) -> String {
        text.replacing("\n", with: "\r\n") + "\r\n\r\n"
    }

    @Test("an ACK has the top Via, the route and To of the response")
    func acknowledgement() {
        var writer = ByteWriter()
        HopRequest.writeAcknowledgement(
            of: message(Self.invite), for: message(Self.response), into: &writer)
        check(
            writer.text
                == Self.lines(
                    """
                    ACK sip:bob@192.0.2.4:5070;transport=udp SIP/2.0
                    Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK1234
                    Max-Forwards: 70
                    Route: <sip:one.example.com;lr>, <sip:two.example.com;lr>
                    Route: <sip:three.example.com;lr>
                    From: "Alice" <sip:alice@example.com>;tag=f1
                    To: <sip:bob@example.com>;tag=t9
                    Call-ID: call@client
                    CSeq: 314159 ACK
                    Content-Length: 0
                    """))
    }

    @Test("a CANCEL has To of the INVITE, the reason and what is to be copied")
    func cancel() {
        var writer = ByteWriter()
        let reason = Array("SIP;cause=200;text=\"Call completed\r\nelsewhere\"".utf8)
        let prefix = Array("p-ch".utf8)
        HopRequest.writeCancel(
            of: message(Self.invite), reason: reason.span, copiedPrefix: prefix.span,
            into: &writer)
        check(
            writer.text
                == Self.lines(
                    """
                    CANCEL sip:bob@192.0.2.4:5070;transport=udp SIP/2.0
                    Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK1234
                    Max-Forwards: 70
                    Route: <sip:one.example.com;lr>, <sip:two.example.com;lr>
                    Route: <sip:three.example.com;lr>
                    From: "Alice" <sip:alice@example.com>;tag=f1
                    To: <sip:bob@example.com>
                    Call-ID: call@client
                    CSeq: 314159 CANCEL
                    P-Charge: one
                    P-Charge-More: two
                    Reason: SIP;cause=200;text="Call completed  elsewhere"
                    Content-Length: 0
                    """))
    }

    @Test(
        "what is there already or must not be there is never copied",
        arguments: ["v", "f", "t", "r", "c", "m", "Content", "Require", "Call-ID"])
    func neverCopied(prefix: String) {
        var writer = ByteWriter()
        let bytes = Array(prefix.utf8)
        HopRequest.writeCancel(
            of: message(Self.invite), copiedPrefix: bytes.span, into: &writer)
        var cancel = SIPMessage()
        check(cancel.receive(writer.span) == .accept)
        #expect(cancel.fieldCount(.via) == 1)
        #expect(cancel.fieldCount(.route) == 2)
        check(!cancel.has(.require) && !cancel.has(.contentType))
    }

    @Test("both are what the server would accept, and match the INVITE's transaction")
    func roundTrip() throws {
        let rig = ServerRig()
        let invite = message(Self.invite)
        #expect(try rig.receive(invite) == "new")
        var writer = ByteWriter()
        HopRequest.writeCancel(of: invite, into: &writer)
        var cancel = SIPMessage()
        check(cancel.receive(writer.span) == .accept)
        check(rig.handle(cancel, as: .invite) == rig.handle(invite))
        #expect(try rig.answer(rig.handle(invite), 487) == "send")
        writer.removeAll()
        HopRequest.writeAcknowledgement(of: invite, for: message(Self.response), into: &writer)
        var ack = SIPMessage()
        check(ack.receive(writer.span) == .accept)
        check(rig.acknowledge(ack) == "")
    }
}
