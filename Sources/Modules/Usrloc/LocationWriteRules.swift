import Basics
import Locations
import Storage

/// How changes of bindings become statements: the parameters `db_insert_update` and its like.
///
/// With the defaults every change is an upsert by the unique name, so that a row that somebody has
/// deleted comes back and a statement that is run twice does no harm.
struct LocationWriteRules: Sendable, Hashable {
    /// What a new row does about another that is in its way (`db_insert_update`).
    var insert: InsertRule = .replacingSameKey
    /// Whether a change of a stored binding is a new row (`db_update_as_insert`).
    var insertsUpdates = false
    /// Whether a row that is not there is inserted, when rows are found by their addresses
    /// (`db_check_update`).
    var checksUpdates = false
    /// Whether rows are found by their unique names (`db_ops_ruid`).
    var findsByRuid = true
    /// Whether what is not set is written as NULL, and not as its column's default
    /// (`db_insert_null`).
    var insertsNull = false
    /// What makes two bindings the same, when rows are found by their addresses.
    var matching = MatchingMode.contact
    /// Whether attributes of contacts are kept in a table of their own (`xavp_contact`).
    var storesAttributes = false
}

extension LocationColumns {
    /// The condition that finds the row of a binding by what makes it one, with its values: the AoR
    /// and instance and reg-id, or what `matching_mode` names.
    ///
    /// A Call-ID that is no part of that is left out: a phone that has started again has a new one,
    /// and its row must be found all the same.
    func condition(
        finding binding: borrowing BindingView, _ dialect: Dialect
    ) -> (sql: String, values: [DatabaseValue]) {
        var (sql, values) = condition(for: binding.aor, dialect)
        func add(_ column: String, _ value: DatabaseValue) {
            sql += " AND \(dialect.quoted(column)) = ?"
            values.append(value)
        }
        guard binding.instance.isEmpty else {
            add(names.instance, .text(String(copying: binding.instance)))
            add(names.regID, .integer(Int(binding.values.regID)))
            return (sql, values)
        }
        if rules.matching != .callID { add(names.contact, .text(String(copying: binding.uri))) }
        switch rules.matching {
        case .contact: break
        case .contactAndCallID, .callID:
            add(names.callID, .text(String(copying: binding.callID)))
        case .contactAndPath:
            if !binding.path.isEmpty { add(names.path, .text(String(copying: binding.path))) }
        }
        return (sql, values)
    }
}
