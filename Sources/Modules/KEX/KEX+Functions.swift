internal import Basics
internal import ModuleKit
internal import SIPSyntax

extension KEX {
    private static let done = "1 done, -1 not"
    private static let truth = "1 yes, -1 no"

    /// What the script flags of one message are kept in: they are no flags of a transaction.
    final class ScriptFlags {
        /// The message that they belong to.
        var message: UInt64 = 0
        /// One bit each.
        var bits: UInt32 = 0
    }

    /// The script flags for the message at hand.
    func scriptFlags(_ context: ScriptContext) -> ScriptFlags {
        let flags = context.workspace(settings) { ScriptFlags() }
        if flags.message != context.messageNumber {
            flags.message = context.messageNumber
            flags.bits = 0
        }
        return flags
    }

    /// What a function does with a flag.
    private enum Deed: Sendable {
        case set, reset, test

        /// Does it; the answer is the function's.
        func perform(_ bits: inout UInt32, _ flag: Int) -> Int {
            let bit = UInt32(1) << UInt32(flag)
            switch self {
            case .set: bits |= bit
            case .reset: bits &= ~bit
            case .test: return bits & bit == 0 ? -1 : 1
            }
            return 1
        }
    }

    /// Flags are numbered from 0 to 31.
    static var flagFunctions: [FunctionRow<KEX>] {
        let script: [(String, Deed, String)] = [
            ("setsflag", .set, "Sets a script flag."), ("resetsflag", .reset, "Clears it."),
            ("issflagset", .test, "Whether it is set."),
        ]
        let branch: [(String, Deed, String)] = [
            ("setbflag", .set, "Sets a flag of a branch; 0, the request itself, without one."),
            ("resetbflag", .reset, "Clears it."), ("isbflagset", .test, "Whether it is set."),
        ]
        return script.map { name, deed, summary in
            FunctionRow(name, .integer("flag"), returns: truth, summary) {
                (module, context, flag) in
                // A computed number may be anything; a shift by it would trap.
                guard (0..<32).contains(flag) else { return -1 }
                return deed.perform(&module.scriptFlags(context).bits, flag)
            }
        }
            + branch.map { name, deed, summary in
                FunctionRow(
                    name, .integer("flag"), Argument.integer("branch").optional, returns: truth,
                    summary
                ) { (_, context, flag, branch: Int?) in
                    guard (0..<32).contains(flag) else { return -1 }
                    let branch = branch ?? 0
                    if branch == 0 { return deed.perform(&context.branchFlags, flag) }
                    // Only targets that the script has added before have flags.
                    guard branch > 0, branch <= context.branches.count else { return -1 }
                    return deed.perform(&context.branches[branch - 1].flags, flag)
                }
            }
    }

    /// The destination that goes before the request URI (`$du`), and tests on addresses.
    static var destinationFunctions: [FunctionRow<KEX>] {
        [
            FunctionRow(
                "setdsturi", .string("uri"), returns: done, "Sets the destination, as $du does."
            ) { (_, context, uri: ScriptText) in
                let bytes = context.bytes(of: uri)
                // What is no URI would make the request undeliverable only when it is sent.
                guard (try? SIPURI(parsing: bytes.span)) != nil else { return -1 }
                context.destinationURI = bytes
                return 1
            },
            FunctionRow("resetdsturi", returns: done, "Clears the destination.") { (_, context) in
                context.destinationURI = nil
                return 1
            },
            FunctionRow("isdsturiset", returns: truth, "Whether there is a destination.") {
                (_, context) in context.destinationURI == nil ? -1 : 1
            },
            FunctionRow(
                "pv_printf", .variable("variable"), .string("text"), returns: done,
                "Stores a text with pseudo-variables in a variable."
            ) { (_, context, variable, text: ScriptText) in
                guard let write = variable.write else { return -1 }
                return write(context, .text(.owned(context.bytes(of: text)))) ? 1 : -1
            },
            FunctionRow(
                "is_myself", .string("uri"), returns: truth,
                "Whether a URI or a host is the server's own."
            ) { (module, context, uri: ScriptText) in
                module.isMyself(context, uri) ? 1 : -1
            },
        ]
    }

    private func isMyself(_ context: ScriptContext, _ text: ScriptText) -> Bool {
        if context.isMyself(uri: text) { return true }
        return context.withBytes(of: text) { bytes in
            !bytes.isEmpty && context.services.isMyself(bytes, port: 0)
        }
    }
}
