import Storage
import Testing

@Suite("The address of a database")
struct DatabaseURLTests {
    /// A URL and what is read from it.
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let server: DatabaseURL.Server
        let shown: String
        var testDescription: String { text }

        init(
            _ text: String, host: String = "db", port: Int = 0, user: String = "kam",
            password: String = "", database: String = "kamailio", socket: String? = nil,
            shown: String
        ) {
            self.text = text
            self.shown = shown
            server = DatabaseURL.Server(
                host: host, port: port, user: user, password: password, database: database,
                socket: socket)
        }
    }

    static let servers = [
        Case("mysql://kam@db/kamailio", shown: "mysql://kam@db/kamailio"),
        Case("mysql://kam:@db/kamailio", shown: "mysql://kam@db/kamailio"),
        Case(
            "mysql://kam:secret@db:3307/kamailio", port: 3_307, password: "secret",
            shown: "mysql://kam:***@db:3307/kamailio"),
        Case(
            "MariaDB://kam:s%40c%3A%2Fret%25@db/kamailio", password: "s@c:/ret%",
            shown: "mysql://kam:***@db/kamailio"),
        Case(
            "mysql://kam:p@ss/wo:rd@db/kamailio", password: "p@ss/wo:rd",
            shown: "mysql://kam:***@db/kamailio"),
        Case(
            "mysql://kam:x@[2001:db8::1]:33/kamailio", host: "2001:db8::1", port: 33,
            password: "x", shown: "mysql://kam:***@[2001:db8::1]:33/kamailio"),
        Case(
            "mysql://kam:x@[::1]/kamailio", host: "::1", password: "x",
            shown: "mysql://kam:***@[::1]/kamailio"),
        Case(
            "mysql://kam:x@localhost/kamailio?socket=/run/my%20sql.sock", host: "localhost",
            password: "x", socket: "/run/my sql.sock",
            shown: "mysql://kam:***@localhost/kamailio?socket=/run/my sql.sock"),
    ]

    @Test(
        "a server's address is read part by part, and shown without its password",
        arguments: servers)
    func server(_ expected: Case) throws {
        let url = try DatabaseURL(expected.text)
        #expect(url.place == .mariaDB(expected.server))
        #expect(url.description == expected.shown)
        #expect(url.dialect == .mariaDB)
    }

    @Test("the path of a file is relative with three slashes and absolute with four")
    func file() throws {
        #expect(try DatabaseURL("sqlite:///roost.db").place == .file("roost.db"))
        #expect(try DatabaseURL("sqlite:////var/lib/a%20b.db").place == .file("/var/lib/a b.db"))
        #expect(try DatabaseURL("sqlite:////var/x.db").description == "sqlite:////var/x.db")
        #expect(try DatabaseURL("sqlite:////var/x.db").dialect == .sqlite)
        for text in ["sqlite::memory:", "sqlite://:memory:", "sqlite:///:memory:"] {
            #expect(try DatabaseURL(text).place == .memory)
        }
    }

    @Test(
        "a wrong address says what is wrong, and never the password",
        arguments: [
            ("kamailio", "no scheme"),
            ("postgres://kam:secret@db/kamailio", "unknown driver 'postgres'"),
            ("mysql:kam:secret@db/kamailio", "must go on with //"),
            ("mysql://db/kamailio", "names no user"),
            ("mysql://:secret@db/kamailio", "names no user"),
            ("mysql://kam:secret@db", "names no database"),
            ("mysql://kam:secret@db/", "names no database"),
            ("mysql://kam:secret@/kamailio", "names no host"),
            ("mysql://kam:secret@db:0/kamailio", "1 to 65535"),
            ("mysql://kam:secret@db:65536/kamailio", "1 to 65535"),
            ("mysql://kam:secret@db:secret/kamailio", "1 to 65535"),
            ("mysql://kam:secret@[::1/kamailio", "does not close"),
            ("mysql://kam:secret%4@db/kamailio", "in its password"),
            ("mysql://kam:secret%00@db/kamailio", "in its password"),
            ("mysql://kam:secret%ff@db/kamailio", "no UTF-8"),
            ("mysql://kam:secret@db/kamailio?ssl=1", "unknown option"),
            ("mysql://kam:secret@db/kamailio?socket=here", "no absolute path"),
            ("sqlite://relative.db", "sqlite:///relative/path"),
            ("sqlite:///", "names no file"),
            ("sqlite:///" + String(repeating: "x", count: 3_000), "longer than 2048"),
        ])
    func wrong(_ text: String, _ words: String) {
        let error = #expect(throws: StorageError.self) { try DatabaseURL(text) }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("secret") == false)
    }
}
