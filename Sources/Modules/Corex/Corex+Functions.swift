internal import Basics
internal import ModuleKit
internal import SIPSyntax

extension Corex {
    /// The extended flags of one message: 64 bits beside the 32 of the language.
    final class ExtendedFlags {
        /// The message that they belong to.
        var message: UInt64 = 0
        /// One bit each.
        var bits: UInt64 = 0
    }

    private func extendedFlags(_ context: ScriptContext) -> ExtendedFlags {
        let flags = context.workspace(settings) { ExtendedFlags() }
        if flags.message != context.messageNumber {
            flags.message = context.messageNumber
            flags.bits = 0
        }
        return flags
    }

    /// The extended flags: no other function of the server looks at them.
    static var flagFunctions: [FunctionRow<Corex>] {
        [
            flag("setxflag", "Sets an extended flag, 0 to 63.") { (flags, bit) in
                flags.bits |= bit
                return 1
            },
            flag("resetxflag", "Clears it.") { (flags, bit) in
                flags.bits &= ~bit
                return 1
            },
            flag("isxflagset", "Whether it is set.") { $0.bits & $1 == 0 ? -1 : 1 },
        ]
    }

    private static func flag(
        _ name: String, _ summary: String,
        _ deed: @escaping @Sendable (ExtendedFlags, UInt64) -> Int
    ) -> FunctionRow<Corex> {
        FunctionRow(name, .integer("flag"), returns: "1 yes, -1 no", summary) {
            (module, context, flag) in
            // A computed number may be anything; a shift by it would trap.
            guard (0..<64).contains(flag) else { return -1 }
            return deed(module.extendedFlags(context), 1 << UInt64(flag))
        }
    }

    /// Adds targets, which `lookup` does as well; a redirect or a fork sends to all of them.
    static var appending: FunctionRow<Corex> {
        FunctionRow(
            "append_branch", Argument.string("uri").optional, Argument.string("q").optional,
            routes: [.request, .failure, .event], returns: "1 added, -1 not",
            "Adds a target to the request: a URI, or its own."
        ) { (_, context, uri: ScriptText?, q: ScriptText?) in
            // A loop in a script must not fork without end.
            guard context.branches.count < Limits.branchesMax else { return -1 }
            let bytes = context.bytes(of: uri ?? context.requestURI)
            guard (try? SIPURI(parsing: bytes.span)) != nil else { return -1 }
            var priority = -1
            if let q {
                guard let number = Self.thousandths(context.bytes(of: q)) else { return -1 }
                priority = number
            }
            context.branches.append(
                ScriptBranch(
                    // A destination belongs to the URI it was set for, so a given URI starts
                    // without.
                    uri: bytes, destination: uri == nil ? context.destinationURI : nil,
                    q: priority, flags: context.branchFlags))
            return 1
        }
    }

    /// A q of RFC 3261 25.1, 0 to 1 with up to three digits, in thousandths; nil for what is none.
    private static func thousandths(_ text: [UInt8]) -> Int? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int(String(decoding: parts[0], as: UTF8.self)),
            whole == 0 || whole == 1
        else { return nil }
        let digits = parts.count == 2 ? Array(parts[1]) : []
        guard digits.count <= 3, digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        var value = whole
        for place in 0..<3 {
            value = value * 10 + (place < digits.count ? Int(digits[place] - 48) : 0)
        }
        return value <= 1000 ? value : nil
    }
}
