internal import Basics
internal import ModuleKit
internal import Subscriptions
internal import Synchronization

/// What there is once the module has started.
final class RunningPresence: Sendable {
    /// The engine.
    let agent: StateAgent
    /// What sends its notifications.
    let sender: NotifySender

    /// Both.
    init(_ agent: StateAgent, _ sender: NotifySender) {
        self.agent = agent
        self.sender = sender
    }
}

/// What happens by itself: expiry, and notifications that wait.
extension PresenceModule {
    /// Records that one round of expiry looks at.
    private static let recordsPerRound = 256
    /// Rounds in one second; what is left then waits for the next.
    private static let roundsPerSecond = 128

    /// Starts the clock, and has workers take turns.
    func startTurns(_ running: RunningPresence) {
        let sender = running.sender
        services.network.takeTurns { context in sender.turn(context) }
        services.every(1, "presence.expire") { [weak self] in
            self?.tick(running, now: SystemClock.wall())
        }
        guard !parameters.notifiesAtOnce else { return }
        // What Kamailio's notifier does: first NOTIFYs are combined over `waitn_time`.
        let seconds = parameters.combiningSeconds > 0 ? parameters.combiningSeconds : 5
        services.every(seconds, "presence.notify") { [weak self] in
            running.agent.releaseDelayed()
            self?.drain(running, now: SystemClock.wall())
        }
    }

    /// What is due each second.
    func tick(_ running: RunningPresence, now: WallTime) {
        perform(running, now: now) { _, orders in
            running.sender.takePostponed(Limits.notifyOrdersPerTurnMax, into: &orders)
        }
        var rounds = 0
        var hasMore = true
        while hasMore, rounds < Self.roundsPerSecond {
            rounds += 1
            var ended: [ExpiredState]? = watch.told == nil ? nil : []
            perform(running, now: now) { _, orders in
                hasMore = running.agent.expire(
                    now: now, limit: Self.recordsPerRound, into: &orders, ended: &ended)
            }
            tellExpired(ended ?? [], running.agent, now)
        }
        drain(running, now: now)
    }

    /// Sends what waits although no worker is awake to take a turn.
    func drain(_ running: RunningPresence, now: WallTime) {
        var rounds = 0
        while running.agent.hasWaitingOrders, rounds < Self.roundsPerSecond {
            rounds += 1
            perform(running, now: now) { _, orders in
                _ = running.agent.nextOrders(
                    limit: Self.recordsPerRound, now: now, into: &orders)
            }
        }
    }

    /// Does a part of the control plane's work and sends what it orders.
    func perform(
        _ running: RunningPresence, now: WallTime,
        _ body: (ScriptContext, inout [NotifyOrder]) -> Void
    ) {
        services.perform { context in
            context.now = now
            var orders: [NotifyOrder] = []
            body(context, &orders)
            storage.load()?.changed()
            running.sender.send(&orders, in: context)
        }
    }
}
