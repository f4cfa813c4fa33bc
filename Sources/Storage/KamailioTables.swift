/// The tables of Kamailio 5.6, column for column, so that either server runs on the other's data.
///
/// Each is written down in the order of Kamailio's own scripts; columns that those declare with
/// `DEFAULT NULL` say so here too, which changes nothing but keeps the scripts alike.
public enum KamailioTables {
    /// All tables under their usual names, `version` first: the others write their row into it.
    public static var all: [TableDeclaration] {
        [
            version, location(named: "location"), locationAttrs(named: "location"), aliases,
            subscriber, presentity, activeWatchers, watchers, xcap, pua, rlsPresentity,
            rlsWatchers,
        ]
    }

    /// The tables that a server needs which stores bindings in the given location tables.
    public static func registrar(locations: [String] = ["location"]) -> [TableDeclaration] {
        [version] + locations.flatMap { [location(named: $0), locationAttrs(named: $0)] }
            + [aliases, subscriber]
    }
}

extension TableDeclaration.Column {
    /// The automatic primary key, first in every table.
    static var id: Self { Self("id", .identity) }
}
