internal import Basics
public import ModuleKit

extension PresenceModule {
    /// The module's declaration.
    public static var manifest: Manifest<PresenceModule> {
        Manifest(
            "presence", "The event state server.", requires: ["sl", "tm"],
            parameters: parameterRows)
    }
}
