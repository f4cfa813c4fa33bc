import Core
import Digest
import JSONValue
import Management
import MicroHTTPD
import ModuleKit
import TestSupport
import Testing

/// The page at `/` and what it asks.
@Suite("module microhttpd: the page")
struct MicroHTTPDPageTests {
    private static let control = SecretHash(token: Array("t0ken".utf8)).text
    private static let read = SecretHash(token: Array("r3ader".utf8)).text

    /// A port that is open until the test ends.
    private final class Bench {
        let services = StandInServices()
        let module: MicroHTTPD
        let port: UInt16

        init(_ parameters: [(String, SettingValue)] = []) throws {
            try services.load(Core.self)
            module = try services.load(
                MicroHTTPD.self, [("listen_port", .integer(0))] + parameters)
            try module.start()
            port = UInt16(module.url?.split(separator: ":").last ?? "") ?? 0
        }

        deinit { module.stop() }

        func get(_ path: String, _ fields: String...) throws -> TestSupport.HTTPReply {
            let socket = try ClientSocket(.stream, port: port)
            let lines = ["GET \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + fields
            socket.send(Array((lines + ["", ""]).joined(separator: "\r\n").utf8))
            let reply = TestSupport.HTTPReply(from: socket, seconds: 10)
            return try #require(reply)
        }

        func rights(_ fields: String...) throws -> JSONValue {
            let token = fields.first.map { "Authorization: Bearer \($0)" }
            return try JSONValue(parsing: get("/rights", token ?? "Accept: */*").text)
        }
    }

    private static let accounts: [(String, SettingValue)] = [
        ("token", .string("admin:control:\(control)")), ("token", .string("board:read:\(read)")),
    ]

    @Test("each part that a part names is served, and nothing names another server")
    func parts() throws {
        let bench = try Bench()
        var waiting: Set<String> = ["/"]
        var seen: Set<String> = []
        while let path = waiting.popFirst() {
            let reply = try bench.get(path)
            #expect(reply.status == 200, "\(path)")
            #expect(reply.fields["content-security-policy"] == StaticPage.policy)
            #expect(!reply.body.isEmpty && reply.body.count < 64 << 10, "\(path)")
            seen.insert(path)
            let text = reply.text.replacing("http://www.w3.org/", with: "")
            #expect(!text.contains("http://") && !text.contains("https://"), "\(path)")
            for match in text.matches(of: /\/page\/[a-z]+\.[a-z]+/) {
                let name = String(match.output)
                if !seen.contains(name) { waiting.insert(name) }
            }
        }
        #expect(seen.count >= 18)
        // Media types decide what a browser runs.
        for (name, type) in [
            ("main.js", "text/javascript; charset=utf-8"), ("style.css", "text/css; charset=utf-8"),
            ("icon.svg", "image/svg+xml"),
        ] {
            #expect(try bench.get("/page/\(name)").fields["content-type"] == type)
        }
        #expect(try bench.get("/page/").status == 404)
        #expect(try bench.get("/page/../RPC").status == 404)
    }

    @Test("no part makes markup of text, or holds an inline script or style")
    func markup() throws {
        let bench = try Bench()
        let names = try bench.get("/page/main.js").text
        #expect(names.contains("from \"/page/dom.js\""))
        let html = try bench.get("/").text
        #expect(!html.contains("<style") && !html.contains(" style=") && !html.contains("onclick"))
        #expect(html.matches(of: /<script/).count == 1, "one, with a source")
        let words = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
        for match in names.matches(of: /\/page\/[a-z]+\.js/) {
            let text = try bench.get(String(match.output)).text
            for word in words { #expect(!text.contains(word), "\(match.output): \(word)") }
        }
    }

    @Test("the page is there without credentials, what it shows is not")
    func open() throws {
        let bench = try Bench(Self.accounts)
        #expect(try bench.get("/").status == 200)
        #expect(try bench.get("/page/login.js").status == 200)
        #expect(try bench.get("/rights").status == 401)
        #expect(try bench.get("/events").status == 401)
        #expect(try bench.get("/rights", "Authorization: Bearer wrong").status == 401)
    }

    @Test("rights name the caller and the commands of the role")
    func rights() throws {
        let bench = try Bench(Self.accounts)
        let admin = try bench.rights("t0ken")
        #expect(admin["user"] == "admin" && admin["role"] == "control")
        #expect(admin["commands"]?.items?.contains("core.kill") == true)
        let board = try bench.rights("r3ader")
        #expect(board["user"] == "board" && board["role"] == "read")
        #expect(board["commands"]?.items?.contains("core.kill") == false)
        #expect(board["commands"]?.items?.contains("core.uptime") == true)
        let nobody = try Bench().rights()
        #expect(nobody["user"] == JSONValue.null && nobody["role"] == JSONValue.null)
        #expect(nobody["commands"] == admin["commands"])
    }

    @Test("a page of another origin gets nothing")
    func foreign() throws {
        let bench = try Bench()
        #expect(try bench.get("/rights", "Origin: https://evil.example").status == 403)
        #expect(try bench.get("/rights", "Origin: http://127.0.0.1").status == 200)
    }

    @Test("it can be left out")
    func none() throws {
        let bench = try Bench([("page", .integer(0))])
        #expect(try bench.get("/").status == 404)
        #expect(try bench.get("/page/main.js").status == 404)
        #expect(try bench.get("/health").status == 200)
    }
}
