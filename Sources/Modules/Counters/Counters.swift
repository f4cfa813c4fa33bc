public import ModuleKit

/// Module `counters`.
public final class CountersModule: ServerModule {
    /// It has no settings.
    public typealias Parameters = NoParameters

    /// The declaration.
    public static let manifest = Manifest<CountersModule>(
        "counters", "Counters of the script, and the commands that read all counters.")

    /// Makes the module.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}
