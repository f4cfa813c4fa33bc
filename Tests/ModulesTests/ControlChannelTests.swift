import CTL
import JSONRPC
import JSONValue
import ModuleKit
import TestSupport
import Testing

@Suite("module ctl")
struct CTLModuleTests {
    @Test("its parameters are those of Kamailio's, each with its bounds")
    func parameters() throws {
        let names = CTL.manifest.parameters.map(\.name)
        let documented = [
            "autoconversion", "binrpc", "binrpc_buffer_size", "binrpc_max_body_size",
            "binrpc_struct_max_body_size", "fifo", "group", "mode", "user",
        ]
        #expect(names.sorted() == documented)
    }

    @Test(
        "a wrong value is refused with its reason",
        arguments: [
            ("binrpc", .string("tcp:a:b:c")), ("binrpc", .string("")), ("fifo", .string("")),
            ("mode", .integer(0o1000)), ("mode", .string("rw")),
            ("binrpc_max_body_size", .integer(-1)), ("listen", .string("x")),
        ] as [(String, SettingValue)])
    func wrong(name: String, value: SettingValue) {
        let configured = ModuleBlueprint(CTL.self).configure()
        #expect(throws: ParameterError.self) { try configured.set(name, to: value) }
    }

    @Test("what is configured is listed; it goes with the module")
    func listening() throws {
        let folder = try TemporaryFolder()
        let services = StandInServices(runDirectory: folder.path)
        let module = try services.load(
            CTL.self,
            [
                ("binrpc", .string("unixs:\(folder.file("s"))")),
                ("binrpc", .string("unixd:d")), ("binrpc", .string("tcp:127.0.0.1:0")),
                ("fifo", .string("f")), ("autoconversion", .integer(1)),
            ])
        try module.start()
        let rows = try services.call("ctl.listen")["result"]?.items?.compactMap(\.text) ?? []
        #expect(rows.count == 16)
        #expect(Array(rows[0..<4]) == ["binrpc", "unix_stream", folder.file("s"), ""])
        #expect(Array(rows[4..<7]) == ["binrpc", "tcp", "127.0.0.1"] && rows[7] != "0")
        #expect(Array(rows[8..<12]) == ["binrpc", "unix_dgram", folder.file("d"), ""])
        #expect(Array(rows[12..<16]) == ["fifo", "fifo", folder.file("f"), ""])
        #expect(try services.call("ctl.connections")["result"] == 0)
        #expect(try services.call("ctl.who")["result"] == [])
        #expect(try services.call("ctl.more", "p1")["error"]?["code"] == 404)
        module.stop()
        #expect(try services.call("ctl.listen")["result"] == [])
    }

    @Test("a start that fails leaves nothing open")
    func failing() throws {
        let folder = try TemporaryFolder()
        let services = StandInServices(runDirectory: folder.path)
        let module = try services.load(
            CTL.self,
            [("binrpc", .string("unixs:s")), ("binrpc", .string("unixs:/nonexistent/s"))])
        #expect(throws: StartFailure.self) { try module.start() }
        #expect(try services.call("ctl.listen")["result"] == [])
    }

    @Test("without a run directory the default socket is done without, and said to be")
    func byDefault() throws {
        let services = StandInServices()
        let module = try services.load(CTL.self)
        try module.start()
        defer { module.stop() }
        #expect(services.lines.all.contains { $0.hasPrefix("warning ctl: cannot bind /nonexist") })
    }

    @Test("an address that strangers reach is warned of")
    func open() throws {
        let services = StandInServices()
        let module = try services.load(CTL.self, [("binrpc", .string("tcp:*:0"))])
        try module.start()
        defer { module.stop() }
        #expect(services.lines.all.contains { $0.contains("there is no password") })
    }
}

@Suite("module jsonrpcs: channels")
struct JSONRPCChannelTests {
    @Test("its parameters are those of Kamailio's")
    func parameters() {
        let names = Set(JSONRPC.manifest.parameters.map(\.name))
        let documented = [
            "pretty_format", "transport", "fifo_name", "fifo_mode", "fifo_group", "fifo_user",
            "fifo_reply_dir", "dgram_socket", "dgram_workers", "dgram_mode", "dgram_timeout",
            "dgram_user", "dgram_group", "dgram_workdir", "tcp_socket",
        ]
        #expect(names.isSuperset(of: documented))
        let configured = ModuleBlueprint(JSONRPC.self).configure()
        #expect(throws: ParameterError.self) { try configured.set("store_path", to: .string("/x")) }
    }

    @Test("channels that are asked for are open until the stop")
    func open() throws {
        let folder = try TemporaryFolder()
        let services = StandInServices(runDirectory: folder.path)
        let module = try services.load(
            JSONRPC.self,
            [
                ("transport", .integer(14)), ("tcp_socket", .string("tcp:127.0.0.1:0")),
                ("dgram_workers", .integer(2)), ("dgram_mode", .integer(0o600)),
            ])
        try module.start()
        let said = services.lines.all
        #expect(
            said.contains(
                "info jsonrpcs: FIFO \(folder.file("kamailio_rpc.fifo")), answers in /tmp/"))
        #expect(said.contains("info jsonrpcs: unixd:\(folder.file("kamailio_rpc.sock"))"))
        #expect(said.contains { $0.hasPrefix("info jsonrpcs: tcp:127.0.0.1:") })
        module.stop()
        module.stop()
    }

    @Test(
        "what is named and cannot be opened is an error of the start",
        arguments: [
            [("transport", .integer(2)), ("fifo_name", .string("/nonexistent/f"))],
            [("transport", .integer(4)), ("dgram_socket", .string("/nonexistent/s"))],
            [("transport", .integer(4)), ("dgram_socket", .string("tcp:127.0.0.1:1"))],
            [("transport", .integer(4)), ("dgram_socket", .string("udp:127.0.0.1:x"))],
            [("transport", .integer(8))],
            [("transport", .integer(8)), ("tcp_socket", .string("udp:127.0.0.1:1"))],
            [
                ("transport", .integer(2)), ("fifo_name", .string("/tmp/x")),
                ("fifo_user", .string("nobody-of-this-name")),
            ],
        ] as [[(String, SettingValue)]])
    func wrong(parameters: [(String, SettingValue)]) throws {
        let module = try StandInServices().load(JSONRPC.self, parameters)
        #expect(throws: StartFailure.self) { try module.start() }
    }

    @Test("what nobody named is done without where it cannot be, and said to be")
    func byDefault() throws {
        let services = StandInServices()
        let module = try services.load(JSONRPC.self)
        try module.start()
        defer { module.stop() }
        let warnings = services.lines.all.filter { $0.hasPrefix("warning jsonrpcs: cannot ") }
        #expect(warnings.count == 2)
        #expect(warnings.contains { $0.contains("set fifo_name or -Y, or take 2 out of") })
    }
}

@Suite("jsonrpc_exec() and $jsonrpl()")
struct JSONRPCScriptTests {
    private func answer(_ request: String) throws -> [String] {
        let rig = try ScriptRig(
            """
            $var(r) = '\(request)';
            if (jsonrpc_exec("$var(r)")) { note("ran"); } else { note("not"); }
            note("$jsonrpl(code)"); note("$jsonrpl(text)"); note("$jsonrpl(reason)");
            note("$jsonrpl(body)");
            """,
            before: "modparam(\"jsonrpcs\", \"transport\", 1)\n"
                + "modparam(\"jsonrpcs\", \"pretty_format\", 0)",
            further: [ModuleBlueprint(JSONRPC.self)])
        return try rig.run()
    }

    @Test("a command's answer is there: code, text and body")
    func success() throws {
        let found = try answer(
            #"{"jsonrpc":"2.0","method":"jsonrpc.echo","params":["a",5],"id":1}"#)
        #expect(found == ["ran", "200", "OK", "OK", #"{"jsonrpc":"2.0","result":["a",5],"id":1}"#])
    }

    @Test("without an id there is an answer all the same")
    func notification() throws {
        let found = try answer(#"{"jsonrpc":"2.0","method":"jsonrpc.echo","params":["a"]}"#)
        #expect(found.last == #"{"jsonrpc":"2.0","result":["a"],"id":null}"#)
    }

    @Test("an error has a code that HTTP knows, and the command has run")
    func errors() throws {
        let unknown = try answer(#"{"jsonrpc":"2.0","method":"no.such","id":1}"#)
        #expect(Array(unknown.prefix(3)) == ["ran", "500", "Method not found: no.such"])
        let invalid = try answer(#"{"method":"jsonrpc.echo","id":1}"#)
        #expect(invalid[0] == "ran" && invalid[1] == "400")
    }

    @Test("text that is no JSON is not run, and leaves no answer", arguments: ["garbage", "{"])
    func garbage(text: String) throws {
        let found = try answer(text)
        #expect(Array(found.prefix(3)) == ["not", "0", "<null>"])
    }

    @Test("other parts of the answer are refused when the script is read")
    func parts() {
        #expect(throws: (any Error).self) {
            _ = try ScriptRig(
                "note(\"$jsonrpl(status)\");", further: [ModuleBlueprint(JSONRPC.self)])
        }
    }
}
