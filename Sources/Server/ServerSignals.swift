internal import Basics
internal import Glibc
internal import Synchronization
internal import UnixSignals

/// SIGTERM and SIGINT, which end the server in order, and SIGHUP, which has it read its files anew.
///
/// They are asked for before the first port is open: each takes a descriptor, and strangers who
/// have taken them all would leave a server that nobody can stop.
final class ServerSignals: Sendable {
    /// What is done when one comes; nothing is known of it while the server starts.
    private struct Actions: Sendable {
        var stop: @Sendable () async -> Void
        var reload: @Sendable () -> Void
    }

    private let actions = Guarded<Actions?>(nil)
    private let tasks = Guarded<[Task<Void, Never>]>([])

    /// Takes the signals; until `serve` is called, those that end the server end it at once.
    init() async {
        let ends = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let reloads = await UnixSignalsSequence(trapping: .sighup)
        let started = [
            Task { for await signal in ends { await end(by: signal) } },
            Task { for await _ in reloads { reload() } },
        ]
        tasks.withLock { $0 = started }
    }

    /// Looks at no signal any more.
    func cancel() { for task in tasks.withLock({ $0 }) { task.cancel() } }

    /// From now on signals do this: `stop` ends the server in order, `reload` has it read its files
    /// anew.
    func serve(
        stop: @escaping @Sendable () async -> Void, reload: @escaping @Sendable () -> Void
    ) {
        actions.withLock { $0 = Actions(stop: stop, reload: reload) }
    }

    private func end(by signal: UnixSignal) async {
        let stop = actions.withLock { $0?.stop }
        if let stop { return await stop() }
        // What it does to a program that does not ask for it.
        let number = signal == .sigint ? SIGINT : SIGTERM
        Glibc.signal(number, SIG_DFL)
        kill(getpid(), number)
    }

    private func reload() {
        let reload = actions.withLock { $0?.reload }
        reload?()
    }
}
