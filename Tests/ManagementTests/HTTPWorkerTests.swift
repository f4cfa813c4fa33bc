import Basics
import JSONValue
import ModuleKit
import Synchronization
import TestSupport
import Testing

@testable import Management

/// Threads for answers that may wait.
@Suite("workers for answers")
struct HTTPWorkerTests {
    /// Waits for something that other threads do.
    private func eventually(_ isTrue: () -> Bool) -> Bool {
        for _ in 0..<20_000 where !isTrue() { Pause.briefly() }
        return isTrue()
    }

    @Test("all work is done, however much comes at once")
    func crowd() {
        let workers = HTTPWorkers()
        let done = Counter()
        for _ in 0..<200 {
            let isTaken = workers.run {
                done.add()
                return .reusable
            }
            #expect(isTaken)
        }
        #expect(eventually { !workers.isBusy })
        #expect(done.value == 200)
    }

    @Test("a thread that has nothing to do is used again, one that is spent is not")
    func reuse() {
        let workers = HTTPWorkers()
        let threads = Guarded<[Int]>([])
        func run(_ ending: HTTPWorkers.Ending) {
            _ = workers.run {
                threads.withLock { $0.append(ThreadFacts.number) }
                return ending
            }
            #expect(eventually { !workers.isBusy })
        }
        run(.reusable)
        run(.spent)
        run(.reusable)
        let seen = threads.withLock { $0 }
        #expect(seen[0] == seen[1] && seen[1] != seen[2])
    }

    @Test("work that waits keeps nobody else from theirs")
    func waiting() {
        let workers = HTTPWorkers()
        let gate = Gate()
        for _ in 0..<8 {
            _ = workers.run {
                gate.pass()
                return .reusable
            }
        }
        let isDone = Counter()
        _ = workers.run {
            isDone.add()
            return .reusable
        }
        #expect(eventually { isDone.value == 1 })
        #expect(workers.isBusy)
        gate.open()
        #expect(eventually { !workers.isBusy })
    }
}

/// Which calls are answered on the thread of all connections.
@Suite("brief calls")
struct BriefCallTests {
    private func dispatcher() -> JSONRPCDispatcher {
        let brief = BoundMethod(
            "brief", module: "sample", result: .integer, isBrief: true, "Answers at once",
            example: RPCExample([], 1)
        ) { _ in .value(1) }
        let other = BoundMethod(
            "other", module: "sample", result: .integer, "May wait", example: RPCExample([], 2)
        ) { _ in .value(2) }
        return SampleCommands.dispatcher([brief, other])
    }

    @Test(
        "one call of a brief command, and nothing else",
        arguments: [
            (#"{"jsonrpc":"2.0","method":"brief","id":1}"#, true),
            (#"{"jsonrpc":"2.0","method":"brief","params":[],"id":"a"}"#, true),
            (#"{"jsonrpc":"2.0","method":"other","id":1}"#, false),
            (#"{"jsonrpc":"2.0","method":"nobody","id":1}"#, false),
            (#"{"jsonrpc":"2.0","method":"brief"}"#, false),
            (#"[{"jsonrpc":"2.0","method":"brief","id":1}]"#, false),
            (#"{"jsonrpc":"1.0","method":"brief","id":1}"#, false),
            (#"{"jsonrpc":"2.0","method":"brief","id":1"#, false), ("", false), ("7", false),
        ])
    func which(document: String, isBrief: Bool) {
        let bytes = Array(document.utf8)
        let answer = dispatcher().briefAnswer(
            bytes.span, from: RPCCaller(channel: "test", address: "here"))
        #expect((answer != nil) == isBrief)
    }

    @Test("a document that is too long is left to others unseen")
    func long() {
        let spaces = String(repeating: " ", count: Limits.briefBodyBytesMax)
        let bytes = Array((#"{"jsonrpc":"2.0","method":"brief","id":1}"# + spaces).utf8)
        let answer = dispatcher().briefAnswer(
            bytes.span, from: RPCCaller(channel: "test", address: "here"))
        #expect(answer == nil)
    }
}
