import Basics
import ModuleKit
import Subscriptions

/// Names, ranges and defaults of the parameters; the reference page is printed from these rows.
extension PresenceXMLModule {
    /// All of them.
    static var parameterRows: [ParameterRow<PresenceXMLParameters>] {
        ruleRows + eventRows + documentRows
    }

    /// Who may see what.
    private static var ruleRows: [ParameterRow<PresenceXMLParameters>] {
        [
            ParameterRow(
                "force_active", \.allowsEverybody,
                "Whether every watcher is active; no rule is asked and no database is needed."),
            ParameterRow("db_url", \.databaseURL, "The database that has the rules."),
            ParameterRow("xcap_table", \.xcapTable, "The table of XCAP documents.") { text in
                isName(text) ? nil : "is a name of letters, digits and _, 1 to 64"
            },
            ParameterRow(
                "integrated_xcap_server", \.isXCAPIntegrated,
                "Rules are read from the table alone, as 1 says; so are they here with 0."),
            ParameterRow(
                refused: "xcap_server",
                because: "documents are not fetched; have the XCAP server write the table"),
            ParameterRow(
                "xcapauth_userdel_reason", \.ruleRemovedReason,
                "The reason that a watcher is told whose rule has vanished."
            ) { text in
                let word = text.utf8.span
                return StatusReason(word: word) == .none || text == "polite-block"
                    ? "is a reason of Subscription-State such as probation" : nil
            },
        ]
    }

    /// Which packages there are.
    private static var eventRows: [ParameterRow<PresenceXMLParameters>] {
        [
            ParameterRow(
                "disable_presence", \.hidesPresence, "Whether event package presence is left out."),
            ParameterRow(
                "disable_winfo", \.hidesWatcherInfo,
                "Whether event package presence.winfo is left out."),
            ParameterRow(
                "disable_bla", \.hidesSharedLines,
                "Whether event package dialog;sla (shared lines) is left out."),
            ParameterRow(
                "disable_xcapdiff", \.hidesXCAPDiff,
                "Whether event package xcap-diff is left out."),
            ParameterRow(
                "passive_mode", \.isPassive,
                "Whether there are no event packages, only script functions."),
            ParameterRow(
                "default_expires", \.expiresSeconds, 1...Int(Int32.max),
                "Seconds that a request lives that has no Expires."),
        ]
    }

    /// What watchers are shown.
    private static var documentRows: [ParameterRow<PresenceXMLParameters>] {
        [
            ParameterRow(
                "force_dummy_presence", \.showsDummy,
                "Whether an open tuple is shown where nothing is published."),
            ParameterRow(
                "force_presence_single_body", \.showsSingle,
                "Whether only the document that ranks highest is shown, not all merged."),
            ParameterRow(
                "presence_single_body_priorities", \.priorities,
                "Texts from the least to the most important, with bars between them."),
            ParameterRow(
                "presence_single_body_lookup_element", \.rankedElement,
                "The element whose text is ranked."),
        ]
    }

    /// Whether a text can stand in a statement as a table's name.
    private static func isName(_ text: String) -> Bool {
        let letters = ByteSet(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
        return (1...Limits.columnNameBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy(letters.contains)
    }
}
