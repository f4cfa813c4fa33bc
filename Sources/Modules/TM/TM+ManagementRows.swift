internal import ModuleKit

extension TMModule {
    /// The management commands.
    static var managementRows: [MethodRow<TMModule>] { [] }
}
