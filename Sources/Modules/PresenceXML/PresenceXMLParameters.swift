import Storage
import Subscriptions

/// The settings of module `presence_xml`, with the defaults of its documentation.
public struct PresenceXMLParameters: Sendable {
    /// The database that the rules are in.
    public var databaseURL = "mysql://kamailio:kamailiorw@localhost/kamailio"
    /// The table of XCAP documents.
    public var xcapTable = "xcap"
    /// Whether every watcher is active and no rule is asked.
    public var allowsEverybody = false
    /// Whether rules are only looked up in the table.
    public var isXCAPIntegrated = false
    /// Whether event package `presence` is left out.
    public var hidesPresence = false
    /// Whether event package `presence.winfo` is left out.
    public var hidesWatcherInfo = false
    /// Whether event package `dialog;sla` is left out.
    public var hidesSharedLines = true
    /// Whether event package `xcap-diff` is left out.
    public var hidesXCAPDiff = false
    /// Whether there are no event packages at all.
    public var isPassive = false
    /// What a watcher is told whose rule has vanished.
    public var ruleRemovedReason = "probation"
    /// Whether watchers are shown an open tuple where nothing is published.
    public var showsDummy = false
    /// Whether watchers are shown one document only, the one that ranks highest.
    public var showsSingle = false
    /// The ranking, from the least to the most important.
    public var priorities = "Available|Ringing|On the Phone"
    /// The element whose text is ranked.
    public var rankedElement = "note"
    /// Seconds that a publication or subscription lives that does not say how long.
    public var expiresSeconds = 3_600

    /// Whether rules are asked, so that a database is needed.
    var asksRules: Bool { !allowsEverybody && !isPassive && !hidesPresence }

    /// The table of rules under the name that it has here.
    var table: TableDeclaration {
        let xcap = KamailioTables.xcap
        return TableDeclaration(
            name: xcapTable, version: xcap.version, columns: xcap.columns, indexes: xcap.indexes)
    }
}
