/// A module that a configuration file can load: settings, a manifest, an instance.
public protocol ServerModule: AnyObject, Sendable {
    /// The settings, with their defaults.
    associatedtype Parameters: Sendable
    /// The one declaration that everything else follows from.
    static var manifest: Manifest<Self> { get }
    /// The settings that hold when the configuration says nothing.
    static var defaults: Parameters { get }
    /// Makes the module from what the configuration says; nothing is opened yet.
    init(_ setup: ModuleSetup<Parameters>) throws(StartFailure)
    /// Opens databases, loads tables, starts threads; called once, in the order of loading, when
    /// all modules are made and before a socket is read.
    func start() throws(StartFailure)
    /// Writes what is unwritten and ends threads; called in reverse order after the last message.
    func stop()
    /// Reads files anew that may have changed, such as certificates: SIGHUP asks for it.
    func reload()
}

extension ServerModule {
    /// Nothing to start.
    public func start() throws(StartFailure) {}
    /// Nothing to stop.
    public func stop() {}
    /// Nothing to read anew.
    public func reload() {}
}

/// The settings of a module that has none.
public struct NoParameters: Sendable {
    /// No settings.
    public init() {}
}

extension ServerModule where Parameters == NoParameters {
    /// No settings.
    public static var defaults: NoParameters { NoParameters() }
}
