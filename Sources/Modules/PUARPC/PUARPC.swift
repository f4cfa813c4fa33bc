public import ModuleKit
internal import PUA

/// Module `pua_rpc`: publishing and subscribing by command.
public final class PUARPCModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// What publishes and subscribes.
    let agent: PUAModule
    /// The commands that wait for a reply.
    let waiters = PublishWaiters()

    /// Finds module `pua`.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        guard let agent = setup.services.module(PUAModule.self) else {
            throw StartFailure("module pua_rpc gives commands to module pua: load it before")
        }
        self.agent = agent
    }
}
