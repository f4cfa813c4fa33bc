import Basics
import Synchronization
import CLinux
import Dispatch
import Transport

/// Sends each message back to where it came from, and notes what happened.
final class EchoHandler: MessageHandler {
    private var outbox = Outbox()
    private let worker: WorkerID
    private let record: Record

    init(_ worker: WorkerID, _ record: Record) {
        self.worker = worker
        self.record = record
    }

    func beginBatch(now: WallTime) { record.begin() }

    func handle(_ message: Span<UInt8>, from origin: Origin) {
        record.note(
            Record.Arrival(
                worker: worker.index, origin: origin, text: String(copying: message)))
        outbox.begin()
        outbox.writer.append(message)
        outbox.commit(to: record.target ?? origin)
    }

    func withOutbox<Result>(_ body: (inout Outbox) -> Result) -> Result { body(&outbox) }
}

/// What the handlers of one layer have seen.
final class Record: Sendable {
    /// A message, by who got it from where.
    struct Arrival: Sendable, Hashable {
        var worker: Int
        var origin: Origin
        var text: String
    }

    let batches = Counter()
    private let arrivals = Guarded<[Arrival]>([])
    private let threads = Guarded<[WorkerID: Int]>([:])
    private let redirection = Guarded<Origin?>(nil)
    private let gate = Guarded<DispatchSemaphore?>(nil)

    func note(_ arrival: Arrival) { arrivals.withLock { $0.append(arrival) } }

    var all: [Arrival] { arrivals.withLock { $0 } }
    var origins: [Origin] { all.map(\.origin) }
    var texts: [String] { all.map(\.text) }

    /// Notes on which thread a handler was made.
    func noteThread(of worker: WorkerID) {
        threads.withLock { $0[worker] = Int(clinux_thread_id()) }
    }

    /// The threads that handlers were made on.
    var madeOn: [WorkerID: Int] { threads.withLock { $0 } }

    /// Where messages go instead of back.
    var target: Origin? { redirection.withLock { $0 } }
    func redirect(to origin: Origin) { redirection.withLock { $0 = origin } }

    /// Counts a batch, and waits while the handlers are held.
    func begin() {
        batches.add()
        gate.withLock { $0 }?.wait()
    }

    /// Lets handlers wait at the start of their next batch.
    func hold() { gate.withLock { $0 = DispatchSemaphore(value: 0) } }

    /// Lets them go on.
    func release() { gate.withLock { $0.take() }?.signal() }
}
