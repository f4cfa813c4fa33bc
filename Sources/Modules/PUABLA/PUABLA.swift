internal import Basics
internal import Locations
internal import Logging
public import ModuleKit
internal import PUA
internal import Publications
internal import SIPSyntax
internal import Usrloc

/// Module `pua_bla`: bridged line appearances (draft-anil-sipping-bla, event `dialog;sla`).
///
/// Phones that share a line each tell this server of their calls, since it subscribes to every
/// phone that registers; what one says is published, so that all the others are shown it.
public final class PUABLAModule: ServerModule {
    /// The module's settings.
    public struct Parameters: Sendable {
        /// The URI at which notifications are received.
        public var serverAddress: String?
        /// The host of addresses-of-record that have none.
        public var defaultDomain: String?
        /// The header field of a PUBLISH that names the phone behind it.
        public var headerName: String?
        /// The URI that SUBSCRIBEs are sent to.
        public var outboundProxy: String?
    }

    /// The settings that hold when the configuration says nothing.
    public static let defaults = Parameters()

    /// What the module declares.
    public static let manifest = Manifest<PUABLAModule>(
        "pua_bla", "Bridged line appearances: follows the calls of phones that share a line.",
        requires: ["usrloc", "presence", "pua"],
        parameters: [
            ParameterRow(
                "server_address", \.serverAddress,
                "The URI at which notifications are received; it must be set."),
            ParameterRow(
                "default_domain", \.defaultDomain,
                "The host of addresses-of-record that have none; it must be set."),
            ParameterRow(
                "header_name", \.headerName,
                "The header field of a PUBLISH that names the phone behind it; it must be set."),
            ParameterRow(
                "outbound_proxy", \.outboundProxy,
                "The URI that SUBSCRIBEs are sent to; unset sends them to the phones."),
        ],
        functions: [
            FunctionRow(
                "bla_set_flag", routes: .request, returns: "1",
                "Has the phones that this request registers watched for calls on a shared line."
            ) { (_, context) in
                context.bindingMarks.insert(.shareLine)
                return 1
            },
            FunctionRow(
                "bla_handle_notify", routes: .request,
                returns: "1 published, -1 malformed, or no notification of such a phone",
                "Publishes what a phone tells of its calls; the script answers it."
            ) { (module, context) in module.handleNotify(context) },
        ])

    /// The server.
    let services: any Services
    /// Who publishes and subscribes.
    let pua: PUAModule
    /// The name of the header field that names a phone.
    let headerName: [UInt8]
    private let usrloc: UsrlocModule
    private let contact: [UInt8]
    private let domain: [UInt8]
    private let outboundProxy: [UInt8]?

    /// Finds the modules that it stands on.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        guard let usrloc = setup.services.module(UsrlocModule.self),
            let pua = setup.services.module(PUAModule.self)
        else { throw StartFailure("pua_bla: load modules usrloc and pua before it") }
        self.usrloc = usrloc
        self.pua = pua
        contact = try Self.uri("server_address", setup.parameters.serverAddress)
        let host = setup.parameters.defaultDomain ?? ""
        let whole = try Self.uri("default_domain", host.isEmpty ? nil : "sip:\(host)")
        domain = Array(whole.dropFirst("sip:".utf8.count))
        guard let name = setup.parameters.headerName, SIPToken.isToken(Array(name.utf8)[...])
        else { throw StartFailure("pua_bla: set header_name to a name such as Sender") }
        headerName = Array(name.utf8)
        if let proxy = setup.parameters.outboundProxy {
            outboundProxy = try Self.uri("outbound_proxy", proxy)
        } else {
            outboundProxy = nil
        }
        pua.declare(.sharedLineSubscribe, outboundProxy: outboundProxy)
    }

    /// Asks to be told of changes of bindings.
    public func start() throws(StartFailure) {
        usrloc.watch(.all) { [weak self] changes, now in
            guard let self else { return }
            for change in changes { take(change, now: now) }
        }
    }

    private static func uri(
        _ parameter: String, _ text: String?
    ) throws(StartFailure) -> [UInt8] {
        let bytes = Array((text ?? "").utf8)
        guard let uri = try? SIPURI(parsing: bytes.span), uri.isSIP else {
            throw StartFailure(
                "pua_bla: \(parameter) \"\(text ?? "")\" is none: set it, as to sip:192.0.2.1")
        }
        return bytes
    }

    // MARK: Subscribing

    /// Subscribes to a phone that has registered, and ends that with its binding.
    private func take(_ change: BindingChange, now: WallTime) {
        let phone = change.contact
        let isGone = change.event == .removed || change.event == .expired
        // Nobody flags the end of time: what was watched once is left with its binding.
        guard isGone || change.marks.contains(.shareLine) else { return }
        let left = phone.values.expires.map { $0.seconds - now.seconds } ?? -1
        guard isGone || phone.values.expires == nil || left > 0 else { return }
        let line = presentity(change.aor)
        let admission = pua.subscribe(
            SubscriptionRequest(
                line, watcher: line, contact: contact, event: .sharedLine,
                source: .sharedLineSubscribe, id: Array("BLA_SUBSCRIBE.".utf8) + phone.ruid,
                // What ends is found by its id: a phone may have answered with another Contact.
                remoteTarget: isGone ? nil : phone.uri, expiresSeconds: isGone ? 0 : left,
                outboundProxy: outboundProxy ?? (phone.received.isEmpty ? nil : phone.received)))
        guard case .refused(let reason) = admission else { return }
        let name = String(decoding: line, as: UTF8.self)
        services.logger.warning("pua_bla: no subscription to a phone of \(name): \(reason)")
    }

    /// The URI of a line: with the default domain unless the AoR has one.
    private func presentity(_ aor: [UInt8]) -> [UInt8] {
        let prefix = Array("sip:".utf8)
        guard !aor.contains(UInt8(ascii: "@")) else { return prefix + aor }
        return prefix + aor + [UInt8(ascii: "@")] + domain
    }
}
