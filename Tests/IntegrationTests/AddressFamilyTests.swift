import JSONValue
import TestSupport
import Testing

/// Registration over IPv6, and replies that find their way.
@Suite("IPv6 and the way back", .onThreads)
struct AddressFamilyTests {
    /// Whether this machine has ::1.
    static let hasIPv6: Bool = {
        guard let port = try? FreePorts.take(1)[0] else { return false }
        return (try? ClientSocket(.datagrams, port: port, isIPv6: true)) != nil
    }()

    @Test(
        "a phone registers over ::1", .enabled(if: hasIPv6, "there is no ::1"),
        arguments: [ClientSocket.Kind.datagrams, .stream])
    func ipv6(kind: ClientSocket.Kind) throws {
        let server = try ServerProcess {
            $0.listens = ["udp:[::1]", "tcp:[::1]", "udp:127.0.0.1"]
        }
        let phone = try SIPClient(kind, port: server.sipPort, isIPv6: true)
        let reply = try phone.register("alice", "sip:alice@[2001:db8::1]:5070;transport=tcp")
        #expect(reply.status == 200)
        #expect(reply.uris == ["sip:alice@[2001:db8::1]:5070;transport=tcp"])
        #expect(reply["via"]?.contains("received=") == true)
        let socket = "\(kind == .stream ? "tcp" : "udp"):[::1]:\(server.sipPort)"
        #expect(try server.contacts(of: "alice").first?["Socket"]?.text == socket)
        let listed = try server.rpc.call("core.sockets_list").items ?? []
        #expect(listed.count == 3)
    }

    @Test("a reply goes to the source port with rport, and Via says so (RFC 3581)")
    func responsePort() throws {
        let server = try ServerProcess()
        let phone = try server.phone()
        let text = RegisterMessage("alice", "sip:alice@192.0.2.1").text(from: phone.socket)
            .replacing("UDP 127.0.0.1:\(phone.socket.localPort)", with: "UDP phone.invalid:9")
        let reply = try phone.request(text)
        #expect(reply.status == 200)
        #expect(reply["via"]?.contains("received=127.0.0.1") == true)
        #expect(reply["via"]?.contains("rport=\(phone.socket.localPort)") == true)
    }

    @Test("without rport a reply goes to the port in Via (RFC 3261 18.2.2)")
    func viaPort() throws {
        let server = try ServerProcess()
        let (sender, receiver) = (try server.phone(), try server.phone())
        let text = RegisterMessage("alice", "sip:alice@192.0.2.1").text(from: receiver.socket)
            .replacing(";rport", with: "")
        sender.socket.send(Array(text.utf8))
        #expect(receiver.reply(seconds: 5)?.status == 200)
    }

    @Test("a retransmitted REGISTER gets the same reply and changes nothing")
    func retransmission() throws {
        let server = try ServerProcess()
        let phone = try server.phone()
        let message = RegisterMessage("alice", "sip:alice@192.0.2.1")
        let first = try phone.register(message)
        let before = try server.everything()
        let second = try phone.register(message)
        #expect(second.status == first.status)
        #expect(second.uris == first.uris)
        #expect(try server.everything().keys == before.keys)
    }
}
