public import ModuleKit
import Storage

extension PresenceXMLModule {
    /// The module's declaration.
    public static var manifest: Manifest<PresenceXMLModule> {
        Manifest(
            "presence_xml", "Event packages presence and presence.winfo, and who may watch whom.",
            requires: ["presence"], parameters: parameterRows, functions: functionRows,
            statistics: [
                StatisticRow("rules_known", "Presentities whose rules are in memory.") {
                    $0.book.count
                },
                StatisticRow("rules_reads", "Times that rules were read from the table.") {
                    $0.book.reads
                },
                StatisticRow("rules_failures", "Times that the table could not be read.") {
                    $0.book.failures
                },
            ],
            tables: [KamailioTables.xcap])
    }
}
