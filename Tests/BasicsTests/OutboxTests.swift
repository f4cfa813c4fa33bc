import Basics
import Testing

@Suite("Outbox")
struct OutboxTests {
    let home = Origin(
        transport: .udp, socket: SocketIndex(0),
        source: PeerAddress(ipv4: 0x7f00_0001, port: 5060))

    @Test("messages are kept in the order of writing")
    func order() {
        var outbox = Outbox(capacity: 16, messages: 1)
        for text in ["one", "two", "three"] {
            outbox.begin()
            outbox.writer.append(text)
            outbox.commit(to: home)
        }
        #expect(outbox.entries.count == 3)
        #expect(String(copying: outbox.bytes(outbox.entries[1])) == "two")
        #expect(String(copying: outbox.bytes(outbox.entries[2])) == "three")
    }

    @Test("a message given up leaves no trace")
    func abandon() {
        var outbox = Outbox()
        outbox.begin()
        outbox.writer.append("gone" as StaticString)
        outbox.abandon()
        outbox.begin()
        outbox.writer.append("kept" as StaticString)
        outbox.commit(to: home)
        #expect(outbox.entries.count == 1)
        #expect(String(copying: outbox.bytes(outbox.entries[0])) == "kept")
    }

    @Test("emptying it keeps nothing")
    func removeAll() {
        var outbox = Outbox()
        outbox.begin()
        outbox.writer.append("x" as StaticString)
        outbox.commit(to: home)
        outbox.removeAll()
        #expect(outbox.isEmpty == true)
        #expect(outbox.writer.count == 0)
    }

    @Test("a message without bytes is a defect")
    func emptyMessage() async {
        await #expect(processExitsWith: .failure) {
            var outbox = Outbox()
            outbox.begin()
            outbox.commit(
                to: Origin(
                    transport: .udp, socket: .none, source: PeerAddress(ipv4: 0, port: 0)))
        }
    }
}
