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
            tables: [KamailioTables.location(named: "location")],
            eventRoutes: [
                EventRouteRow(
                    ExpiredContacts.route,
                    "Runs for each binding that expires: $ru is the contact, $tu the AoR.")
            ])
    }

    /// Names, ranges and defaults of the parameters; the reference page is printed from these rows.
    private static var parameterRows: [ParameterRow<UsrlocParameters>] {
        [
            ParameterRow(
                "db_mode", cases: \.databaseMode,
                "0 memory, 1 write-through, 2 write-back, 3 database only, 4 read only."),
            ParameterRow("db_url", \.databaseURL, "The database of the location tables."),
            ParameterRow(
                "timer_interval", \.timerInterval, 0...86_400,
                "Seconds between two passes over what expired and what changed; 0 is never."),
            ParameterRow("use_domain", \.usesDomain, "Whether an AoR has a domain."),
            ParameterRow(
                "matching_mode", cases: \.matchingMode,
                "0 contact, 1 contact and Call-ID, 2 contact and Path, 3 Call-ID."),
            ParameterRow(
                "desc_time_order", \.newestFirst,
                "Whether the newest binding comes first, instead of the one with the highest q."),
            ParameterRow(
                "cseq_delay", \.cseqDelay, 0...3_600,
                "Seconds in which an equal CSeq is a retransmission."),
            ParameterRow(
                "fetch_rows", \.fetchRows, 1...1_000_000,
                "Rows that one statement reads when a table is loaded."),
            ParameterRow(
                "preload", list: \.preload,
                "A table that exists from the start, although the script may not name it."),
            ParameterRow(
                "db_load", \.loadsAtStart,
                "Whether tables are loaded at the start (db_mode 1, 2)."),
            ParameterRow(
                "server_id_filter", \.filtersServerID,
                "Whether rows of other servers are neither loaded nor deleted nor counted."),
            ParameterRow(
                "nat_bflag", \.natBranchFlag, -1...31,
                "Number of the branch flag that marks contacts behind a NAT; -1 for none."),
            ParameterRow(
                "hash_size", \.hashSize, 0...20,
                "Accepted for old files, and said in the log to have no effect: tables grow."),
            ParameterRow(
                "xavp_contact", \.attributesRoot,
                "Name of the $xavp whose attributes are stored with a contact."),
            ParameterRow(
                "version_table", \.checksVersion,
                "Whether the version of a table is checked at the start."),
        ]
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
