internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Synchronization
internal import Transactions

/// A request that was received, from `t_newtran` or `t_relay` to its end.
///
/// Whoever works on it has its turn: the worker that runs its `request_route`, then whoever
/// receives a response or finds a timer due. What comes while another thread has the turn waits in
/// the mailbox and is done by that thread, so that no lock is held while a script runs.
///
/// `@unchecked Sendable`: everything but the mailbox is touched by the thread that has the turn.
final class ServedTransaction: ServerTransaction, @unchecked Sendable {
    /// The module that opened it.
    let module: TMModule
    /// What the store knows it by.
    let handle: ServerHandle
    /// The method of its request.
    let method: SIPMethod
    /// What the script wants of it.
    var wishes: TransactionWishes

    /// A transaction of a request that the store has just opened.
    init(
        _ module: TMModule, _ handle: ServerHandle, _ method: SIPMethod,
        _ wishes: TransactionWishes
    ) {
        self.module = module
        self.handle = handle
        self.method = method
        self.wishes = wishes
    }

    // MARK: Replies of this server's

    /// Keeps a reply for retransmissions; false when a final one was sent already.
    func mayReply(_ status: Int, in context: ScriptContext) -> Bool {
        let now = SystemClock.monotonic()
        do throws(TransactionError) {
            let outcome = try context.withBegun { (message) throws(TransactionError) in
                try module.servers.answer(handle, status: status, message: message, now: now)
            }
            guard outcome.orders.contains(.send) else { return false }
        } catch {
            // What has ended may still be answered once; it is not repeated.
            return error.kind != .gone && error.kind != .wrongState
        }
        module.counters.generated.add()
        module.counters.sent.add()
        module.counters.complete(status)
        return true
    }

    /// The store has forgotten it.
    func ended() { module.counters.ended.add() }

    /// A response came.
    func answered(_ outcome: ClientOutcome, in context: ScriptContext) {}
    /// A branch was not answered.
    func failed(_ outcome: ClientOutcome, in context: ScriptContext) {}
}
