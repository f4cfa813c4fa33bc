public import ModuleKit

extension HtableModule {
    /// What the module declares.
    public static let manifest = Manifest<HtableModule>(
        "htable", "Hash tables in memory that scripts share.",
        parameters: [
            ParameterRow(
                "htable", list: \.tables,
                "A table: name=>size=8;autoexpire=300;initval=0;updateexpire=1.",
                check: { (text) throws(ArgumentError) in _ = try TableDefinition(text) }),
            ParameterRow(
                "timer_interval", \.timerInterval, 1...86_400,
                "Seconds between two looks at what has expired."),
            ParameterRow(
                ignored: "timer_procs", .integer(0...128), \.ignored,
                because: "what has expired costs no process of its own"),
        ],
        functions: functions, variables: variables, methods: commands,
        eventRoutes: [
            EventRouteRow(startEvent, "Runs once, when all modules are made."),
            EventRouteRow(
                "htable:expired:*",
                "An entry of the table of the last part has expired: $shtrecord()."),
        ])
}
