import Foundation
import JSONValue
import Testing

@testable import RemoteControl

/// A file with a mode, gone when it is let go.
private final class SmallFile {
    let path: String

    init(_ text: String, mode: Int = 0o600) throws {
        path = NSTemporaryDirectory() + "roostctl-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("Who calls")
struct CredentialTests {
    private func options(
        _ words: [String], _ environment: [String: String] = [:]
    ) throws -> ControlOptions {
        try ControlOptions(words, environment: environment)
    }

    /// The test vectors of RFC 4648 10, and bytes that need the last digits.
    static let vectors: [(String, String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("ÿ¿~", "w7/Cv34="),
        ("Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    ]

    @Test("Base64 is that of RFC 4648", arguments: vectors)
    func base64(_ text: String, _ encoded: String) {
        #expect(Credentials.base64(Array(text.utf8)) == encoded)
        #expect(Data(text.utf8).base64EncodedString() == encoded)
    }

    @Test("the Authorization field is that of RFC 7617 and RFC 6750")
    func authorization() {
        #expect(Credentials.none.authorization == nil)
        #expect(
            Credentials.user(name: "Aladdin", password: "open sesame").authorization
                == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(Credentials.token("mF_9.B5f-4.1JqM").authorization == "Bearer mF_9.B5f-4.1JqM")
    }

    @Test("a token comes from a file or the environment, and the file comes first")
    func token() throws {
        let file = try SmallFile("abc\nsecond line\n")
        let given = try options(["--token-file", file.path, "x"], ["ROOST_TOKEN": "env"])
        #expect(try given.caller(nil).credentials == .token("abc"))
        let environment = try options(["x"], ["ROOST_TOKEN": "env"])
        #expect(try environment.caller(nil).credentials == .token("env"))
        #expect(try options(["x"], ["ROOST_TOKEN": ""]).caller(nil).credentials == .none)
        #expect(try options(["x"]).caller(nil).credentials == .none)
    }

    @Test("a password comes from a file, or from a person who is asked once")
    func password() throws {
        let file = try SmallFile("s3 cret:x\r\n")
        let filed = try options(["--user", "ann", "--password-file=\(file.path)", "x"])
        let expected = Credentials.user(name: "ann", password: "s3 cret:x")
        #expect(try filed.caller { _ in "never asked" }.credentials == expected)
        let asked = try options(["--user", "ann", "x"])
        var questions: [String] = []
        let caller = try asked.caller { question in
            questions.append(question)
            return "typed"
        }
        #expect(caller.credentials == .user(name: "ann", password: "typed"))
        #expect(questions == ["Password of ann: "])
        let error = #expect(throws: ControlError.self) { try asked.caller(nil) }
        #expect(error?.kind == .usage)
        #expect(error?.message.contains("--password-file") == true)
    }

    @Test(
        "options that contradict each other are refused",
        arguments: [
            ["--user", "a", "--token-file", "/f"], ["--password-file", "/f"],
            ["--password-file", "/f", "--token-file", "/f"], ["--insecure"],
            ["--url", "http://127.0.0.1", "--insecure"], ["--user", "a:b"], ["--user", ""],
            ["--user", "a\u{1b}"], ["--format", "xml"], ["--format"], ["--insecure=1"],
        ])
    func contradictions(_ words: [String]) {
        let error = #expect(throws: ControlError.self) { try options(words) }
        #expect(error?.status == 2)
    }

    @Test("trust is that of the system, of a file, or none for a server on this machine")
    func trust() throws {
        let url = ["--url", "https://127.0.0.1"]
        #expect(try options(url).trust == .system)
        #expect(try options(url + ["--ca-file", "/c"]).trust == .authorities(file: "/c"))
        #expect(try options(url, ["ROOST_CA_FILE": "/e"]).trust == .authorities(file: "/e"))
        #expect(try options(url + ["--insecure"]).trust == .anything)
    }

    @Test("a URL with a password is refused, and the password is not repeated")
    func urlPassword() {
        for url in ["http://ann:s3cret@h", "ann:s3cret@h:80", "https://s3cret@h/"] {
            let error = #expect(throws: ControlError.self) { try ServerAddress(url) }
            #expect(error?.kind == .usage)
            #expect(error?.message.contains("s3cret") == false)
            #expect(error?.message.contains("--password-file") == true)
        }
    }

    @Test("a file that everyone may read or write is refused, one of a group is not")
    func modes() throws {
        for mode in [0o644, 0o604, 0o602, 0o601] {
            let file = try SmallFile("abc", mode: mode)
            let error = #expect(throws: ControlError.self) { try SecretFile.read(file.path) }
            #expect(error?.message.contains("chmod o=") == true)
            #expect(error?.message.contains("abc") == false)
        }
        for mode in [0o600, 0o640, 0o660, 0o400] {
            let file = try SmallFile("abc", mode: mode)
            #expect(try SecretFile.read(file.path) == "abc")
        }
    }

    static let contents: [(String, String?)] = [
        ("abc", "abc"), ("abc\n", "abc"), ("abc\r\nmore", "abc"), ("a b c\n", "a b c"),
        ("", nil), ("\n", nil), (String(repeating: "x", count: 4_096), nil),
        (String(repeating: "x", count: 4_097), nil),
    ]

    @Test("the secret is the first line, and has a bound", arguments: contents)
    func lines(_ text: String, _ secret: String?) throws {
        let file = try SmallFile(text)
        let expected = text.count == 4_096 ? text : secret
        #expect((try? SecretFile.read(file.path)) == expected)
    }

    @Test("a file that is not there is named with the cause")
    func noFile() {
        let error = #expect(throws: ControlError.self) { try SecretFile.read("/no/such/file") }
        #expect(error?.message == "/no/such/file: No such file or directory")
    }

    @Test(
        "a token that could not stand in a header line is refused", arguments: ["a b", "a\tb", "ä"])
    func oddToken(_ token: String) {
        let error = #expect(throws: ControlError.self) { try Credentials.checked(token: token) }
        #expect(error?.message.contains(token) == false)
    }
}

@Suite("Calls with credentials")
struct CredentialedCallTests {
    private let done = #"{"jsonrpc":"2.0","result":"ok","id":1}"#

    private func run(
        _ server: AnsweringServer, _ words: [String], _ environment: [String: String] = [:]
    ) -> (status: Int32, output: String, errors: String) {
        let output = Memory()
        let errors = Memory()
        let status = ControlSession.main(
            ["--url", server.url, "--timeout", "5"] + words, environment: environment,
            output: output, errors: errors)
        return (status, output.text, errors.text)
    }

    @Test("they stand in the head of the request, once, and nowhere else")
    func field() {
        let answer = done
        let server = AnsweringServer { _ in answer }
        #expect(run(server, ["x"], ["ROOST_TOKEN": "t0ken"]).output == "ok\n")
        #expect(run(server, ["x"]).output == "ok\n")
        let requests = server.requests
        #expect(requests.count == 2)
        #expect(requests[0].contains("\r\nAuthorization: Bearer t0ken\r\n"))
        #expect(requests[0].split(separator: "t0ken").count == 2)
        #expect(!requests[1].contains("Authorization"))
    }

    static let refusals: [(String, String, String)] = [
        ("401 Unauthorized", "", "asks who calls: use --user NAME or --token-file FILE"),
        ("403 Forbidden", "no\nmore", "error: 403 - no\n"),
        ("403 Forbidden", "", "no reason given"),
        (
            "403 Forbidden",
            #"{"jsonrpc":"2.0","error":{"code":403,"message":"role read"},"id":1}"#,
            "error: 403 - role read\n"
        ),
    ]

    @Test("401 and 403 are refusals and say what to do", arguments: refusals)
    func refused(_ status: String, _ body: String, _ message: String) {
        let server = AnsweringServer { _ in
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        let outcome = run(server, ["x"])
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(message))
        let known = run(server, ["x"], ["ROOST_TOKEN": "t0ken"])
        #expect(known.status == 1 && !known.errors.contains("t0ken"))
        if status.hasPrefix("401") { #expect(known.errors.contains("does not take these")) }
    }

    @Test("an https: URL of a server without TLS is an error, not a hang")
    func noTLS() {
        let answer = done
        let server = AnsweringServer { _ in answer }
        let url = server.url.replacingOccurrences(of: "http:", with: "https:")
        let errors = Memory()
        let status = ControlSession.main(
            ["--url", url, "--timeout", "5", "--insecure", "x"], environment: [:],
            output: Memory(), errors: errors)
        #expect(status == 3)
        #expect(errors.text.contains("TLS"))
    }

    @Test("a file of authorities that is none is an error of the command line")
    func noAuthorities() throws {
        let server = AnsweringServer { _ in "" }
        let url = server.url.replacingOccurrences(of: "http:", with: "https:")
        let empty = try SmallFile("no certificate")
        for path in ["/no/such/file", empty.path] {
            let errors = Memory()
            let status = ControlSession.main(
                ["--url", url, "--ca-file", path, "x"], environment: [:], output: Memory(),
                errors: errors)
            #expect(status == 2)
            #expect(errors.text.contains(path))
        }
    }
}
