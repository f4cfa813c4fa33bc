import Basics
import NIOCore
import Testing

@testable import Transport

@Suite struct ConnectionTableTests {
    private let open = Counter()
    private var settings = TransportSettings()

    private func destination(_ port: UInt16, connection: Int64 = -1) -> Origin {
        Origin(
            transport: .tcp, socket: .none, source: PeerAddress(ipv4: 0x7f00_0001, port: port),
            connection: connection)
    }

    private func bytes(_ count: Int) -> ByteBuffer {
        ByteBuffer(repeating: 65, count: count)
    }

    /// What a way is, without the channel that cannot be compared.
    private func describe(_ way: ConnectionTable.Way) -> String {
        switch way {
        case .channel: "channel"
        case .queued: "queued"
        case .opening(let number): "opening \(number)"
        case .none: "none"
        }
    }

    @Test("the first message to a stranger opens a connection, the next ones wait with it")
    func waiting() {
        let table = ConnectionTable(counting: open)
        #expect(describe(table.way(for: bytes(1), to: destination(1), settings)) == "opening 1")
        #expect(describe(table.way(for: bytes(1), to: destination(1), settings)) == "queued")
        #expect(describe(table.way(for: bytes(1), to: destination(2), settings)) == "opening 2")
        #expect(open.value == 2)
        #expect(table.remove(1).waiting.count == 2)
        #expect(table.remove(2).waiting.count == 1)
        #expect(open.value == 0)
    }

    @Test("a number is never given twice")
    func numbers() {
        let table = ConnectionTable(counting: open)
        for number in 1...5 {
            let way = table.way(for: bytes(1), to: destination(1), settings)
            #expect(describe(way) == "opening \(number)")
            table.remove(Int64(number))
        }
    }

    @Test("a number that is gone is replaced by the peer's address")
    func gone() {
        let table = ConnectionTable(counting: open)
        #expect(describe(table.way(for: bytes(1), to: destination(1), settings)) == "opening 1")
        let stale = destination(1, connection: 77)
        #expect(describe(table.way(for: bytes(1), to: stale, settings)) == "queued")
    }

    @Test("what waits for a connection is bounded")
    func bounded() {
        let table = ConnectionTable(counting: open)
        let half = bytes(Limits.connectQueueBytesMax / 2)
        #expect(describe(table.way(for: half, to: destination(1), settings)) == "opening 1")
        #expect(describe(table.way(for: half, to: destination(1), settings)) == "queued")
        #expect(describe(table.way(for: bytes(1), to: destination(1), settings)) == "none")
        #expect(table.remove(1).waiting.count == 2)
    }

    @Test("connections that the server opens count towards the most")
    func most() {
        var settings = settings
        settings.connectionsMax = 1
        let table = ConnectionTable(counting: open)
        #expect(describe(table.way(for: bytes(1), to: destination(1), settings)) == "opening 1")
        #expect(describe(table.way(for: bytes(1), to: destination(2), settings)) == "none")
        #expect(describe(table.way(for: bytes(1), to: destination(1), settings)) == "queued")
    }

    @Test("after the end nobody gets in")
    func closed() {
        let table = ConnectionTable(counting: open)
        table.close()
        #expect(describe(table.way(for: bytes(1), to: destination(1), settings)) == "none")
        #expect(table.count == 0)
    }

    @Test("forgetting what is not there does no harm")
    func unknown() {
        let table = ConnectionTable(counting: open)
        #expect(table.remove(5).waiting.count == 0)
        #expect(open.value == 0)
    }
}
