/// Why the database did not do what it was asked.
public struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What can be done about it.
    public enum Kind: Sendable, Hashable {
        /// It cannot be reached, or did not answer in time: try again later.
        case unavailable
        /// A deadlock or lock time-out: run the transaction again.
        case conflict
        /// It refused the statement: a defect or a wrong schema.
        case refused
        /// The URL or the schema is wrong: the operator must act.
        case configuration
    }
    /// What can be done about it.
    public var kind: Kind
    /// The database's words, without credentials.
    public var message: String
    /// The database's own number, 0 without one.
    public var code: Int
    /// An error.
    public init(_ kind: Kind, _ message: String, code: Int = 0) {
        self.kind = kind
        self.message = message
        self.code = code
    }

    /// The words for a log line, with the database's number where it gave one.
    public var description: String { code == 0 ? message : "\(message) (error \(code))" }
}

/// One row of a batch that the database refuses for what is in it; the other rows are written.
///
/// One binding with a value that does not fit its column must not keep all the others in memory
/// for ever, so bulk writes name such rows and go on.
public struct RefusedRow: Sendable, Hashable {
    /// Its place in the batch, counted from 0.
    public var row: Int
    /// What the database said about it.
    public var error: StorageError
    /// A refused row.
    public init(row: Int, error: StorageError) {
        self.row = row
        self.error = error
    }
}
