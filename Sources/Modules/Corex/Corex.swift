public import ModuleKit

/// The module `corex`: branches, extended flags, and commands about sockets, aliases and
/// the log level.
///
/// The commands repeat what `core` can tell, in the shapes that existing scripts read.
public final class Corex: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The server that the commands ask.
    let services: any Services
    /// Where a worker finds its extended flags.
    let settings: SettingsHandle<NoParameters>

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        settings = setup.settings
        // Asked at each call: sockets are bound after the modules are made.
        services = setup.services
    }
}
