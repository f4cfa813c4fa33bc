internal import Basics
internal import EventDocuments
internal import Locations
internal import Logging
public import ModuleKit
internal import PUA
internal import Publications
internal import SIPSyntax
internal import Usrloc

/// Module `pua_usrloc`: publishes that registered users can be reached (RFC 3863), for phones that
/// publish nothing themselves.
///
/// A script says whose (`pua_set_publish`, or a branch flag); the publication then lives as long
/// as the binding.
public final class PUAUsrlocModule: ServerModule {
    /// The module's settings.
    public struct Parameters: Sendable {
        /// The host of addresses-of-record that have none.
        public var defaultDomain: String?
        /// The scheme of `entity` in documents; nil for that of the presentity.
        public var entityPrefix: String?
        /// The branch flag of bindings to publish; -1 for none.
        public var branchFlag = -1
    }

    /// The settings that hold when the configuration says nothing.
    public static let defaults = Parameters()

    /// What the module declares.
    public static let manifest = Manifest<PUAUsrlocModule>(
        "pua_usrloc", "Publishes that registered users can be reached.",
        requires: ["usrloc", "pua"],
        parameters: [
            ParameterRow(
                "default_domain", \.defaultDomain,
                "The host of addresses-of-record that have none; it must be set."),
            ParameterRow(
                "entity_prefix", \.entityPrefix,
                "The scheme of entity in documents, such as pres; else that of the presentity."),
            ParameterRow(
                "branch_flag", \.branchFlag, -1...31,
                "The branch flag of bindings that are published without pua_set_publish; -1 for "
                    + "none."),
        ],
        functions: [
            FunctionRow(
                "pua_set_publish", routes: .request, returns: "1",
                "Has the bindings published that this request makes, refreshes or removes."
            ) { (_, context) in
                context.bindingMarks.insert(.publishPresence)
                return 1
            }
        ])

    private let parameters: Parameters
    private let domain: [UInt8]
    private let services: any Services
    private let usrloc: UsrlocModule
    private let pua: PUAModule

    /// Finds the modules that it stands on.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        parameters = setup.parameters
        services = setup.services
        guard let usrloc = setup.services.module(UsrlocModule.self),
            let pua = setup.services.module(PUAModule.self)
        else { throw StartFailure("pua_usrloc: load modules usrloc and pua before it") }
        self.usrloc = usrloc
        self.pua = pua
        domain = Array((setup.parameters.defaultDomain ?? "").utf8)
        guard Self.isHost(domain) else {
            throw StartFailure(
                "pua_usrloc: set default_domain to the host of users without one, such as "
                    + "example.com")
        }
        if let prefix = setup.parameters.entityPrefix, !Self.isScheme(prefix) {
            throw StartFailure("pua_usrloc: entity_prefix \"\(prefix)\" is no scheme of a URI")
        }
    }

    /// Asks to be told of changes of bindings.
    public func start() throws(StartFailure) {
        usrloc.watch(.all) { [weak self] changes, now in
            guard let self else { return }
            for change in changes { take(change, now: now) }
        }
    }

    private static func isHost(_ host: [UInt8]) -> Bool {
        guard let uri = try? SIPURI(parsing: (Array("sip:".utf8) + host).span) else { return false }
        return uri.user == nil && uri.parameters.isEmpty
    }

    /// Whether a text is a scheme (RFC 3986 3.1).
    private static func isScheme(_ text: String) -> Bool {
        guard let first = text.utf8.first, first | 32 >= 97, first | 32 <= 122 else { return false }
        return text.utf8.allSatisfy {
            ($0 | 32 >= 97 && $0 | 32 <= 122) || ($0 >= 48 && $0 <= 57) || "+-.".utf8.contains($0)
        }
    }

    // MARK: Changes

    /// Publishes what a change of a binding means.
    private func take(_ change: BindingChange, now: WallTime) {
        let contact = change.contact
        let isGone = change.event == .removed || change.event == .expired
        // What has ended is withdrawn whoever asked for it once: nobody flags the end of time.
        guard isGone || isWanted(change) else { return }
        let presentity = presentity(change.aor)
        // A binding without end is published until it is removed.
        let left = contact.values.expires.map { $0.seconds - now.seconds } ?? -1
        guard isGone || contact.values.expires == nil || left > 0 else { return }
        let seconds = isGone ? 0 : left
        var request = PublicationRequest(
            presentity, event: .presence, source: .locations,
            id: Array("UL_PUBLISH.".utf8) + contact.callID, expiresSeconds: seconds)
        switch change.event {
        case .inserted:
            request.body = document(presentity)
            publish(request)
        case .updated: refresh(request, presentity)
        default: publish(request)
        }
    }

    private func isWanted(_ change: BindingChange) -> Bool {
        if change.marks.contains(.publishPresence) { return true }
        guard parameters.branchFlag >= 0 else { return false }
        return change.contact.values.cflags & (1 << UInt32(parameters.branchFlag)) != 0
    }

    /// Lengthens a publication; one that is not there, since the user was not flagged before or
    /// the server has forgotten it, is made.
    private func refresh(_ request: PublicationRequest, _ presentity: [UInt8]) {
        let body = document(presentity)
        publish(request) { [weak self] reply in
            guard reply.outcome == .noBody else { return }
            var whole = request
            whole.body = body
            self?.publish(whole)
        }
    }

    private func publish(
        _ request: PublicationRequest, _ completion: PUAModule.Completion? = nil
    ) {
        guard case .refused(let reason) = pua.publish(request, completion) else { return }
        let name = String(decoding: request.presentity, as: UTF8.self)
        services.logger.warning("pua_usrloc: presence of \(name) is not published: \(reason)")
    }

    /// The URI of a user: with the default domain unless the AoR has one.
    private func presentity(_ aor: [UInt8]) -> [UInt8] {
        let prefix = Array("sip:".utf8)
        guard !aor.contains(UInt8(ascii: "@")) else { return prefix + aor }
        return prefix + aor + [UInt8(ascii: "@")] + domain
    }

    private func document(_ presentity: [UInt8]) -> [UInt8] {
        var entity = String(decoding: presentity, as: UTF8.self)
        if let prefix = parameters.entityPrefix {
            entity = prefix + ":" + entity.dropFirst("sip:".count)
        }
        return PIDF.open(entity: entity)
    }
}
