/// The address of a database as Kamailio's `db_url` parameters write it.
///
///     mysql://user:password@host[:port]/database[?socket=/path]
///     sqlite:///relative.db   sqlite:////absolute.db   sqlite::memory:
///
/// User, password, database and the socket's path may be percent-encoded. `description` and every
/// error leave the password out.
public struct DatabaseURL: Sendable, Hashable, CustomStringConvertible {
    /// Where the database is.
    public enum Place: Sendable, Hashable {
        /// A MariaDB server.
        case mariaDB(Server)
        /// A file of SQLite.
        case file(String)
        /// A database of SQLite that lives and dies with its connection.
        case memory
    }

    /// A database on a server.
    public struct Server: Sendable, Hashable {
        /// Name or address; `localhost` means the Unix socket.
        public var host: String
        /// Port, 0 for the usual one (3306).
        public var port: Int
        /// Who connects.
        public var user: String
        /// The password, empty without one.
        public var password: String
        /// Name of the database.
        public var database: String
        /// Path of the Unix socket, nil for the library's.
        public var socket: String?

        /// An address.
        public init(
            host: String, port: Int = 0, user: String, password: String = "", database: String,
            socket: String? = nil
        ) {
            self.host = host
            self.port = port
            self.user = user
            self.password = password
            self.database = database
            self.socket = socket
        }
    }

    /// Where the database is.
    public let place: Place

    /// Reads a URL; throws `configuration` with what is wrong in it.
    public init(_ text: String) throws(StorageError) {
        guard text.utf8.count <= 2_048 else { throw Self.wrong("is longer than 2048 bytes") }
        guard let colon = text.firstIndex(of: ":") else {
            throw Self.wrong("has no scheme: expected mysql://... or sqlite:///...")
        }
        let scheme = text[..<colon].lowercased()
        let rest = text[text.index(after: colon)...]
        switch scheme {
        case "mysql", "mariadb": place = .mariaDB(try Self.server(rest))
        case "sqlite": place = try Self.file(rest)
        default:
            throw Self.wrong("names the unknown driver '\(scheme)': there are mysql and sqlite")
        }
    }

    /// The URL as it may be shown: the password is replaced by `***`.
    public var description: String {
        switch place {
        case .memory: return "sqlite::memory:"
        case .file(let path): return "sqlite:///\(path)"
        case .mariaDB(let server):
            let secret = server.password.isEmpty ? "" : ":***"
            let host = server.host.contains(":") ? "[\(server.host)]" : server.host
            let port = server.port == 0 ? "" : ":\(server.port)"
            let socket = server.socket.map { "?socket=\($0)" } ?? ""
            return "mysql://\(server.user)\(secret)@\(host)\(port)/\(server.database)\(socket)"
        }
    }

    /// The SQL that the database speaks.
    public var dialect: Dialect {
        if case .mariaDB = place { .mariaDB } else { .sqlite }
    }

    // MARK: Parts

    /// An error about the URL; `what` must not hold a part of it that could be the password.
    private static func wrong(_ what: String) -> StorageError {
        StorageError(.configuration, "the database URL \(what)")
    }

    /// What follows `sqlite:`.
    private static func file(_ rest: Substring) throws(StorageError) -> Place {
        if rest == ":memory:" || rest == "//:memory:" || rest == "///:memory:" { return .memory }
        guard rest.hasPrefix("///") else {
            throw wrong("must be sqlite:///relative/path or sqlite:////absolute/path")
        }
        let path = try decode(rest.dropFirst(3), "path")
        guard !path.isEmpty else { throw wrong("names no file") }
        return .file(path)
    }

    /// What follows `mysql:`.
    private static func server(_ rest: Substring) throws(StorageError) -> Server {
        guard rest.hasPrefix("//") else { throw wrong("must go on with // behind mysql:") }
        var rest = rest.dropFirst(2)
        let query = cut(&rest, before: "?")
        // A password may hold '@' and '/' when nobody encoded them, so the last '@' divides, and
        // only behind it is a '/' the start of the database's name.
        guard let at = rest.lastIndex(of: "@") else {
            throw wrong("names no user: expected mysql://user:password@host/database")
        }
        var user = rest[..<at]
        var address = rest[rest.index(after: at)...]
        let password = cut(&user, before: ":") ?? ""
        guard let database = cut(&address, before: "/"), !database.isEmpty else {
            throw wrong("names no database: expected /database behind the host")
        }
        let (host, port) = try hostAndPort(address)
        guard !user.isEmpty else { throw wrong("names no user") }
        return Server(
            host: host, port: port, user: try decode(user, "user"),
            password: try decode(password, "password"), database: try decode(database, "database"),
            socket: try socket(query))
    }

    /// The host, without the brackets of an IPv6 address, and the port, 0 without one.
    private static func hostAndPort(_ address: Substring) throws(StorageError) -> (String, Int) {
        var host = address
        var port: Substring?
        if address.hasPrefix("[") {
            host = address.dropFirst()
            guard let behind = cut(&host, before: "]"), behind.isEmpty || behind.hasPrefix(":")
            else { throw wrong("opens an IPv6 address with [ and does not close it") }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else {
            port = cut(&host, before: ":")
        }
        guard !host.isEmpty else { throw wrong("names no host") }
        guard let port else { return (String(host), 0) }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw wrong("has a port that is no number from 1 to 65535")
        }
        return (String(host), number)
    }

    /// The option behind `?`.
    private static func socket(_ query: Substring?) throws(StorageError) -> String? {
        guard let query, !query.isEmpty else { return nil }
        guard query.hasPrefix("socket="), !query.contains("&") else {
            throw wrong("has an unknown option behind '?': there is only socket=/path")
        }
        let path = try decode(query.dropFirst(7), "socket")
        // The address of a Unix socket has room for 107 bytes (unix(7)).
        guard path.hasPrefix("/"), path.utf8.count <= 107 else {
            throw wrong("has a socket that is no absolute path of at most 107 bytes")
        }
        return path
    }

    /// Takes what follows the first `mark` off the text; nil, and the text as it was, without one.
    private static func cut(_ text: inout Substring, before mark: Character) -> Substring? {
        guard let place = text.firstIndex(of: mark) else { return nil }
        let behind = text[text.index(after: place)...]
        text = text[..<place]
        return behind
    }

    /// Undoes percent-encoding (RFC 3986 2.1).
    ///
    /// There must be no zero byte, which would end the text in the C libraries.
    private static func decode(_ text: Substring, _ part: String) throws(StorageError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), value != 0 else {
                throw wrong("has a '%' without two hexadecimal digits in its \(part)")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw wrong("has a \(part) that is no UTF-8")
        }
        return decoded
    }
}
