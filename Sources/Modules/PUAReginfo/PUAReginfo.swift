internal import Basics
internal import Locations
internal import Logging
public import ModuleKit
internal import PUA
internal import Publications
internal import Usrloc
internal import Synchronization

/// Module `pua_reginfo`: registrations that travel (RFC 3680, RFC 5628).
///
/// One half publishes what registers here as a registration document for each address-of-record;
/// the other takes over what other servers tell in theirs. A contact that was learnt from a
/// document is never published, so that nothing goes round, however servers follow each other.
public final class PUAReginfoModule: ServerModule {
    /// The module's settings.
    public typealias Parameters = PUAReginfoParameters
    /// The settings that hold when the configuration says nothing.
    public static var defaults: PUAReginfoParameters { PUAReginfoParameters() }

    /// The server.
    let services: any Services
    /// The settings.
    let parameters: PUAReginfoParameters
    /// The location service.
    let usrloc: UsrlocModule
    /// The presence user agent.
    let pua: PUAModule
    /// What is to be told of which address-of-record.
    let book = Guarded(PublicationBook())
    /// Makes documents of it, soon and on a queue of its own.
    let publishing = PromptWork("pua_reginfo.publish")
    /// Makes the names of registrations and contacts.
    let names: StableNames
    /// The versions of documents.
    let versions = Guarded(DocumentVersions())
    /// SUBSCRIBEs that wait for their turn.
    let lane = Guarded(SubscriptionLane())
    /// Which NOTIFY of each dialog was the last.
    let order = Guarded(NotifyOrder())
    /// What was done, for the statistics.
    let counters = ReginfoCounters()

    /// Checks the settings; nothing is sent yet.
    public init(_ setup: ModuleSetup<PUAReginfoParameters>) throws(StartFailure) {
        guard let usrloc = setup.services.module(UsrlocModule.self) else {
            throw StartFailure("pua_reginfo: load module usrloc before")
        }
        guard let pua = setup.services.module(PUAModule.self) else {
            throw StartFailure("pua_reginfo: load module pua before")
        }
        services = setup.services
        parameters = setup.parameters
        self.usrloc = usrloc
        self.pua = pua
        try parameters.validate()
        names = StableNames(
            database: usrloc.parameters.databaseMode == .memory
                ? nil : usrloc.parameters.databaseURL,
            server: parameters.serverAddress)
        let proxy = parameters.nextHop
        pua.declare(.registrationPublish, outboundProxy: proxy)
        pua.declare(.registrationSubscribe, outboundProxy: proxy)
    }

    /// Begins to listen to the location service, if what happens there is to be published.
    public func start() throws(StartFailure) {
        services.every(1, "pua_reginfo") { [weak self] in
            self?.turnLane()
            self?.publishing.ask()
        }
        guard parameters.publishes else { return }
        _ = publishing.start { [weak self] in self?.publishDue() }
        usrloc.listenPromptly(to: .all) { [weak self] table, events, _ in
            self?.note(events, of: table)
        }
    }

    /// Publishes what is left.
    public func stop() { publishing.finish() }
}
