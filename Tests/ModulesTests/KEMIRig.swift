import AppLua
import Basics
import Core
import Counters
import JSONValue
import ModuleKit
import PV
import Registrar
import RouteScript
import SIPSyntax
import SIPUtils
import SL
import Synchronization
import TestSupport
import Testing
import Textops
import Usrloc
import XHTTPProm
import Xlog

/// A module whose functions and event stand for those of all modules.
final class ProbeModule: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<ProbeModule>(
        "probe", "Remembers how it is called.",
        functions: [
            FunctionRow("join", .string("a"), .string("b"), returns: "1", "Two texts.") {
                (module, context, a: ScriptText, b: ScriptText) in
                module.note("\(context.string(a))+\(context.string(b))")
                return 1
            },
            FunctionRow("number", .integer("n"), returns: "n", "A number.") {
                (module, _, number: Int) in
                module.note("\(number)")
                return number
            },
            FunctionRow(
                "fixed", .constant("name"), Argument<Int>.integer("n").optional, returns: "1",
                "A constant and a number.",
                compile: { (module, name, number) throws(ArgumentError) in
                    guard case .constant(let name) = name else { throw ArgumentError("a constant") }
                    guard name != "bad" else { throw ArgumentError("\"bad\" is no name") }
                    module.binds.withLock { $0 += 1 }
                    return { context in
                        module.note("\(name)/\(number.value(context).flatMap { $0 } ?? -1)")
                        return 1
                    }
                }),
        ],
        variables: ["sht", "shtex", "shtinc", "shtdec"].map { name in
            VariableRow(name, inner: .required, isWritable: true, "A table's value.") {
                (module, reference) throws(ArgumentError) in
                guard let inner = reference.inner, inner.contains("=>") else {
                    throw ArgumentError("a key is needed")
                }
                return module.access(name, inner)
            }
        },
        eventRoutes: [EventRouteRow("probe:event", "Something happened.")])

    let notes = Mutex<[String]>([])
    /// How often a call of `fixed` was bound.
    let binds = Mutex(0)

    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
    func note(_ text: String) { notes.withLock { $0.append(text) } }

    /// The values of `$sht` and the lifetimes that `$shtex` was given.
    private let table = Mutex<[String: ScriptValue]>([:])

    /// A variable in the manner of the hash tables of module `htable`.
    func access(_ variable: String, _ key: String) -> VariableAccess {
        VariableAccess(
            read: { [self] context in
                table.withLock { table in
                    guard variable.hasSuffix("c") else {
                        return table["\(variable) \(key)"] ?? .null
                    }
                    let step = variable == "shtinc" ? 1 : -1
                    let value = context.number(table["sht \(key)"] ?? .null) + step
                    table["sht \(key)"] = .integer(value)
                    return .integer(value)
                }
            },
            write: { [self] context, value in
                var kept = value
                if case .text(let text) = value { kept = .text(.owned(context.bytes(of: text))) }
                if variable == "shtex" { note("\(key) lives \(context.number(value))") }
                table.withLock { $0["\(variable) \(key)"] = kept }
                return true
            })
    }
}

/// A server without sockets whose requests run a script in Lua.
final class KEMIRig {
    static let modules = [
        ModuleBlueprint(PVModule.self), ModuleBlueprint(SLModule.self),
        ModuleBlueprint(XlogModule.self), ModuleBlueprint(TextopsModule.self),
        ModuleBlueprint(SIPUtilsModule.self), ModuleBlueprint(UsrlocModule.self),
        ModuleBlueprint(RegistrarModule.self), ModuleBlueprint(ProbeModule.self),
        ModuleBlueprint(CountersModule.self), ModuleBlueprint(XHTTPPromModule.self),
        ModuleBlueprint(AppLuaModule.self),
    ]

    let services = StandInServices()
    let context: ScriptContext
    let program: Program
    let folder: TemporaryFolder
    let module: AppLuaModule
    let probe: ProbeModule
    var now = WallTime(seconds: 1_700_000_000)

    /// The path of the script.
    var path: String { folder.file("script.lua") }

    /// A server with a script; `native` is what stands behind the modules in the configuration.
    init(_ lua: String, native: String = "cfgengine \"lua\"", starts: Bool = true) throws {
        folder = try TemporaryFolder()
        try folder.write(lua, to: "script.lua")
        let checked = try Self.check(path: folder.file("script.lua"), native: native)
        services.add(try checked.core.make(services))
        for module in checked.modules { services.add(try module.make(services)) }
        program = try Program.compile(checked, loaded: services.loadedModules)
        services.installEventRoutes(of: program)
        module = try #require(services.module(AppLuaModule.self))
        probe = try #require(services.module(ProbeModule.self))
        if starts { for module in services.loadedModules { try module.instance.start() } }
        context = ScriptContext(services: services)
    }

    deinit {
        // The script holds the modules, and they hold the script.
        for module in services.loadedModules.reversed() { module.instance.stop() }
    }

    /// Checks the configuration of a rig.
    static func check(
        path: String, native: String
    ) throws(ScriptErrors) -> CheckedConfiguration {
        let loads = modules.map { "loadmodule \"\($0.name).so\"\n" }.joined()
        let text =
            loads + "modparam(\"usrloc\", \"preload\", \"location\")\n"
            + "modparam(\"app_lua\", \"load\", \"\(path)\")\n" + native + "\n"
        return try ConfigurationFile.parse(
            SourceFile(name: "rig.cfg", bytes: Array(text.utf8)), fileSystem: MemoryFiles()
        ).check(catalogue: modules, core: ModuleBlueprint(Core.self))
    }

    /// Runs `ksr_request_route` on a message and returns the log without what came before.
    @discardableResult
    func run(
        _ message: String = KEMIRig.request, _ entry: Program.Entry = .request,
        transport: TransportProtocol = .udp
    ) throws -> [String] {
        let bytes = Array(message.replacing("\n", with: "\r\n").utf8)
        let before = services.lines.all.count
        context.outbox.removeAll()
        context.reset(
            origin: Origin(
                transport: transport, socket: SocketIndex(0),
                source: PeerAddress(ipv4: 0x0a01_0203, port: 5070)), now: now)
        try context.message.load(bytes.span)
        value = program.run(entry, in: context)
        return Array(services.lines.all.dropFirst(before))
    }

    /// What the last run was worth.
    private(set) var value = 0

    /// The replies to the last message.
    var replies: [String] { Self.texts(context.outbox) }
    /// The first line of the only reply.
    var status: String { replies.first?.split(separator: "\r\n").first.map(String.init) ?? "none" }

    private static func texts(_ outbox: borrowing Outbox) -> [String] {
        outbox.entries.map { String(copying: outbox.bytes($0)) }
    }

    /// The lines that a body of the request route logs with `out(value)`.
    static func output(
        _ body: String, _ message: String = KEMIRig.request,
        transport: TransportProtocol = .udp
    ) throws -> [String] {
        let rig = try KEMIRig(prelude + "function ksr_request_route()\n\(body)\nend\n")
        return try rig.run(message, transport: transport).map {
            $0.hasPrefix("info ") ? String($0.dropFirst(5)) : $0
        }
    }

    /// `out(a, b)` logs values so that their types can be told apart.
    static let prelude = """
        function show(v)
            if type(v) == "string" then return '"' .. v .. '"' end
            return tostring(v)
        end
        function out(...)
            local t = table.pack(...)
            for i = 1, t.n do t[i] = show(t[i]) end
            KSR.info(table.concat(t, " "))
        end

        """

    static let request = """
        MESSAGE sip:carol@example.com:5080;transport=tcp SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1
        From: "Al" <sip:alice@example.org>;tag=tag-a
        To: "Carol C" <sip:carol@example.com>
        Call-ID: call-lua
        CSeq: 61 MESSAGE
        Contact: <sip:alice@127.0.0.9>
        User-Agent: t/6
        X-Multi: one
        X-Multi: two
        X-Multi: three
        s: hello there
        Content-Type: text/plain
        Content-Length: 5

        hello
        """

    static let reply = """
        SIP/2.0 180 Ringing now
        Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1
        From: <sip:alice@example.org>;tag=tag-a
        To: <sip:carol@example.com>;tag=tag-c
        Call-ID: call-lua
        CSeq: 61 INVITE
        Content-Length: 0


        """
}
