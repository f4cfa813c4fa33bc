internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// Destinations that have failed are left alone for a while (core's `use_dst_blocklist`), so that
/// the next call goes to another address at once instead of waiting for the same silence.
extension TMModule {
    /// Refuses a destination that is left alone; a request of another kind may go there.
    ///
    /// Where the list is not in use this is one load.
    func refuseAvoided(
        _ hop: Origin, _ method: SIPMethod, _ context: ScriptContext
    ) throws(ForwardFailure) {
        guard let avoided = services.avoided, avoided.isAvoiding,
            context.with(settings, { $0.avoidableMethods & Int(method.rawValue) != 0 }),
            avoided.avoids(hop)
        else { return }
        throw .avoided
    }

    /// A transaction has ended without a response.
    func avoid(after outcome: ClientOutcome, in context: ScriptContext) {
        guard let avoided = services.avoided, avoided.isAvoiding else { return }
        if outcome.orders.contains(.reportFailure) {
            avoided.avoid(
                outcome.destination, seconds: nil, reason: AvoidedReason.unreachable.rawValue)
            return
        }
        // Who has rung is there, so the end of an INVITE that is not given up is no reason.
        guard outcome.orders.isSuperset(of: [.reportTimeout, .terminate]),
            context.with(settings, { $0.avoidingMethods & Int(outcome.method.rawValue) != 0 })
        else { return }
        avoided.avoid(outcome.destination, seconds: nil, reason: AvoidedReason.silent.rawValue)
    }

    /// A 503 has come from a destination; it is the context's message (RFC 3261 21.5.4).
    func avoidOverloaded(_ hop: Origin?, in context: ScriptContext) {
        guard context.message.status == 503, let hop, let avoided = services.avoided,
            avoided.isAvoiding
        else { return }
        let asked = context.withMessage { Self.retryAfter($0) }
        let seconds = context.with(settings) { parameters -> Int in
            guard parameters.avoidsOverloaded else { return 0 }
            let wanted = asked ?? parameters.avoidedDefault
            guard wanted > 0 else { return 0 }
            return min(max(wanted, parameters.avoidedLeast), parameters.avoidedMost)
        }
        guard seconds > 0 else { return }
        avoided.avoid(hop, seconds: seconds, reason: AvoidedReason.overloaded.rawValue)
    }

    /// The seconds of Retry-After, which may be followed by a comment and parameters (RFC 3261
    /// 20.33); nil without one that can be read.
    private static func retryAfter(_ message: borrowing SIPMessage) -> Int? {
        for number in 0..<message.headerCount {
            let field = message.field(number)
            guard field.name == .retryAfter else { continue }
            let value = message[field.value]
            var seconds = 0
            var digits = 0
            for place in value.indices {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(value[place]) else { break }
                // Longer than any time that a number of eight digits would tell.
                guard digits < 8 else { return Int(Int32.max) }
                seconds = seconds * 10 + Int(value[place] - UInt8(ascii: "0"))
                digits += 1
            }
            return digits > 0 ? seconds : nil
        }
        return nil
    }
}
