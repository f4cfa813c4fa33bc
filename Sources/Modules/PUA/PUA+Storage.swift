internal import ModuleKit
internal import Publications
internal import Storage

/// Where the records are kept.
extension PUAModule {
    /// Makes the store that `db_mode` asks for; called once, in `start`.
    func makeStore() throws(StartFailure) -> any PUAStore { MemoryPUAStore() }

    /// The table, in Kamailio's columns.
    static var tableRows: [TableDeclaration] { [] }

    /// What is counted of the table.
    static var storageStatistics: [StatisticRow<PUAModule>] { [] }

    /// The commands about the table.
    static var storageMethods: [MethodRow<PUAModule>] { [] }
}
