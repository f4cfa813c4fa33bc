internal import Basics
internal import Core
internal import ModuleKit
internal import RouteScript
internal import SIPSyntax
internal import Transport

/// What every worker is made from; the same for all of them.
struct WorkerBlueprint: Sendable {
    /// What modules ask of the server.
    let services: ServerServices
    /// The compiled script.
    let program: Program
    /// The counters of core.
    let counters: MessageCounters
    /// Where durations are noted; nil while nobody can read them.
    var durations: MessageDurations?
    /// The line that names the server in replies, with its CRLF; empty for none.
    let serverHeader: [UInt8]
    /// The key of To-tags.
    let tagKey: UInt64
    /// Whether replies go to the source port although Via has no rport.
    let forcesRport: Bool

    /// A context that a script can run in.
    func makeContext() -> ScriptContext {
        let context = ScriptContext(services: services)
        context.serverHeader = serverHeader
        context.serverID = services.serverID
        context.tagKey = tagKey
        if program.has(.send) {
            context.mayLeave = { [program] context, hop in program.maySend(to: hop, context) }
        }
        program.prepare(context)
        return context
    }
}

/// One worker's way with messages: scan, validate, run the script.
///
/// Everything happens on the worker's thread, and what is sent is written into the context's outbox
/// in place, so a message costs no allocation and no hand-over.
final class SIPWorker: MessageHandler {
    /// What the script works on; emptied for each message.
    private let context: ScriptContext
    private let program: Program
    private let counters: MessageCounters
    private let durations: MessageDurations?
    private let forcesRport: Bool
    /// Who may want a reply before the script does.
    private let replyTakers: [@Sendable (ScriptContext) -> Bool]
    /// What may be done between batches.
    private let turns: [@Sendable (ScriptContext) -> Bool]
    private let hasReplyRoute: Bool
    /// Messages so far, to find those whose duration is taken.
    private var messages: UInt32 = 0
    private var now = WallTime(seconds: 0)
    /// A buffer for the text of refusals, which keeps its room.
    private var unsupported = ByteWriter(capacity: 256)

    /// A worker with a context of its own.
    init(_ blueprint: WorkerBlueprint) {
        context = blueprint.makeContext()
        program = blueprint.program
        counters = blueprint.counters
        durations = blueprint.durations
        forcesRport = blueprint.forcesRport
        hasReplyRoute = program.has(.reply)
        replyTakers = blueprint.services.link.replyTakers
        turns = blueprint.services.link.turns
    }

    /// Takes the time for all messages of a batch.
    func beginBatch(now: WallTime) { self.now = now }

    /// Works on one message.
    ///
    /// What the scanner says decides: a message is worked on, refused with its status, dropped
    /// because nobody may answer it, or was a sign of life and nothing else (RFC 5626 4.4.1).
    func handle(_ message: Span<UInt8>, from origin: Origin) {
        messages &+= 1
        guard let durations, messages % MessageDurations.sampling == 0 else {
            work(on: message, from: origin)
            return
        }
        let begun = SystemClock.monotonic()
        guard work(on: message, from: origin) else { return }
        durations.note(
            MessageCounters.Method(context.message.method),
            nanoseconds: SystemClock.monotonic().since(begun))
    }

    /// The same without looking at the clock; whether it was a request that the script saw.
    @discardableResult
    private func work(on message: Span<UInt8>, from origin: Origin) -> Bool {
        context.reset(origin: origin, now: now)
        context.forcesRport = forcesRport
        switch context.message.receive(message) {
        case .accept:
            if context.message.kind == .request {
                handleRequest()
                return true
            }
            handleReply()
        case .refuse(let error): refuse(error)
        case .drop(let error): drop(error)
        case .keepAlive: break
        }
        return false
    }

    /// Lets modules do a part of what may wait.
    func takeTurn() -> Bool {
        guard !turns.isEmpty else { return false }
        var hasMore = false
        for turn in turns {
            context.reset(origin: Self.nowhere, now: now)
            if turn(context) { hasMore = true }
        }
        return hasMore
    }

    /// Where nothing came from.
    private static let nowhere = Origin(
        transport: .udp, socket: .none, source: PeerAddress(ipv4: 0, port: 0))

    /// Lends the outbox to the transport.
    func withOutbox<Result>(_ body: (inout Outbox) -> Result) -> Result { body(&context.outbox) }

    // MARK: Steps

    /// Counts a request and runs the script on it.
    ///
    /// Silence of the script is counted as a drop: the client is going to send the request again.
    private func handleRequest() {
        let method = context.message.method
        counters.countRequest(MessageCounters.Method(method))
        if method == .other { counters.unknownMethods.add() }
        guard !refusesExtensions(method) else { return }
        program.run(.request, in: context)
        if context.forwardedRequests > 0 {
            counters.forwardedRequests.add(context.forwardedRequests)
        } else if context.repliedStatus == 0 {
            counters.droppedRequests.add()
        }
        // Last, since the transaction may go on with other messages in this context.
        if let transaction = context.transaction { transaction.scriptEnded(in: context) }
    }

    /// The script sees a reply first, and may drop it; then it is for the module whose request it
    /// answers, or for one that was forwarded, and goes on to whom its Via names.
    private func handleReply() {
        counters.countReply(status: context.message.status, method: nil)
        if hasReplyRoute {
            let value = program.run(.reply, in: context)
            guard !context.isDropped, value > 0 else {
                counters.droppedReplies.add()
                return
            }
        }
        for taker in replyTakers where taker(context) { return }
        do throws(ForwardFailure) {
            try context.relayReply()
            counters.forwardedReplies.add()
        } catch {
            counters.droppedReplies.add()
        }
    }

    /// Answers a request that requires an extension which is not there (RFC 3261 8.2.2.3, 16.3).
    ///
    /// Proxy-Require is for every element; Require is for the one that a request ends at, which for
    /// REGISTER this server is.
    private func refusesExtensions(_ method: SIPMethod) -> Bool {
        guard context.message.has(.proxyRequire) || context.message.has(.require),
            method != .ack, method != .cancel
        else { return false }
        unsupported.removeAll()
        let count = context.message.writeUnsupported(.proxyRequire, into: &unsupported) { _ in
            false
        }
        if method == .register {
            let end = unsupported.count
            if count > 0 { unsupported.append(", ") }
            let further = context.message.writeUnsupported(.require, into: &unsupported) { tag in
                // What the registrar knows is its to refuse: settings switch it on and off.
                tag.matches("path") || tag.matches("gruu") || tag.matches("outbound")
            }
            if further == 0 { unsupported.truncate(to: end) }
        }
        guard unsupported.count > 0 else { return false }
        counters.faultyRequests.add()
        Self.send(context, 420, unsupported: unsupported)
        return true
    }

    /// Answers what is malformed and can be answered, with what is wrong as the reason phrase:
    /// whoever debugs a phone reads that first.
    private func refuse(_ error: SyntaxError) {
        counters.faultyRequests.add()
        if error.status == 416 { counters.badURIs.add() } else { counters.badHeaders.add() }
        let reason = error.reason
        unsupported.removeAll()
        unsupported.append(reason)
        Self.send(context, error.status, unsupported)
    }

    private static func send(
        _ context: ScriptContext, _ status: Int, _ reason: borrowing ByteWriter
    ) {
        context.reply(status, reason.span)
    }

    private static func send(
        _ context: ScriptContext, _ status: Int, unsupported: borrowing ByteWriter
    ) {
        let tags = unsupported.span
        context.reply(status, Span()) { writer in
            writer.append("Unsupported: ")
            writer.append(tags)
            writer.append("\r\n")
        }
    }

    /// Counts what is malformed and must not be answered: responses and ACK (RFC 3261 17.1.1.3).
    private func drop(_ error: SyntaxError) {
        if context.message.kind == .response {
            counters.faultyReplies.add()
        } else {
            counters.faultyRequests.add()
        }
        counters.badHeaders.add()
    }
}

extension MessageCounters.Method {
    /// The counter of a method; nil for one that is not told apart.
    init?(_ method: SIPMethod) {
        switch method {
        case .invite: self = .invite
        case .cancel: self = .cancel
        case .ack: self = .ack
        case .bye: self = .bye
        case .info: self = .info
        case .register: self = .register
        case .subscribe: self = .subscribe
        case .notify: self = .notify
        case .message: self = .message
        case .options: self = .options
        case .prack: self = .prack
        case .update: self = .update
        case .refer: self = .refer
        case .publish: self = .publish
        default: return nil
        }
    }
}
