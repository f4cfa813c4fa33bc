import Basics
import JSONValue
import Logging
import Management
import ModuleKit
import Synchronization
import TestSupport
import Testing

/// Who goes, and who is held up by it.
@Suite("ends of HTTP connections")
struct HTTPEndingTests {
    /// A server whose command `wait` waits for a gate, and whose `huge` never ends by itself.
    private final class Rig {
        let gate = Gate()
        let produced = Counter()
        let server: HTTPServer
        let port: UInt16

        init() throws {
            var configuration = HTTPServer.Configuration()
            configuration.port = 0
            let gate = gate
            let produced = produced
            let long = BoundMethod(
                "long", module: "sample", result: .any, "Waits, then long",
                example: RPCExample([], nil)
            ) { _ in
                gate.pass()
                return .stream(Records(5_000_000, produced))
            }
            let huge = BoundMethod(
                "huge", module: "sample", result: .any, "Huge", example: RPCExample([], nil)
            ) { _ in .stream(Records(50_000_000, produced)) }
            let brief = BoundMethod(
                "brief", module: "sample", result: .integer, isBrief: true, "Answers at once",
                example: RPCExample([], 1)
            ) { _ in .value(1) }
            let commands = SampleCommands.dispatcher(
                [SampleCommands.wait(gate), long, huge, brief])
            server = HTTPServer(
                configuration, endpoints: [RPCEndpoint(commands)],
                logger: Logger(label: "test") { _ in Silence() })
            try server.start()
            port = try #require(server.port)
        }

        deinit {
            gate.open()
            server.stop()
        }

        /// A client that has asked for something.
        func client(asking method: String, receiveBuffer: Int32? = nil) -> RawClient {
            let client = RawClient(port: port, receiveBuffer: receiveBuffer)
            client.post(#"{"jsonrpc":"2.0","method":"\#(method)","id":1}"#)
            return client
        }

        /// Stops the server and tells how long that took.
        func stop() -> Duration {
            let clock = ContinuousClock()
            return clock.measure { server.stop() }
        }
    }

    @Test("readers that have stopped do not hold up the stop", arguments: [1, 8])
    func stoppedReaders(_ count: Int) throws {
        let rig = try Rig()
        let readers = (0..<count).map { _ in rig.client(asking: "huge", receiveBuffer: 16_384) }
        for reader in readers { #expect(reader.skim() > 0) }
        #expect(rig.stop() < .seconds(20))
        #expect(rig.produced.value < 50_000_000)
    }

    @Test("what nobody reads any more is not made: the client goes in the middle")
    func leaves() throws {
        let rig = try Rig()
        let reader = rig.client(asking: "huge", receiveBuffer: 16_384)
        #expect(reader.skim() > 0)
        reader.hangUp()
        #expect(
            eventually(within: 20) {
                let before = rig.produced.value
                pause(seconds: 0.2)
                return rig.produced.value == before
            })
        #expect(rig.client(asking: "brief").answer()?.json?["result"] == 1)
    }

    @Test("the client goes while its answer is made, and the thread that makes it is free again")
    func leavesEarly() throws {
        let rig = try Rig()
        for number in 1...6 {
            let client = rig.client(asking: number % 2 == 0 ? "long" : "wait")
            #expect(eventually(within: 20) { rig.gate.waiting.value == number })
            client.hangUp()
        }
        rig.gate.open()
        #expect(rig.client(asking: "brief").answer()?.json?["result"] == 1)
        #expect(rig.stop() < .seconds(20))
    }

    @Test("commands that wait hold up their own clients only, however many they are")
    func crowd() throws {
        let rig = try Rig()
        let waiting = (0..<40).map { _ in rig.client(asking: "wait") }
        #expect(eventually(within: 20) { rig.gate.waiting.value == 40 })
        let other = RawClient(port: rig.port)
        for _ in 0..<20 {
            let answer = other.call(#"{"jsonrpc":"2.0","method":"brief","id":1}"#)
            #expect(answer?.json?["result"] == 1)
            let done = other.call(#"{"jsonrpc":"2.0","method":"done","id":2}"#)
            #expect(done?.json?["id"] == 2)
        }
        rig.gate.open()
        for client in waiting { #expect(client.answer()?.status == 200) }
    }

    @Test("brief and other calls of one connection are answered in their order")
    func order() throws {
        let rig = try Rig()
        let client = RawClient(port: rig.port)
        let methods = ["brief", "done", "brief", "dump", "brief", "wait", "brief"]
        for (number, method) in methods.enumerated() {
            client.post(#"{"jsonrpc":"2.0","method":"\#(method)","id":\#(number)}"#)
        }
        #expect(eventually(within: 20) { rig.gate.waiting.value == 1 })
        rig.gate.open()
        for number in methods.indices {
            #expect(client.answer()?.json?["id"]?.integer == number)
        }
    }

    @Test("a command that runs is waited for when the server stops")
    func running() throws {
        let rig = try Rig()
        let client = rig.client(asking: "wait")
        #expect(eventually(within: 20) { rig.gate.waiting.value == 1 })
        let gate = rig.gate
        let isStopped = Guarded(false)
        let server = rig.server
        let isStarted = DetachedThread.start {
            server.stop()
            isStopped.withLock { $0 = true }
        }
        #expect(isStarted)
        pause(seconds: 0.3)
        #expect(!isStopped.withLock { $0 })
        gate.open()
        #expect(eventually(within: 20) { isStopped.withLock { $0 } })
        #expect(client.answer() != nil || client.isClosed())
    }
}
