import Basics
import ModuleKit
import Path
import RR
import RouteScript
import SIPSyntax
import Testing

/// A script with module `path`, and the message as it would be sent on.
private final class PathRig {
    let services = StandInServices()
    let context: ScriptContext
    private let program: Program
    var origin = Origin(
        transport: .udp, socket: SocketIndex(0),
        source: PeerAddress(ipv4: 0x0a01_0203, port: 5070))

    init(_ body: String, _ settings: String = "") throws {
        var text = "loadmodule \"rr.so\"\nloadmodule \"path.so\"\n"
        for setting in settings.split(separator: ";") {
            let words = setting.split(separator: " ").map(String.init)
            let value = Int(words[1]) == nil ? "\"\(words[1])\"" : words[1]
            text += "modparam(\"path\", \"\(words[0])\", \(value))\n"
        }
        text += "request_route {\n\(body)\n}\n"
        let file = try ConfigurationFile.parse(
            SourceFile(name: "rig.cfg", bytes: Array(text.utf8)), fileSystem: MemoryFiles())
        let checked = try file.check(
            catalogue: [ModuleBlueprint(RRModule.self), ModuleBlueprint(PathModule.self)],
            core: ModuleBlueprint(BareCore.self))
        services.add(try checked.core.make(services))
        for module in checked.modules { services.add(try module.make(services)) }
        program = try Program.compile(checked, loaded: services.loadedModules)
        context = ScriptContext(services: services)
    }

    /// Runs the script and returns the Path fields of the message with its edits, and the code.
    func run(_ more: String = "", uri: String = "sip:example.com") throws -> ([String], Int) {
        let text = """
            REGISTER \(uri) SIP/2.0
            Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1
            From: <sip:a@example.com>;tag=1
            To: <sip:a@example.com>
            Call-ID: c
            CSeq: 1 REGISTER
            \(more)Content-Length: 0


            """
        let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
        try context.message.load(bytes.span)
        context.reset(origin: origin, now: WallTime(seconds: 1_700_000_000))
        let code = program.run(.request, in: context)
        var writer = ByteWriter(capacity: 1024)
        let edits = context.edits
        context.withMessage { edits.write($0.bytes, from: 0, to: $0.bytes.count, into: &writer) }
        let lines = writer.text.split(separator: "\r\n").map(String.init)
        #expect(lines[0] == "REGISTER \(uri) SIP/2.0")
        return (lines.filter { $0.hasPrefix("Path: ") }.map { String($0.dropFirst(6)) }, code)
    }
}

@Suite("Module path")
struct PathTests {
    @Test(
        "a proxy adds itself with the user and the parameters that it is given",
        arguments: [
            ("add_path();", "<sip:sip.example.com:5060;lr>"),
            ("add_path(\"edge\");", "<sip:edge@sip.example.com:5060;lr>"),
            ("add_path(\"\", \"ob\");", "<sip:sip.example.com:5060;lr;ob>"),
            ("add_path(\"edge\", \"ob;x=1\");", "<sip:edge@sip.example.com:5060;lr;ob;x=1>"),
            ("add_path(\"edge\", \";ob\");", "<sip:edge@sip.example.com:5060;lr;ob>"),
            ("add_path_received();", "<sip:sip.example.com:5060;lr;received=sip:10.1.2.3:5070>"),
            (
                "add_path_received(\"e\", \"ob\");",
                "<sip:e@sip.example.com:5060;lr;received=sip:10.1.2.3:5070;ob>"
            ),
        ])
    func forms(body: String, value: String) throws {
        let (paths, code) = try PathRig(body).run()
        #expect(paths == [value])
        #expect(code == 1)
    }

    @Test("it stands in front of the Path that is there: the newest hop first")
    func order() throws {
        let (paths, _) = try PathRig("add_path();").run(
            "Path: <sip:first;lr>\nX: 1\nPath: <sip:second;lr>\n")
        #expect(paths == ["<sip:sip.example.com:5060;lr>", "<sip:first;lr>", "<sip:second;lr>"])
    }

    @Test("a socket without another name is shown by its address and transport")
    func stream() throws {
        let rig = try PathRig("add_path_received();")
        rig.origin = Origin(
            transport: .tcp, socket: SocketIndex(1),
            source: PeerAddress(high: 0, low: 1, port: 4_000), connection: 3)
        #expect(
            try rig.run().0 == [
                "<sip:[::1]:5060;transport=tcp;lr;received=sip:[::1]:4000%3Btransport%3Dtcp>"
            ])
    }

    @Test("the short form of received, under another name")
    func short() throws {
        let rig = try PathRig("add_path_received();", "received_format 1;received_name rcv")
        #expect(try rig.run().0 == ["<sip:sip.example.com:5060;lr;rcv=10.1.2.3~5070~1>"])
    }

    @Test(
        "a request that leaves by another transport gets a Path for each, if that is wanted",
        arguments: [
            (0, "sip:example.com;transport=tcp", 1), (1, "sip:example.com;transport=tcp", 2),
            (1, "sip:example.com", 1), (1, "sip:example.com;transport=udp", 1),
            (1, "sips:example.com", 1), (1, "tel:12345", 1),
        ])
    func two(enabled: Int, uri: String, count: Int) throws {
        let rig = try PathRig("add_path(\"u\");", "enable_r2 \(enabled)")
        let (paths, _) = try rig.run(uri: uri)
        #expect(paths.count == count)
        if count == 2 {
            #expect(
                paths == [
                    "<sip:u@[::1]:5060;transport=tcp;lr;r2=on>",
                    "<sip:u@sip.example.com:5060;lr;r2=on>",
                ])
        }
    }

    @Test(
        "text that would break the header field is not added",
        arguments: [
            "add_path(\"a>b\");", "add_path(\"a\\r\\nX: 1\");", "add_path(\"a b\");",
            "add_path(\"a@b\");", "add_path(\"\", \"x>y\");", "add_path(\"\", \"x\\r\\ny\");",
            "add_path(\"\", \"x=\\\"y\\\"\");",
        ])
    func hostile(body: String) throws {
        let (paths, code) = try PathRig(body).run()
        #expect(paths.isEmpty)
        #expect(code == -1)
    }

    @Test("a request from no socket of ours is left as it is")
    func noSocket() throws {
        let rig = try PathRig("add_path();")
        rig.origin.socket = .none
        #expect(try rig.run().1 == -1)
        rig.origin.socket = SocketIndex(99)
        #expect(try rig.run().1 == -1)
    }

    @Test("the functions are for requests alone")
    func routes() throws {
        let rows = PathModule.manifest.functions
        #expect(rows.map(\.name) == ["add_path", "add_path_received"])
        #expect(rows.allSatisfy { $0.routes == .request })
    }

    @Test(
        "what cannot be set is refused",
        arguments: [
            ("sockname_mode 1", "sockname_mode"), ("received_format 2", "received_format"),
            ("enable_r2 2", "enable_r2"), ("nonsense 1", "nonsense"),
        ])
    func refused(setting: String, word: String) {
        let error = #expect(throws: ScriptErrors.self) { try PathRig("add_path();", setting) }
        #expect(error?.rendered.contains(word) == true)
    }

    @Test("received_name must be a name", arguments: ["a=b", "a>b"])
    func badName(name: String) {
        #expect(throws: StartFailure.self) {
            try PathRig("add_path();", "received_name \(name)")
        }
    }

    // MARK: Following

    /// The destination of a request that followed a Route of this server.
    private func followed(_ route: String, _ settings: String) throws -> String? {
        let rig = try PathRig("add_path();", settings)
        let bytes = Array(route.utf8)
        rig.services.tellRouteFollowers(bytes.span, rig.context)
        return rig.context.destinationURI.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "a request that followed a Path goes to where the client was seen",
        arguments: [
            ("sip:e@h;lr;received=sip:10.1.1.1:4000", "sip:10.1.1.1:4000"),
            (
                "sip:h;lr;received=sip:10.1.1.1:4000%3Btransport%3Dtcp",
                "sip:10.1.1.1:4000;transport=tcp"
            ),
            ("sip:h;lr;received=10.1.1.1~4000~1", "sip:10.1.1.1:4000"),
            ("sip:h;lr;received=10.1.1.1~4000~3", "sip:10.1.1.1:4000;transport=tls"),
            ("sip:h;lr", nil), ("sip:h;lr;received", nil), ("sip:h;lr;received=", nil),
            ("sip:h;lr;received=nonsense", nil), ("sip:h;lr;received=%0d%0a", nil),
            ("sip:h;lr;received=10.1.1.1~~", nil), ("sip:h;lr;received=1~2~3", nil),
            ("nonsense", nil), ("", nil),
        ] as [(String, String?)])
    func follow(route: String, destination: String?) throws {
        #expect(try followed(route, "use_received 1") == destination)
        #expect(try followed(route, "use_received 0") == nil)
    }

    @Test(
        "loose_route tells of the last Route, and of none while another is left",
        arguments: [
            ("<sip:example.com;lr;received=sip:10.1.1.1:4000>", "sip:10.1.1.1:4000"),
            ("<sip:example.com;lr>", nil),
            (
                "<sip:example.com;lr;received=sip:10.1.1.1:4000>, <sip:next.example.org;lr>",
                "sip:next.example.org;lr"
            ),
            (
                "<sip:elsewhere.example.org;lr;received=sip:10.1.1.1>",
                "sip:elsewhere.example.org;lr;received=sip:10.1.1.1"
            ),
        ] as [(String, String?)])
    func looseRoute(route: String, destination: String?) throws {
        let rig = try PathRig("loose_route();", "use_received 1")
        _ = try rig.run("Route: \(route)\n")
        let found = rig.context.destinationURI.map { String(decoding: $0, as: UTF8.self) }
        #expect(found == destination)
    }

    @Test("the parameter has the name that is set")
    func followNamed() throws {
        let settings = "use_received 1;received_name rcv"
        #expect(try followed("sip:h;lr;rcv=sip:1.1.1.1", settings) == "sip:1.1.1.1")
        #expect(try followed("sip:h;lr;received=sip:1.1.1.1", settings) == nil)
    }
}
