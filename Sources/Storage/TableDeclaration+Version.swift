extension TableDeclaration {
    /// Checks that table `version` has the number of this declaration.
    ///
    /// Kamailio refuses to start with a table of another version, for its columns may mean
    /// something else; so does this server, and the error says which command helps.
    ///
    /// - Throws: `configuration` when the number is another one, or what the database says.
    public func checkVersion(on connection: any DatabaseConnection) throws(StorageError) {
        var found = 0
        try connection.query(
            "SELECT table_version FROM version WHERE table_name = ?", [.text(name)]
        ) { row in
            found = row.integer(0) ?? 0
            return false
        }
        guard found != version else { return }
        throw StorageError(
            .configuration,
            "table \(name) has version \(found), this server needs \(version): "
                + "run roost migrate --database URL")
    }
}
