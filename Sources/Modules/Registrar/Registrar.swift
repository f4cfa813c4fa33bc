internal import Basics
internal import Locations
public import ModuleKit
internal import Usrloc

/// Module `registrar`: the registrar of RFC 3261 10.3.
///
/// It holds no binding itself: it reads a REGISTER, lets the location service carry it out, and
/// writes the answer. What a worker needs for that is lent to it by its context, so that a refresh
/// allocates nothing.
public final class RegistrarModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = RegistrarParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: RegistrarParameters { RegistrarParameters() }

    /// The server.
    let services: any Services
    /// Where the settings of now are found.
    let settings: SettingsHandle<RegistrarParameters>
    /// The location service that it binds contacts with.
    let usrloc: UsrlocModule
    /// REGISTER requests that were carried out.
    ///
    /// A listing counts as well, as it does with Kamailio.
    let accepted = Counter()
    /// REGISTER requests that were refused.
    let rejected = Counter()

    /// Name of the Lua function that is told of expired contacts; nil without one.
    public let eventCallback: String?

    /// Binds to the location service, which must be loaded before.
    public init(_ setup: ModuleSetup<RegistrarParameters>) throws(StartFailure) {
        guard let usrloc = setup.services.module(UsrlocModule.self) else {
            throw StartFailure("module registrar needs usrloc: load it before")
        }
        try Self.check(setup.parameters)
        self.usrloc = usrloc
        eventCallback = setup.parameters.eventCallback
        if setup.parameters.socketMode & 1 != 0 { usrloc.storeAdvertisedSockets() }
        services = setup.services
        settings = setup.settings
    }

    /// Whether a Lua script is there whose function can be called.
    public func start() throws(StartFailure) {
        guard let eventCallback else { return }
        guard services.loadedModules.contains(where: { $0.name == "app_lua" }) else {
            throw StartFailure(
                "registrar: event_callback \"\(eventCallback)\" is a function of a Lua script: "
                    + "load app_lua, or use event_route[usrloc:contact-expired]")
        }
    }

    /// Settings that are in order one by one and not together.
    private static func check(_ parameters: RegistrarParameters) throws(StartFailure) {
        if parameters.flowTimer > 0, parameters.outboundMode == .none {
            throw StartFailure("registrar: flow_timer needs outbound_mode 1 or 2")
        }
        if let name = parameters.receivedVariable, parameters.receivedAttribute.isEmpty {
            throw StartFailure("registrar: received_avp is \"\(name)\" and must be $avp(name)")
        }
    }

    /// How AoRs are made under the settings given.
    ///
    /// The domain is the location service's to decide on, the case and the prefix are the
    /// registrar's.
    func addressRules(_ parameters: borrowing RegistrarParameters) -> AddressRules {
        var rules = AddressRules()
        rules.usesDomain = usrloc.parameters.usesDomain
        rules.isCaseSensitive = parameters.isCaseSensitive
        rules.realmPrefix = parameters.realmPrefixBytes
        return rules
    }
}
