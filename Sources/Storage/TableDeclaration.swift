/// The declaration of one database table, from which the SQL of every dialect is made.
public struct TableDeclaration: Sendable, Hashable {
    /// The type of a column.
    public enum ColumnType: Sendable, Hashable {
        /// The automatic primary key `id`.
        case identity
        /// Text of at most so many characters.
        case varchar(Int)
        /// A 32-bit integer.
        case integer
        /// A 32-bit integer without sign.
        case unsigned
        /// `float(10,2)`.
        case decimal
        /// A point in time in local time.
        case datetime
        /// Seconds since 1970, 64 bits.
        case seconds
        /// Long text.
        case text
        /// Bytes.
        case blob
        /// Many bytes.
        case mediumBlob
    }

    /// One column.
    public struct Column: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its type.
        public var type: ColumnType
        /// Whether it may be NULL.
        public var isNullable: Bool
        /// Its default as SQL text, nil without one.
        public var initial: String?
        /// A column.
        public init(
            _ name: String, _ type: ColumnType, isNullable: Bool = false, initial: String? = nil
        ) {
            self.name = name
            self.type = type
            self.isNullable = isNullable
            self.initial = initial
        }
    }

    /// One index.
    public struct Index: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Whether its columns are unique together.
        public var isUnique: Bool
        /// Its columns in order.
        public var columns: [String]
        /// An index.
        public init(_ name: String, _ columns: [String], isUnique: Bool = false) {
            self.name = name
            self.columns = columns
            self.isUnique = isUnique
        }
    }

    /// Name of the table.
    public var name: String
    /// The number that table `version` holds for it.
    public var version: Int
    /// Columns in order.
    public var columns: [Column]
    /// Indexes beside the primary key.
    public var indexes: [Index]

    /// A table.
    public init(name: String, version: Int, columns: [Column], indexes: [Index]) {
        self.name = name
        self.version = version
        self.columns = columns
        self.indexes = indexes
    }
}
