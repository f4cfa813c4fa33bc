internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `maxfwd`: the Max-Forwards header field (RFC 3261 20.22).
///
/// Its functions change the message only when it is sent on: a script that answers a request
/// itself leaves the count as it came. A request that a script forwards without calling them is
/// counted down by the forwarding itself, so no request goes round in circles for ever.
public final class MaxFwdModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// The largest value that a request may leave with.
        public var maxLimit = 70
    }

    /// What holds without `modparam`.
    public static let defaults = Parameters()

    /// What the module declares.
    public static let manifest = Manifest<MaxFwdModule>(
        "maxfwd", "The Max-Forwards header field.",
        parameters: [
            ParameterRow(
                "max_limit", \.maxLimit, 0...255,
                "The largest value that a request may leave with.", runtime: .changeable)
        ],
        functions: ["mf_process_maxfwd_header", "process_maxfwd", "maxfwd_process"].map(processing)
            + ["is_maxfwd_lt", "mf_lowlimit", "maxfwd_at_least"].map(comparing))

    /// Where the limit is found at the time of a message.
    private let settings: SettingsHandle<Parameters>

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        settings = setup.settings
    }

    private static func processing(_ name: String) -> FunctionRow<MaxFwdModule> {
        FunctionRow(
            name, .integer("initial value"), routes: [.request, .event],
            returns: "1 counted down, 2 added, -1 it is 0, -2 it is no number",
            "Counts Max-Forwards down, or adds it."
        ) { (module, context, initial) in module.process(context, initial) }
    }

    private static func comparing(_ name: String) -> FunctionRow<MaxFwdModule> {
        FunctionRow(
            name, .integer("limit"), routes: [.request, .failure, .branch, .event],
            returns: "1 yes, -1 no, -2 it is not there, -3 it is no number",
            "Whether Max-Forwards is lower than a limit."
        ) { (_, context, limit) in
            switch value(context) {
            // Three answers below zero: a script can tell what is wrong, and all of them are false.
            case .absent: -2
            case .malformed: -3
            case .number(let number): number < limit ? 1 : -1
            }
        }
    }

    /// What Max-Forwards of the message is.
    private enum Value {
        case absent
        case malformed
        case number(Int)
    }

    /// Values beyond 255 are too large by RFC 3261 20.22, but come down to the limit as others do.
    private static func value(_ context: ScriptContext) -> Value {
        guard let range = context.message.header(.maxForwards) else { return .absent }
        let number = context.withMessage { $0[range].decimal(upTo: UInt64(UInt32.max)) }
        return number.map { .number(Int($0)) } ?? .malformed
    }

    private func process(_ context: ScriptContext, _ initial: Int) -> Int {
        guard context.message.kind == .request else { return -2 }
        let limit = context.with(settings) { $0.maxLimit }
        switch Self.value(context) {
        case .malformed: return -2
        case .absent:
            // The script's number may be computed and out of any range.
            let number = min(max(initial, 0), limit)
            let line = Array("Max-Forwards: \(number)\r\n".utf8)
            // Nothing of it is a stranger's, so it needs no look as other header lines do.
            return context.edits.insert(line, at: context.message.headers.start) ? 2 : -2
        // The script answers 483 (RFC 3261 16.3 step 3).
        case .number(0): return -1
        case .number(let number):
            guard let range = context.message.header(.maxForwards) else { return -2 }
            // A value far above the limit is a way to make a request circle for long.
            let next = Array(String(min(number - 1, limit)).utf8)
            return context.edits.override(range, with: next) ? 1 : -2
        }
    }
}
