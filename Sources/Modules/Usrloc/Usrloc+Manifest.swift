internal import Basics
internal import Locations
public import ModuleKit
internal import Storage

extension UsrlocModule {
    /// The module's declaration.
    public static var manifest: Manifest<UsrlocModule> {
        Manifest(
            "usrloc", "Keeps the bindings of addresses-of-record in memory and in a database.",
            parameters: parameterRows, methods: methodRows, statistics: statisticRows,
            tables: [
                KamailioTables.location(named: "location"),
                KamailioTables.locationAttrs(named: "location"),
            ])
    }

    /// The figures of group `usrloc`; those of a table are named after it, as Kamailio names them.
    private static var statisticRows: [StatisticRow<UsrlocModule>] {
        [
            StatisticRow("registered_users", "AoRs with at least one binding, in all tables.") {
                module in
                module.tables.reduce(0) { $0 + $1.statistics.users.value }
            },
            StatisticRow(family: "TABLE_users", "AoRs, bindings and expiries of each table.") {
                module, group in
                module.tables.flatMap { table in
                    let expired = table.statistics.expired
                    return [
                        StatisticReading(
                            group: group, name: "\(table.name)_users",
                            value: table.statistics.users.value),
                        StatisticReading(
                            group: group, name: "\(table.name)_contacts",
                            value: table.statistics.contacts.value),
                        StatisticReading(
                            group: group, name: "\(table.name)_expires", value: expired.value
                        ) { expired.set(0) },
                    ]
                }
            },
        ]
    }
}
