internal import Basics
internal import Locations
public import ModuleKit
internal import Synchronization
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
    /// The profiles of `$ulc` that the script names; the place of a name is its number.
    let profileNames = Guarded<[String]>([])

    /// Binds to the location service, which must be loaded before.
    public init(_ setup: ModuleSetup<RegistrarParameters>) throws(StartFailure) {
        guard let usrloc = setup.services.module(UsrlocModule.self) else {
            throw StartFailure("module registrar needs usrloc: load it before")
        }
        self.usrloc = usrloc
        services = setup.services
        settings = setup.settings
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
