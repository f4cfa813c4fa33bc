public import ModuleKit

extension PUAModule {
    /// The module's declaration.
    public static var manifest: Manifest<PUAModule> {
        Manifest(
            "pua", "The presence user agent: PUBLISH and SUBSCRIBE on behalf of others.",
            requires: ["tm"])
    }
}
