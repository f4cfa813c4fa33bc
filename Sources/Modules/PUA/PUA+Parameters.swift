internal import ModuleKit

extension PUAModule {
    private typealias Row = ParameterRow<PUAParameters>

    /// The parameters.
    static var parameterRows: [ParameterRow<PUAParameters>] {
        storageRows + requestRows
    }

    private static var storageRows: [ParameterRow<PUAParameters>] {
        [
            Row(
                "db_url", \.databaseURL,
                "Database of the table; with db_mode 0 it may be left out, and nothing is kept."),
            Row("db_table", \.table, "The table of publications and subscriptions."),
            Row(
                "db_mode", cases: \.mode,
                "0: in memory, written every update_period and loaded at the start; 2: in the "
                    + "table alone, which several servers may share."),
            Row(
                "db_table_lock_write", \.locksTable,
                "Whether the rows of one write are locked against other servers meanwhile."),
            Row("fetch_rows", \.fetchRows, 1...1_000_000, "Rows that are fetched at a time."),
            Row(
                "hash_size", \.hashSize, -1...20,
                "Logarithm of the number of places that are set aside at the start for what is "
                    + "worked on; up to 1 is 512 places, and tables grow by themselves."),
            Row(
                "update_period", \.updatePeriod, 0...86_400,
                "Seconds between two writes of db_mode 0, and how long before its end a record is "
                    + "refreshed; 0 for neither, else 6 and more."),
        ]
    }

    private static var requestRows: [ParameterRow<PUAParameters>] {
        [
            Row(
                "min_expires", \.minExpires, -1...8_640_000,
                "Fewest seconds that a PUBLISH or SUBSCRIBE asks for; below 0 is 0."),
            Row(
                "default_expires", \.defaultExpires, -1...8_640_000,
                "Seconds that are asked for when nothing is said; below 600 is 3600."),
            Row(
                "outbound_proxy", \.outboundProxy,
                "URI of the next hop of PUBLISH requests that have none of their own."),
            Row(
                "dlginfo_increase_version", \.numbersDialogs,
                "Whether the version of documents of event dialog counts up with each PUBLISH."),
            Row(
                "reginfo_increase_version", \.numbersRegistrations,
                "Whether the version of documents of event reg counts up with each PUBLISH."),
            Row(
                "check_remote_contact", \.checksRemoteContact,
                "Whether a subscription is looked up by its remote target too, where one is given."
            ),
            Row(
                "credential", list: \.credentials,
                "user:realm:password that answers 401 and 407; an empty realm is any. Not a "
                    + "parameter of Kamailio's pua: module uac has it there."),
        ]
    }
}
