internal import Foundation

/// Threads for tests that wait for other processes, so that they do not take those of Swift's own
/// pool, which has one for each processor.
///
/// There are few of them, so that not all servers of all tests run at the same time.
public final class WorkThreads: TaskExecutor {
    /// The threads of this process.
    public static let shared = WorkThreads(count: 5)

    /// What waits for a thread.
    private let jobs = Jobs()

    /// Starts threads, which live as long as the process.
    public init(count: Int) {
        precondition(count > 0)
        for number in 0..<count {
            let thread = Thread { [jobs, weak self] in
                while true {
                    let job = jobs.take()
                    guard let self else { return }
                    unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
                }
            }
            thread.name = "work-\(number)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Takes a job in; a thread runs it when it is free.
    public func enqueue(_ job: consuming ExecutorJob) { jobs.add(UnownedJob(job)) }

    /// The jobs that wait.
    ///
    /// `@unchecked Sendable`: everything happens under `condition`.
    private final class Jobs: @unchecked Sendable {
        /// Guards `waiting` and wakes a thread for each job.
        private let condition = NSCondition()
        /// First in, first out, so that no test waits for ever behind younger ones.
        private var waiting: [UnownedJob] = []

        /// Takes a job in and wakes one thread.
        func add(_ job: UnownedJob) {
            condition.lock()
            waiting.append(job)
            condition.signal()
            condition.unlock()
        }

        /// The oldest job; waits until there is one.
        func take() -> UnownedJob {
            condition.lock()
            defer { condition.unlock() }
            while waiting.isEmpty { condition.wait() }
            return waiting.removeFirst()
        }
    }
}
