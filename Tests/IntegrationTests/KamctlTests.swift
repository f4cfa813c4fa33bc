import Foundation
import JSONValue
import TestSupport
import Testing

/// Debian's kamctl and kamcli, as they are installed, against a running server.
@Suite("kamctl and kamcli", .onThreads)
struct KamctlTests {
    private func server() throws -> ServerProcess {
        let folder = try TemporaryFolder()
        var configuration = ServerConfiguration()
        configuration.modules += ["tm", "counters"]
        // Behind the one that every test server has; the last one counts.
        configuration.parameters.append("modparam(\"jsonrpcs\", \"transport\", 7)")
        configuration.set("jsonrpcs", "fifo_name", folder.file("rpc.fifo"))
        configuration.set("jsonrpcs", "fifo_reply_dir", "/tmp/")
        configuration.set("jsonrpcs", "dgram_socket", folder.file("rpc.sock"))
        let server = try ServerProcess(configuration, folder: folder)
        try server.phone().register("alice", "sip:alice@192.0.2.1")
        return server
    }

    private func kamctl(
        _ server: ServerProcess, _ words: String
    ) throws -> StartedProgram.Outcome {
        try server.folder.write(
            """
            SIP_DOMAIN=example.com
            CTLENGINE=RPCFIFO
            RPCFIFOPATH=\(server.folder.file("rpc.fifo"))

            """, to: ".kamctlrc")
        return try StartedProgram.run(
            "/bin/sh", ["-c", "cd; HOME=\(server.folder.path) exec kamctl \(words)"], seconds: 30)
    }

    @Test(
        "commands of kamctl run over the FIFO",
        .enabled(if: ToolPath.installed("kamctl") != nil),
        arguments: [
            ("uptime", "\"up_since\""), ("ul show", "sip:alice@192.0.2.1"),
            ("ul show --brief", "\"alice\""), ("ul show alice", "sip:alice@192.0.2.1"),
            ("stats", "core:rcv_requests = "), ("stats usrloc", "usrloc:location_users = 1"),
            ("ps", "\"DSC\""), ("rpc core.echo a 1 s:2", "\"2\""),
            ("rpc no.such", "Method not found"),
        ])
    func commands(words: String, expected: String) throws {
        let server = try server()
        let outcome = try kamctl(server, words)
        #expect(outcome.output.contains(expected), "\(outcome.output)")
    }

    @Test(
        "contacts are added and removed by kamctl",
        .enabled(if: ToolPath.installed("kamctl") != nil))
    func changes() throws {
        let server = try server()
        _ = try kamctl(server, "ul add bob sip:bob@192.0.2.2 300")
        let found = try server.rpc.call("ul.lookup", "location", "bob")
        #expect(found["Contacts"]?[0]?["Contact"]?["Address"] == "sip:bob@192.0.2.2")
        _ = try kamctl(server, "ul rm bob")
        let isGone = eventually(within: 5) {
            (try? server.rpc.call("ul.lookup", "location", "bob")) == nil
        }
        #expect(isGone)
        #expect(server.log.contains("by fifo \(server.folder.file("rpc.fifo"))"))
    }

    @Test(
        "commands of kamcli run over the datagram socket",
        .enabled(if: ToolPath.installed("kamcli") != nil),
        arguments: [
            ("uptime", "up_since"), ("jsonrpc core.echo a 1", "- a"),
            ("stats usrloc", "location_users = 1"), ("ul show", "sip:alice@192.0.2.1"),
            ("rpcmethods", "ul.dump"),
        ])
    func kamcli(words: String, expected: String) throws {
        let server = try server()
        let file = try server.folder.write(
            """
            [main]
            domain=example.com
            [db]
            type=sqlite
            rwurl=sqlite://
            rourl=sqlite://
            [ctl]
            type=jsonrpc
            kamgroup=root
            [jsonrpc]
            transport=socket
            path=\(server.folder.file("rpc.fifo"))
            rplnamebase=kamailio_rpc_reply.fifo
            rpldir=/tmp
            srvaddr=\(server.folder.file("rpc.sock"))
            rcvaddr=\(server.folder.file("kamcli.sock"))
            outformat=yaml

            """, to: "kamcli.ini")
        let outcome = try StartedProgram.run(
            ToolPath.installed("kamcli") ?? "kamcli",
            ["--no-default-configs", "-c", file] + words.split(separator: " ").map(String.init),
            seconds: 30)
        #expect(outcome.output.contains(expected), "\(outcome.output)")
    }

    /// Writes a request into the FIFO and reads what comes back.
    private func ask(
        _ server: ServerProcess, _ request: String, pipe: String?
    ) throws -> String {
        let answer = server.folder.file("answer")
        let read = pipe.map { "mkfifo \($0); timeout 5 cat \($0) > \(answer) & " } ?? ""
        try server.folder.write(request, to: "request")
        let fifo = server.folder.file("rpc.fifo")
        _ = try StartedProgram.run(
            "/bin/sh",
            ["-c", "\(read)cat \(server.folder.file("request")) > \(fifo); wait"], seconds: 20)
        if let pipe { try? FileManager.default.removeItem(atPath: pipe) }
        return server.folder.text(of: "answer")
    }

    @Test("an answer goes into a pipe of the reply folder and nowhere else")
    func paths() throws {
        let server = try server()
        let name = "roost_test_\(server.number)"
        let right = try ask(
            server, #"{"jsonrpc":"2.0","method":"core.version","reply_name":"\#(name)","id":"x"}"#,
            pipe: "/tmp/\(name)")
        #expect(right.contains("roost ") && right.contains("\"x\""))
        try server.folder.write("mine", to: "victim")
        for wrong in ["../\(server.folder.file("victim"))", server.folder.file("victim"), ".x", ""]
        {
            _ = try ask(
                server,
                #"{"jsonrpc":"2.0","method":"core.version","reply_name":"\#(wrong)","id":1}"#,
                pipe: nil)
        }
        #expect(
            eventually(within: 5) {
                server.log.split(separator: "\n").filter { $0.contains("no answer to") }.count == 4
            })
        #expect(server.folder.text(of: "victim") == "mine")
        // A file that a caller names is never written.
        let stored = try ask(
            server,
            """
            {"jsonrpc":"2.0","method":"core.version","reply_name":"\(name)","id":1,
             "store_path":"\(server.folder.file("stored"))"}
            """, pipe: "/tmp/\(name)")
        #expect(stored.contains("store_path is refused"))
        #expect(!FileManager.default.fileExists(atPath: server.folder.file("stored")))
    }

    @Test("nonsense, halves and floods of the FIFO leave the server at work")
    func hostile() throws {
        let server = try server()
        let requests = [
            "garbage\n", "{", "}{", "[1,2", String(repeating: "{", count: 70_000),
            "\"\\", #"{"jsonrpc":"2.0"}"#, "\0\0\0",
            String(repeating: #"{"method":"x","reply_name":"nobody_reads_this"}"#, count: 50),
        ]
        for request in requests { _ = try ask(server, request, pipe: nil) }
        #expect(server.isRunning)
        #expect(try server.rpc.call("core.version").text?.hasPrefix("roost") == true)
        #expect(server.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: server.folder.file("rpc.fifo")))
        #expect(!FileManager.default.fileExists(atPath: server.folder.file("rpc.sock")))
    }
}
