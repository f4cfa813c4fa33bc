internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `sl`: stateless replies.
///
/// The same request always gets the same To-tag, so a retransmission is answered alike although
/// nothing is remembered of the first one (RFC 3261 8.2.7).
public final class SLModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// The status where a script gives none that is valid.
        public var defaultCode = 500
        /// The reason phrase that goes with it.
        public var defaultReason = "Internal Server Error"
        /// Whether replies go through a transaction where one exists.
        public var bindTM = true
    }

    /// What holds without `modparam`.
    public static let defaults = Parameters()

    /// How many replies were sent, by status; the server counts them wherever they come from.
    ///
    /// Not the module's own: save and lookup of other modules reply too.
    let counters: ReplyCounters
    /// Where the defaults are found at the time of a message.
    private let settings: SettingsHandle<Parameters>

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        settings = setup.settings
        counters = setup.services.replyCounters
    }

    /// Sends a reply without state.
    ///
    /// ACK is never answered, which is no failure (RFC 3261 17).
    func send(_ context: ScriptContext, _ code: Int, _ reason: Reason) -> Int {
        // In `reply_route` there is no request to answer.
        guard context.message.kind == .request else { return -1 }
        // 1, so that scripts which test the result do not treat it as a fault.
        if context.message.method == .ack { return 1 }
        // A status from a pseudo-variable may be anything. Some answer must go out: without one the
        // phone would repeat the request for 32 seconds (RFC 3261 17.1.2.2).
        guard (100...699).contains(code) else {
            return context.with(settings) { settings in
                reply(context, settings.defaultCode, Array(settings.defaultReason.utf8))
            }
        }
        switch reason {
        // Cleaned when the script was loaded.
        case .constant(let bytes): return reply(context, code, bytes)
        case .dynamic(let read):
            guard let text = read(context) else { return -1 }
            return reply(context, code, HeaderText.oneLine(context.bytes(of: text)))
        }
    }

    private func reply(_ context: ScriptContext, _ code: Int, _ reason: [UInt8]) -> Int {
        context.reply(code, reason.span) ? 1 : -1
    }
}

/// The reason phrase of a reply: known when the script is loaded, or put together at each call.
enum Reason: Sendable {
    /// Bytes without line ends.
    case constant([UInt8])
    /// Found out at each call.
    case dynamic(@Sendable (ScriptContext) -> ScriptText?)

    /// The reason phrase of an argument.
    init(_ evaluator: Evaluator<ScriptText>) {
        switch evaluator {
        case .constant(.owned(let bytes)): self = .constant(HeaderText.oneLine(bytes))
        // A constant that is a part of a message cannot be: scripts are loaded before any comes.
        case .constant(let text): self = .dynamic { _ in text }
        case .dynamic(let read): self = .dynamic(read)
        }
    }
}
