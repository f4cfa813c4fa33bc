import Basics
import Testing

@testable import Resolution

@Suite("Destinations that are left out")
struct BlocklistTests {
    private static func time(_ seconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(seconds) * 1_000_000_000)
    }

    private static func place(_ last: UInt32, _ transport: TargetTransport = .udp) -> Candidate {
        Candidate(
            transport: transport, address: PeerAddress(ipv4: 0xc000_0200 | last, port: 5060))
    }

    @Test("a destination is left out until its time is over, by its own transport only")
    func time() {
        let list = Blocklist()
        list.block(Self.place(1), until: Self.time(60), now: Self.time(0))
        #expect(list.isBlocked(Self.place(1), now: Self.time(59)))
        #expect(!list.isBlocked(Self.place(1, .tcp), now: Self.time(59)))
        #expect(!list.isBlocked(Self.place(2), now: Self.time(59)))
        #expect(!list.isBlocked(Self.place(1), now: Self.time(60)))
        #expect(list.count == 0)
    }

    @Test("the reason that was given is listed, that of the later end")
    func reasons() {
        let list = Blocklist()
        list.block(Self.place(1), until: Self.time(60), now: Self.time(0), flags: 2)
        list.block(Self.place(1), until: Self.time(50), now: Self.time(0), flags: 4)
        #expect(list.rows(now: Self.time(0)).map(\.flags) == [2])
        list.block(Self.place(1), until: Self.time(70), now: Self.time(0), flags: 16)
        #expect(list.rows(now: Self.time(0)).map(\.flags) == [16])
    }

    @Test("a later end stays, and an end that has passed is none")
    func ends() {
        let list = Blocklist()
        list.block(Self.place(1), until: Self.time(60), now: Self.time(0))
        list.block(Self.place(1), until: Self.time(30), now: Self.time(0))
        #expect(list.isBlocked(Self.place(1), now: Self.time(45)))
        list.block(Self.place(2), until: Self.time(5), now: Self.time(5))
        #expect(list.count == 1)
    }

    @Test("others keep their order")
    func permitted() {
        let list = Blocklist()
        let all = (1...4).map { Self.place($0) }
        #expect(list.permitted(all, now: Self.time(0)) == all)
        list.block(Self.place(2), until: Self.time(60), now: Self.time(0))
        #expect(list.permitted(all, now: Self.time(1)) == [all[0], all[2], all[3]])
        #expect(list.permitted([Self.place(2)], now: Self.time(1)).isEmpty)
    }

    @Test("a full list drops what ends first")
    func full() {
        let list = Blocklist(limit: 3)
        for number in 1...4 {
            list.block(
                Self.place(UInt32(number)), until: Self.time(10 * number), now: Self.time(0))
        }
        #expect(list.count == 3)
        #expect(!list.isBlocked(Self.place(1), now: Self.time(1)))
        #expect(list.rows(now: Self.time(1)).map(\.destination) == (2...4).map { Self.place($0) })
        list.block(Self.place(9), until: Self.time(90), now: Self.time(35))
        #expect(list.count == 2)
    }

    @Test("destinations are released one by one or all together")
    func release() {
        let list = Blocklist()
        list.block(Self.place(1), until: Self.time(60), now: Self.time(0))
        list.block(Self.place(2), until: Self.time(60), now: Self.time(0))
        #expect(list.release(Self.place(1)))
        #expect(!list.release(Self.place(1)))
        #expect(list.count == 1)
        list.releaseAll()
        #expect(list.count == 0)
        #expect(list.rows(now: Self.time(0)).isEmpty)
    }
}
