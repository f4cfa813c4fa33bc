internal import Basics
internal import Dispatch
internal import Synchronization

/// Runs the repeated work of the control plane: expiry, write-back, housekeeping.
///
/// Each job has a queue of its own, so that one that waits for a database does not hold up the
/// others; a job that is still running when it is due again is not started a second time.
///
/// SIP workers have no part in it: what it runs may wait for a disk or for a network. A turn that
/// was missed is not made up for.
final class ControlTimer: Sendable {
    /// All timers that run; they are kept here because a source that nobody holds stops.
    private let jobs = Guarded<[Job]>([])

    /// Runs `body` every `seconds`, for the first time after that time.
    ///
    /// The name is that of its queue, which a debugger shows. A period is one second or more; the
    /// leeway lets the system wake up once for several jobs.
    func every(_ seconds: Int, _ name: String, _ body: @escaping @Sendable () -> Void) {
        precondition(seconds > 0, "a job needs a period")
        let queue = DispatchQueue(label: "roost.\(name)", qos: .utility)
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(
            deadline: .now() + .seconds(seconds), repeating: .seconds(seconds),
            leeway: .milliseconds(50))
        timer.setEventHandler(handler: body)
        let job = Job(timer: timer)
        jobs.withLock { $0.append(job) }
        timer.resume()
    }

    /// Ends all jobs; one that runs is left to finish.
    ///
    /// None begins afterwards. Stopping twice is harmless.
    func stop() {
        let ended = jobs.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        for job in ended { job.timer.cancel() }
    }

    /// A timer that runs.
    ///
    /// Dispatch sources may be used from any thread, though their protocol does
    /// not say so: that is why it may be shared.
    private struct Job: @unchecked Sendable {
        let timer: any DispatchSourceTimer
    }
}
