import Basics
import Core
import Testing

@testable import Server

@Suite("How long a worker takes")
struct WorkerDurationTests {
    private static let route = """
        loadmodule "sl.so"
        request_route { sl_send_reply("200", "OK"); }
        """

    @Test("one message of sixteen is measured, by its method")
    func sampling() throws {
        let durations = MessageDurations()
        let rig = try WorkerRig(Self.route, durations: durations)
        let sampling = Int(MessageDurations.sampling)
        for _ in 0..<(2 * sampling) { rig.handle(WorkerRig.request("REGISTER")) }
        #expect(durations.reading(.register).count == 2)
        for _ in 0..<sampling { rig.handle(WorkerRig.request("MESSAGE")) }
        #expect(durations.reading(.register).count == 2)
        #expect(durations.reading(.message).count == 1)
        #expect(durations.reading(.register).nanoseconds > 0)
        #expect(rig.counters.requests.value == 3 * sampling)
    }

    @Test("what is no request is not measured")
    func others() throws {
        let durations = MessageDurations()
        let rig = try WorkerRig(Self.route, durations: durations)
        for _ in 0..<(2 * Int(MessageDurations.sampling)) { rig.handle("\r\n\r\n") }
        for _ in 0..<(2 * Int(MessageDurations.sampling)) { rig.handle("no SIP at all\r\n\r\n") }
        #expect(durations.reading(.message).count == 0)
    }

    @Test("nothing is measured where nobody can read it")
    func unread() throws {
        let rig = try WorkerRig(Self.route)
        for _ in 0..<64 {
            let sent = rig.handle(WorkerRig.request("OPTIONS"))
            #expect(sent.count == 1)
        }
        #expect(rig.counters.requests.value == 64)
    }
}
