internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `rr`: Record-Route and Route (RFC 3261 16.4, 16.6, 16.12).
///
/// A Record-Route names the socket that the request leaves by, which is known only when it is
/// sent; so `record_route` notes that one is wanted, and whoever sends the request writes it.
/// `loose_route` takes the routes of this server off the front, sets where the request goes, and
/// tells other modules which route was followed.
public final class RRModule: ServerModule {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// Whether `lr=on` is written instead of `lr`.
        public var enableFullLR = false
        /// Whether the tag of From is written.
        public var appendFromTag = true
        /// Whether two fields are written: 0 never, 1 when the sockets differ, 2 always.
        public var enableDoubleRR = 1
        /// Whether the user of the request URI is written.
        public var addUsername = false
        /// Whether a preset address that is not the server's own is noted in the log.
        public var enableSocketMismatchWarning = true
        /// The `$avp` that holds the user to write.
        public var customUserAVP: String?
        /// Whether `sip` is written although the request URI is a `sips` one.
        public var ignoreSIPS = false
    }

    /// What holds without `modparam`.
    public static let defaults = Parameters()

    /// The settings of the start.
    let parameters: Parameters
    /// Where a worker finds its state.
    let settings: SettingsHandle<Parameters>
    /// The name of the `$avp` that holds the user to write.
    private let userAttribute: [UInt8]?

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        parameters = setup.parameters
        settings = setup.settings
        guard let text = parameters.customUserAVP else {
            userAttribute = nil
            return
        }
        guard text.hasPrefix("$avp("), text.hasSuffix(")") else {
            throw StartFailure("rr: custom_user_avp is \"\(text)\", not \"$avp(name)\"")
        }
        var name = text.dropFirst(5).dropLast()
        // `$avp(s:name)` is the older spelling of `$avp(name)`.
        if name.hasPrefix("s:") { name = name.dropFirst(2) }
        userAttribute = Array(name.utf8)
    }

    /// What the module knows of one message.
    final class State {
        /// The message's number; state of another one is stale.
        var message: UInt64 = 0
        /// Parameters that `add_rr_param` gave before `record_route`.
        var pending: [UInt8] = []
        /// The parameters of the server's own Route, which `loose_route` has taken out.
        var consumed: [UInt8]?
        /// Whether another Route followed it.
        var hasNext = false
        /// The modules that follow calls.
        let observers: [any CallObserver]
        /// The state of a worker.
        init(_ observers: [any CallObserver]) { self.observers = observers }
    }

    /// The state for the message at hand.
    func state(_ context: ScriptContext) -> State {
        let state = context.workspace(settings) { State(context.services.callObservers) }
        // Cleared here and not at the end of a message: most messages never ask.
        if state.message != context.messageNumber {
            state.message = context.messageNumber
            state.pending = []
            state.consumed = nil
            state.hasNext = false
        }
        return state
    }

    // MARK: Record-Route

    /// `record_route` and its siblings: once a message.
    func record(
        _ context: ScriptContext, _ host: RecordRoute.Host, _ added: [UInt8] = []
    ) -> Int {
        guard context.message.kind == .request else { return -1 }
        guard context.recordRoute == nil else {
            context.log(.error, "rr: the request has its Record-Route already")
            return -1
        }
        guard Self.areParameters(added), Self.isSafe(host) else {
            context.log(.error, "rr: the text for Record-Route cannot stand in a URI")
            return -1
        }
        var route = RecordRoute()
        route.host = host
        route.isFullLooseRoute = parameters.enableFullLR
        route.doubling = parameters.enableDoubleRR
        route.user = user(context)
        if parameters.appendFromTag { route.fromTag = Self.tag(context, .from) }
        route.parameters = added + state(context).pending
        if !parameters.ignoreSIPS {
            // RFC 3261 16.6 step 4: a secure request URI asks for a secure route.
            route.isSecure = context.withRequestURI { $0.hasPrefix(matching: "sips:") }
        }
        context.recordRoute = route
        return 1
    }

    /// The user part: that of the attribute if it is named, else that of the request URI.
    private func user(_ context: ScriptContext) -> [UInt8]? {
        if let userAttribute, let value = context.attributes.value(userAttribute),
            let text = context.text(value)
        {
            let bytes = context.bytes(of: text)
            // The attribute may hold what a stranger sent; a route without user is better than a
            // broken one.
            return Self.isSafe(bytes) ? bytes : nil
        }
        guard parameters.addUsername, let user = context.requestUser, !user.isEmpty else {
            return nil
        }
        return user
    }

    /// `record_route_preset`, with a warning when others would be written into the route.
    func recordPreset(_ context: ScriptContext, _ first: [UInt8], _ second: [UInt8]?) -> Int {
        if parameters.enableSocketMismatchWarning,
            !context.isMyself(uri: .owned(Array("sip:".utf8) + first))
        {
            context.log(.warning, "rr: the preset address is none that the server listens on")
        }
        return record(context, .preset(first, second))
    }

    /// `add_rr_param`, before or after `record_route`.
    func addParameter(_ context: ScriptContext, _ text: [UInt8]) -> Int {
        guard !text.isEmpty, Self.areParameters(text) else { return -1 }
        let state = state(context)
        let length = (context.recordRoute?.parameters.count ?? state.pending.count) + text.count
        // A loop in a script must not make a header field without end.
        guard length <= Limits.pathBytesMax else { return -1 }
        if context.recordRoute != nil {
            context.recordRoute?.parameters += text
        } else {
            state.pending += text
        }
        return 1
    }

    /// Whether a text is empty or begins with `;`, and can stand within `< >`.
    private static func areParameters(_ text: [UInt8]) -> Bool {
        text.isEmpty || (text.first == UInt8(ascii: ";") && isSafe(text))
    }

    private static func isSafe(_ host: RecordRoute.Host) -> Bool {
        switch host {
        case .sockets: true
        case .advertised(let text): !text.isEmpty && isSafe(text)
        case .preset(let first, let second):
            !first.isEmpty && isSafe(first) && second.map { !$0.isEmpty && isSafe($0) } ?? true
        }
    }

    /// Whether nothing in a text ends the URI that it is put into.
    private static func isSafe(_ text: [UInt8]) -> Bool {
        text.count <= Limits.pathBytesMax
            && text.allSatisfy { $0 > 32 && $0 != 127 && $0 != 60 && $0 != 62 && $0 != 34 }
    }

    // MARK: Tags and direction

    /// The tag of From or To; nil without one.
    static func tag(_ context: ScriptContext, _ name: HeaderName) -> [UInt8]? {
        guard let address = try? (name == .from ? context.message.from : context.message.to),
            let tag = address.tag, !tag.isEmpty
        else { return nil }
        return context.bytes(of: .message(tag))
    }

    /// Whether the request goes from the callee to the caller: the tag that its Route carries is
    /// not that of its From.
    func isUpstream(_ context: ScriptContext) -> Bool {
        guard let consumed = state(context).consumed,
            let initial = Self.value(of: Array("ftag".utf8), in: consumed)
        else { return false }
        // RFC 3261 12.2: both sides send requests, and only the tag tells them apart.
        return initial != Self.tag(context, .from)
    }

    /// The value of a parameter of a URI; nil without it.
    static func value(of name: [UInt8], in parameters: [UInt8]) -> [UInt8]? {
        for part in parameters.split(separator: UInt8(ascii: ";")) {
            let key = part.prefix { $0 != UInt8(ascii: "=") }
            if Array(key).span.matches(name.span) { return Array(part.dropFirst(key.count + 1)) }
        }
        return nil
    }
}
