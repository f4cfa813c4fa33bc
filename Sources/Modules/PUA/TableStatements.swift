internal import Storage

/// The statements that read and claim rows of `pua`, in one place so that a test can ask the
/// database for its plan of each.
///
/// Many keys go into one statement. How many is rounded up to a few sizes, the last key standing in
/// for those that are missing: a database that keeps statements prepared meets a few texts only.
struct TableStatements: Sendable {
    /// The columns by which rows are looked up, which an index begins with.
    enum Lookup: Sendable, CaseIterable {
        /// `dialog1_idx`.
        case publication
        /// `pua_idx`, whose first column is the entity tag.
        case tag
        /// `dialog2_idx`.
        case dialog

        /// The columns.
        var columns: (String, String) {
            switch self {
            case .publication: ("pres_id", "pres_uri")
            case .tag: ("etag", "pres_uri")
            case .dialog: ("call_id", "from_tag")
            }
        }
    }

    /// How many keys a statement may have.
    static let sizes = [1, 4, 16, 64, 128]
    /// Most keys of one statement.
    static let keysMax = 128

    /// The table's name.
    let table: String
    /// The database's SQL.
    let dialect: Dialect

    /// The size of a statement for so many keys.
    static func size(for count: Int) -> Int {
        precondition((1...keysMax).contains(count), "a statement has 1 to 128 keys")
        return sizes.first { $0 >= count } ?? keysMax
    }

    /// Reads rows: `id`, then the columns.
    private var select: String {
        "SELECT \(dialect.quoted(list: ["id"] + PUATable.columns)) FROM \(dialect.quoted(table))"
    }

    /// Reads the rows of some keys of two columns.
    func find(_ lookup: Lookup, keys: Int) -> String {
        let (first, second) = lookup.columns
        let pair = "(\(dialect.quoted(first)) = ? AND \(dialect.quoted(second)) = ?)"
        let all = Array(repeating: pair, count: keys).joined(separator: " OR ")
        return "\(select) WHERE \(all)"
    }

    /// Reads a page: what is behind an `id`, in the order of `id`.
    func page(rows: Int) -> String {
        precondition(rows > 0, "a page has rows")
        return "\(select) WHERE id > ? ORDER BY id LIMIT \(rows)"
    }

    /// Finds the rows that expire before a time, those that expire first in front; only the index
    /// of `expires` is read.
    func due(rows: Int) -> String {
        "SELECT id FROM \(dialect.quoted(table)) WHERE expires < ?"
            + " ORDER BY expires LIMIT \(rows)"
    }

    /// Reads rows by their `id` that are due still, and locks them if that is wanted: another
    /// server that means to claim the same rows waits, and then finds that they are not due.
    func readDue(keys: Int, locks: Bool) -> String {
        let places = Array(repeating: "?", count: keys).joined(separator: ", ")
        let end = locks && dialect == .mariaDB ? " FOR UPDATE" : ""
        return "\(select) WHERE id IN (\(places)) AND expires < ?\(end)"
    }

    /// Claims rows by their `id`: until another time they are not due.
    func claim(keys: Int) -> String {
        let places = Array(repeating: "?", count: keys).joined(separator: ", ")
        return "UPDATE \(dialect.quoted(table)) SET expires = ? WHERE id IN (\(places))"
    }

    /// Claims a row that has not changed since it was read; one that has is not found.
    var claimOne: String {
        "UPDATE \(dialect.quoted(table)) SET expires = ?"
            + " WHERE id = ? AND expires = ? AND etag = ?"
    }

    /// Counts the rows.
    var count: String { "SELECT COUNT(*) FROM \(dialect.quoted(table))" }

    /// The columns by which a publication is removed.
    static let publicationKey = ["pres_id", "pres_uri", "etag", "event", "flag"]
    /// The columns by which a subscription is removed.
    static let subscriptionKey = ["call_id", "from_tag"]
    /// The columns by which a row that was read is changed: if it is still the same record.
    static let rowKey = ["id", "etag", "call_id", "from_tag"]
}
