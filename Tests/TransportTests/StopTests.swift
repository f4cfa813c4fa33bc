import Basics
import Dispatch
import Testing

@testable import Transport

@Suite struct StopTests {
    @Test("threads that wait for datagrams end at once", arguments: [1, 3])
    func idle(workers: Int) throws {
        let fixture = try Fixture(["udp:127.0.0.1:0", "udp:127.0.0.1:0"]) {
            $0.udpWorkers = workers
        }
        #expect(fixture.layer.workers.count == 2 * workers)
        #expect(eventually { fixture.layer.workers.allSatisfy { $0.threadID > 0 } })
        let start = SystemClock.monotonic()
        #expect(fixture.layer.stop(within: .seconds(5)))
        #expect(SystemClock.monotonic().since(start) < 2_000_000_000)
        #expect(fixture.layer.workers.isEmpty)
    }

    @Test("threads at work end after their batch, and none is lost")
    func loaded() throws {
        let fixture = try Fixture { $0.udpWorkers = 2 }
        let server = fixture.address
        let peers = try (0..<4).map { _ in try DatagramPeer(for: server) }
        let senders = peers.map { peer in
            WorkerThread(name: "load") {
                for _ in 0..<20_000 { try? peer.send("OPTIONS sip:a@b SIP/2.0", to: server) }
            }
        }
        for sender in senders { try sender.start() }
        #expect(eventually { fixture.statistics.datagramsReceived.value > 100 })
        #expect(fixture.layer.stop(within: .seconds(5)))
        for sender in senders { #expect(sender.join(until: .now() + 20)) }
        let statistics = fixture.statistics
        #expect(
            statistics.datagramsSent.value + statistics.sendErrors.value
                == statistics.datagramsReceived.value)
    }

    @Test("a thread that does not end in time is reported")
    func stuck() throws {
        let gate = DispatchSemaphore(value: 0)
        let thread = WorkerThread(name: "stuck") { gate.wait() }
        try thread.start()
        #expect(!thread.join(until: .now() + 0.01))
        gate.signal()
    }

    @Test("stopping twice does no harm")
    func twice() throws {
        let fixture = try Fixture()
        #expect(fixture.layer.stop())
        #expect(fixture.layer.stop())
    }
}
