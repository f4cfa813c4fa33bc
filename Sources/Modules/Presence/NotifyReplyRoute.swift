internal import Basics
internal import ModuleKit
internal import Subscriptions
internal import Synchronization

/// `event_route[presence:notify-reply]`: what the script says about the answer to a NOTIFY.
final class NotifyReplyRoute: Sendable {
    /// Name of the route.
    static let name = "presence:notify-reply"
    private static let block = ScriptBlock.event(name)

    private let services: any Services
    /// The `$xavp` of `xavp_cfg`; empty for none.
    private let root: [UInt8]
    /// 0 unknown, 1 not there, 2 there: a script does not change while it runs.
    private let presence = Atomic<UInt8>(0)

    /// The route of a server.
    init(_ services: any Services, root: [UInt8]) {
        self.services = services
        self.root = root
    }

    /// Whether the script has it.
    var isThere: Bool {
        let known = presence.load(ordering: .relaxed)
        if known != 0 { return known == 2 }
        let found = services.blocks.hasBlock(Self.block)
        presence.store(found ? 2 : 1, ordering: .relaxed)
        return found
    }

    /// Runs it for the end of a NOTIFY; whether the script wants the subscription to end.
    ///
    /// `$subs` is the subscription meanwhile. The context's message is the answer where there is
    /// one; `$notify_reply` reads it.
    func run(
        _ outcome: RequestOutcome, _ agent: StateAgent, _ handle: SubscriptionHandle,
        _ work: PresenceWorkspace, in context: ScriptContext
    ) -> Bool {
        guard let row = agent.subscription(handle) else { return false }
        let before = work.shown
        let isMessage = if case .answered = outcome { true } else { false }
        work.shown = ShownSubscription(dialog: row.dialog, values: row.values, handle: nil)
        work.notifyReply = NotifyReply(status: outcome.status, isMessage: isMessage)
        defer {
            work.shown = before
            work.notifyReply = nil
        }
        context.structured.removeAll(root)
        _ = services.blocks.runBlock(Self.block, in: context)
        let value = context.structured.value(root, Self.wish)
        return value.flatMap { context.integer($0) } == 1
    }

    private static let wish = Array("delete_subscription".utf8)
}
