internal import CMariaDB
internal import Storage

/// What MariaDB's error numbers mean to us.
///
/// Numbers below 2000 come from the server (mysqld_error.h), from 2000 on from the client library
/// (errmsg.h), which reports there that it lost the server.
enum MariaDBError {
    /// What can be done about an error.
    static func kind(_ code: Int) -> StorageError.Kind {
        switch code {
        case 1_205, 1_213: .conflict
        case 1_021, 1_040, 1_041, 1_053, 1_077, 1_079, 1_114, 1_129, 1_158...1_161, 1_203, 1_290,
            1_317, 1_836, 1_927, 1_969:
            // Full, busy, read-only after a fail-over, shutting down: it may be better later.
            .unavailable
        case 1_044, 1_045, 1_049, 1_130, 1_142, 1_143, 1_227, 1_251, 1_698: .configuration
        case 2_020: .refused
        case 2_000..<2_030, 2_047...2_059, 5_000...: .unavailable
        default: .refused
        }
    }

    /// Whether the connection cannot be used any more.
    static func endsConnection(_ code: Int) -> Bool {
        code == 1_053 || code == 1_927 || (kind(code) == .unavailable && code >= 2_000)
    }

    /// Whether it is about a value in a row, so that the rest of a batch may still be written:
    /// NULL where none may be, a duplicate, out of range, no such character, too long, a check.
    static func isAboutOneRow(_ code: Int) -> Bool {
        [1_048, 1_062, 1_264, 1_265, 1_292, 1_366, 1_406, 1_452, 2_020, 3_140, 4_025].contains(code)
    }

    /// The last error of a connection.
    @unsafe
    static func last(_ handle: UnsafeMutablePointer<MYSQL>) -> StorageError {
        let code = Int(unsafe mysql_errno(handle))
        return StorageError(kind(code), unsafe String(cString: mysql_error(handle)), code: code)
    }

    /// The last error of a prepared statement.
    @unsafe
    static func last(_ statement: UnsafeMutablePointer<MYSQL_STMT>) -> StorageError {
        let code = Int(unsafe mysql_stmt_errno(statement))
        let text = unsafe String(cString: mysql_stmt_error(statement))
        return StorageError(kind(code), text, code: code)
    }
}
