extension TableDeclaration {
    /// The statements that create the table and its indexes, as Kamailio's own scripts do.
    ///
    /// Engine and character set are the database's own, as there. In SQLite index names are one
    /// space for all tables, so each is prefixed with the table's name.
    public func createStatements(_ dialect: Dialect) -> [String] {
        var lines = columns.map { "    \(dialect.quoted($0.name)) \($0.declaration(dialect))" }
        for index in indexes where index.isUnique {
            let name = dialect.quoted(indexName(index, dialect))
            lines.append("    CONSTRAINT \(name) UNIQUE (\(dialect.quoted(list: index.columns)))")
        }
        let body = lines.joined(separator: ",\n")
        return ["CREATE TABLE \(dialect.quoted(name)) (\n\(body)\n)"]
            + indexes.filter { !$0.isUnique }.map { createStatement($0, dialect) }
    }

    /// The statement that adds one index to an existing table.
    public func createStatement(_ index: Index, _ dialect: Dialect) -> String {
        let kind = index.isUnique ? "UNIQUE INDEX" : "INDEX"
        return "CREATE \(kind) \(dialect.quoted(indexName(index, dialect)))"
            + " ON \(dialect.quoted(name)) (\(dialect.quoted(list: index.columns)))"
    }

    /// What an index is called in the database.
    public func indexName(_ index: Index, _ dialect: Dialect) -> String {
        dialect == .sqlite ? "\(name)_\(index.name)" : index.name
    }

    /// The names of all columns but `id`, which the database fills.
    public var writableColumns: [String] {
        columns.filter { $0.type != .identity }.map(\.name)
    }
}

extension TableDeclaration.Column {
    /// Type, default and nullability as in CREATE TABLE.
    func declaration(_ dialect: Dialect) -> String {
        var text = type.declaration(dialect)
        if type == .identity { return text }
        if let initial { text += " DEFAULT \(initial)" }
        if !isNullable { text += " NOT NULL" }
        return text
    }
}

extension TableDeclaration.ColumnType {
    /// The type as in CREATE TABLE.
    public func declaration(_ dialect: Dialect) -> String {
        dialect == .mariaDB ? mariaDB : sqlite
    }

    /// As in the scripts of kamailio-mysql-modules.
    private var mariaDB: String {
        switch self {
        case .identity: "INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL"
        case .varchar(let length): "VARCHAR(\(length))"
        case .integer: "INT(11)"
        case .unsigned: "INT UNSIGNED"
        case .decimal: "FLOAT(10,2)"
        case .datetime: "DATETIME"
        case .seconds: "BIGINT"
        case .text: "TEXT"
        case .blob: "BLOB"
        case .mediumBlob: "MEDIUMBLOB"
        }
    }

    /// As in Kamailio's scripts for SQLite, which takes any name of a type and goes by its sound.
    private var sqlite: String {
        switch self {
        case .identity: "INTEGER PRIMARY KEY NOT NULL"
        case .varchar(let length): "VARCHAR(\(length))"
        case .integer, .unsigned: "INTEGER"
        case .decimal: "REAL"
        case .datetime: "TIMESTAMP WITHOUT TIME ZONE"
        case .seconds: "BIGINT"
        case .text: "TEXT"
        case .blob, .mediumBlob: "BLOB"
        }
    }
}
