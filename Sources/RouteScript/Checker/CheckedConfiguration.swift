public import ModuleKit

/// A configuration that was read and found right, ready to be started.
///
/// It holds modules that are being configured, so it belongs to the thread that made it.
///
/// Nothing runs yet: making the modules is left to the server, so that `-c`, the check of a file,
/// opens no database and binds no socket.
public struct CheckedConfiguration {
    /// A global parameter.
    public struct Global: Sendable {
        /// Its name.
        public var name: String
        /// Its value; words such as `yes` have become integers.
        public var value: SettingValue
        /// Where it stands.
        public var location: SourceLocation
    }
    /// Answers `listen = …`.
    public struct Listen: Sendable {
        /// The address.
        public var address: ListenAddress
        /// Where it stands.
        public var location: SourceLocation
    }
    /// Answers `alias = …`.
    public struct Alias: Sendable {
        /// The host.
        public var address: HostAddress
        /// Where it stands.
        public var location: SourceLocation
    }
    /// `group.name = value desc "text"`: a variable that `cfg.*` can change.
    public struct CustomVariable: Sendable {
        /// Its group.
        public var group: String
        /// Its name within the group.
        public var name: String
        /// Its value at the start.
        public var value: SettingValue
        /// What it is for, in the author's words.
        public var summary: String
    }

    /// The global parameters as they stand; they are applied to `core` already.
    public internal(set) var globals: [Global] = []
    /// The addresses to listen on.
    public internal(set) var listens: [Listen] = []
    /// The names that mean this server.
    public internal(set) var aliases: [Alias] = []
    /// The port of addresses without one; nil for 5060.
    public internal(set) var port: Int?
    /// The modules in the order of loading, their parameters set.
    public internal(set) var modules: [ConfiguredModule] = []
    /// The module that holds the global parameters, which are set.
    public internal(set) var core: ConfiguredModule
    /// The runtime variables that the script declares.
    public internal(set) var customVariables: [CustomVariable] = []
    /// Whose functions messages run: `cfgengine` and the parameters of group `kemi`.
    public internal(set) var engine = EngineSettings()
    /// What was read and means nothing here, in words for the log.
    ///
    /// They are no errors, because a configuration that was written for Kamailio should start here
    /// without being edited.
    public internal(set) var notes: [String] = []
    /// The configuration as it was written.
    public let tree: Tree
    /// The core and the modules that are loaded, in their order.
    let loaded: [ModuleBlueprint]
    /// All modules there are, for hints.
    let catalogue: [ModuleBlueprint]

    /// A configuration whose modules are being configured.
    init(
        _ tree: Tree, core: ConfiguredModule, loaded: [ModuleBlueprint],
        catalogue: [ModuleBlueprint]
    ) {
        self.tree = tree
        self.core = core
        self.loaded = loaded
        self.catalogue = catalogue
    }

    /// The integer that a global parameter was given last, nil when it was not given.
    ///
    /// The last one counts, as with Kamailio: a file that is imported at the end can set what the
    /// main file has set before.
    public func integer(_ name: String) -> Int? {
        for global in globals.reversed() where global.name == name {
            if case .integer(let number) = global.value { return number }
        }
        return nil
    }
}
