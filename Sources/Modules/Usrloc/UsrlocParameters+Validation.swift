internal import ModuleKit
internal import Storage

/// What no single parameter can see: settings that contradict each other.
extension UsrlocParameters {
    /// Refuses settings that cannot hold together, by the name of the parameter to change.
    func validate() throws(StartFailure) {
        let names = columns.all.map { $0.lowercased() }
        for (place, name) in names.enumerated() where names[..<place].contains(name) {
            throw StartFailure("usrloc: two columns are called \"\(name)\"")
        }
        guard removalDelay == 0 || databaseMode == .databaseOnly else {
            throw StartFailure("usrloc rm_expired_delay needs db_mode 3")
        }
        guard !keepalive.isEnabled || databaseMode != .databaseOnly else {
            throw StartFailure("usrloc ka_mode needs bindings in memory: not db_mode 3")
        }
        guard preload.count <= 64 else {
            throw StartFailure("usrloc preload names more than 64 tables")
        }
    }
}
