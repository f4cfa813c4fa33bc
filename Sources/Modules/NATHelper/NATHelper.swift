internal import Basics
internal import Logging
public import ModuleKit
internal import SIPSyntax
internal import Synchronization
internal import Usrloc

/// Module `nathelper`: clients behind NATs: finding them, reaching them, keeping them reachable.
///
/// Whether a client is behind a NAT is a guess from what it says and where it was seen; the bits
/// of `nat_uac_test` say which guesses a script wants. Pings are spread over their interval by
/// tables and shards, so that a million contacts are a steady trickle and no burst, and replies
/// are known by a keyed tag, so that nobody else's reply counts as a sign of life.
public final class NATHelperModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = NATHelperParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: NATHelperParameters { NATHelperParameters() }

    /// The server.
    let services: any Services
    /// Where the settings are found.
    let settings: SettingsHandle<NATHelperParameters>
    private let parameters: NATHelperParameters
    private let running = Guarded<Pinger?>(nil)

    /// Checks the settings; nothing is sent yet.
    public init(_ setup: ModuleSetup<NATHelperParameters>) throws(StartFailure) {
        services = setup.services
        settings = setup.settings
        parameters = setup.parameters
        if let name = parameters.receivedVariable, parameters.receivedAttribute.isEmpty {
            throw StartFailure("nathelper: received_avp is \"\(name)\" and must be $avp(name)")
        }
        let from = Array((parameters.requestFrom ?? "sip:nobody").utf8)
        guard (try? SIPURI(parsing: from.span)) != nil else {
            throw StartFailure("nathelper: sipping_from is no URI")
        }
        guard SIPToken.isToken(Array(parameters.requestMethod.utf8)) else {
            throw StartFailure("nathelper: sipping_method is no method")
        }
        guard SIPToken.isToken(parameters.aliasBytes) else {
            throw StartFailure("nathelper: alias_name is no name of a URI parameter")
        }
    }

    /// Begins to ping, if that is asked for.
    public func start() throws(StartFailure) {
        for name in parameters.ignored {
            services.logger.notice("nathelper \(name) has no effect: one thread sends all pings")
        }
        guard parameters.interval > 0 else { return }
        guard let usrloc = services.module(UsrlocModule.self) else {
            throw StartFailure("nathelper: natping_interval needs usrloc: load it before")
        }
        guard usrloc.parameters.databaseMode != .databaseOnly else {
            throw StartFailure(
                "nathelper: natping_interval pings contacts in memory, which db_mode 3 has none of")
        }
        let rules = try PingRules(parameters, natMask: usrloc.parameters.natMask, services)
        let pinger = Pinger(rules, usrloc, services)
        running.withLock { $0 = pinger }
        services.network.takeReplies { pinger.take($0, SystemClock.monotonic()) }
        pinger.start()
    }

    /// Pings no more.
    public func stop() { pinger?.stop() }

    /// What pings; nil without `natping_interval`.
    var pinger: Pinger? { running.withLock { $0 } }
}
