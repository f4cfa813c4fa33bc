internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `sanity`: checks of whether a request makes sense.
///
/// What no element may let through, the server refuses before the script runs; the checks here are
/// the same for scripts that name them, and those that are left to the script.
public final class SanityModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// The checks that are made when the script names none.
        public var defaultChecks = 3047
        /// The URIs that are checked when the script names none.
        public var uriChecks = 7
        /// The extensions that Proxy-Require may ask for.
        public var proxyRequire = ""
        /// Whether a failure ends the script.
        public var autodrop = true
        /// Whether the reply is left to `sanity_reply`.
        public var noreply = false
    }

    /// What holds without `modparam`.
    public static let defaults = Parameters()

    /// What the module declares.
    public static let manifest = Manifest<SanityModule>(
        "sanity", "Checks of whether a request makes sense.",
        parameters: [
            ParameterRow(
                "default_checks", \.defaultChecks, 0...32767,
                "The checks that are made when the script names none, as a sum of bits."),
            ParameterRow(
                "uri_checks", \.uriChecks, 0...15,
                "The URIs that are checked when the script names none: 1 request URI, 2 From, 4 To,"
                    + " 8 Contact."),
            ParameterRow(
                "proxy_require", \.proxyRequire,
                "The extensions that Proxy-Require may ask for, with commas between them."),
            ParameterRow("autodrop", \.autodrop, "Whether a failure ends the script."),
            ParameterRow("noreply", \.noreply, "Whether the reply is left to sanity_reply()."),
        ],
        functions: [
            FunctionRow(
                "sanity_check", Argument.integer("message checks").optional,
                Argument.integer("URI checks").optional,
                routes: [.request, .event, .reply, .coreReply],
                returns: "1 passed, -1 failed, 0 failed with autodrop: the script ends",
                "Checks the message, and answers a request that fails."
            ) { (module, context, checks: Int?, uris: Int?) in
                module.check(context, checks, uris)
            },
            FunctionRow(
                "sanity_reply", routes: [.request, .event],
                returns: "1 sent, -1 nothing to send",
                "Sends the reply that the last check has found."
            ) { (module, context) in module.reply(context) },
        ])

    private let settings: SettingsHandle<Parameters>
    private let supported: [[UInt8]]

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        settings = setup.settings
        supported = setup.parameters.proxyRequire.utf8.split(separator: UInt8(ascii: ","))
            .map { Array($0.filter { $0 > 32 }) }.filter { !$0.isEmpty }
    }

    /// The failure that a worker has found last.
    private final class Finding {
        var message: UInt64 = 0
        var failure: SanityFailure?
    }

    /// Checks the message at hand.
    ///
    /// Replies have no request URI, and their first line is another one: what looks at those is
    /// left out for them, and nobody is answered.
    private func check(_ context: ScriptContext, _ checks: Int?, _ uris: Int?) -> Int {
        let isRequest = context.message.kind == .request
        let (wanted, wantedURIs, autodrop, noreply) = context.with(settings) {
            ($0.defaultChecks, $0.uriChecks, $0.autodrop, $0.noreply)
        }
        let finding = context.workspace(settings) { Finding() }
        finding.message = context.messageNumber
        let applicable = isRequest ? ~0 : ~SanityChecks.ofRequests
        finding.failure = SanityChecks(
            checks: (checks ?? wanted) & applicable,
            uris: (uris ?? wantedURIs) & (isRequest ? ~0 : ~1), supported: supported
        ).failure(context)
        // The finding of an earlier check of this message is gone by now, also when this one
        // passes.
        guard finding.failure != nil else { return 1 }
        if !noreply, isRequest { _ = reply(context) }
        // 0 ends the script, as `exit` does.
        return autodrop ? 0 : -1
    }

    /// Sends what was found, once; an ACK is never answered (RFC 3261 17).
    private func reply(_ context: ScriptContext) -> Int {
        let finding = context.workspace(settings) { Finding() }
        guard finding.message == context.messageNumber, let failure = finding.failure else {
            return -1
        }
        // Forgotten first: one request gets one answer, however often the script asks.
        finding.failure = nil
        let reason = Array(failure.reason.utf8)
        let isSent = context.reply(failure.status, reason.span) { writer in
            // RFC 3261 16.3 step 5: a 420 says what was not understood.
            guard !failure.unsupported.isEmpty else { return }
            writer.append("Unsupported: ")
            writer.append(failure.unsupported)
            writer.append("\r\n")
        }
        return isSent ? 1 : -1
    }
}
