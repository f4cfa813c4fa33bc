import Basics
import Corex
import KEX
import MaxFwd
import ModuleKit
import PV
import RR
import RouteScript
import SIPSyntax
import SIPUtils
import SL
import Sanity
import Synchronization
import Testing
import Textops
import TextopsX
import Xlog

/// What a script said with `note(text)`, for the tests of the modules of the script.
final class NoteModule: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<NoteModule>(
        "note", "Remembers what a script says.",
        functions: [
            FunctionRow("note", .string("text"), returns: "1", "Remembers a text.") {
                (module, context, text: ScriptText) in
                let line = context.string(text)
                module.lines.withLock { $0.append(line) }
                return 1
            }
        ])

    let lines = Guarded<[String]>([])

    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}

/// The global parameters, for scripts that set none.
final class BareCore: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<BareCore>("core", "No parameters.")
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}

/// A script with the modules that need nothing but a message, and a message to run on.
final class ScriptRig {
    static let modules = [
        ModuleBlueprint(PVModule.self), ModuleBlueprint(SLModule.self),
        ModuleBlueprint(XlogModule.self), ModuleBlueprint(TextopsModule.self),
        ModuleBlueprint(SIPUtilsModule.self), ModuleBlueprint(NoteModule.self),
        ModuleBlueprint(TextopsXModule.self), ModuleBlueprint(MaxFwdModule.self),
        ModuleBlueprint(SanityModule.self), ModuleBlueprint(RRModule.self),
        ModuleBlueprint(KEX.self), ModuleBlueprint(Corex.self),
    ]

    let services = StandInServices()
    let context: ScriptContext
    let program: Program
    let note: NoteModule

    /// A request route with this body, and other text before it.
    ///
    /// `further` modules are loaded beside those that every script has.
    init(_ body: String, before: String = "", further: [ModuleBlueprint] = []) throws {
        let modules = Self.modules + further
        let loads = modules.map { "loadmodule \"\($0.name).so\"\n" }.joined()
        let text = loads + before + "\nrequest_route {\n\(body)\n}\n"
        let file = try ConfigurationFile.parse(
            SourceFile(name: "rig.cfg", bytes: Array(text.utf8)), fileSystem: MemoryFiles())
        let checked = try file.check(
            catalogue: modules, core: ModuleBlueprint(BareCore.self))
        var loaded = [try checked.core.make(services)]
        services.add(loaded[0])
        // As the server does: a module finds those before it while it is made.
        for module in checked.modules {
            let made = try module.make(services)
            loaded.append(made)
            services.add(made)
        }
        program = try Program.compile(checked, loaded: loaded)
        note = try #require(loaded.compactMap { $0.instance as? NoteModule }.first)
        context = ScriptContext(services: services)
        services.installEventRoutes(of: program)
        for module in loaded { try module.instance.start() }
    }

    /// What the script has said outside of its request route.
    var notes: [String] { note.lines.withLock { $0 } }

    /// Runs the route on a message whose lines end with a newline each.
    @discardableResult
    func run(
        _ message: String = ScriptRig.request, transport: TransportProtocol = .udp,
        connection: Int64 = -1, source: PeerAddress = PeerAddress(ipv4: 0x0a01_0203, port: 5070),
        now: WallTime = WallTime(seconds: 1_700_000_000)
    ) throws -> [String] {
        let bytes = Array(message.replacing("\n", with: "\r\n").utf8)
        try context.message.load(bytes.span)
        context.outbox.removeAll()
        context.reset(
            origin: Origin(
                transport: transport, socket: SocketIndex(transport == .udp ? 0 : 1),
                source: source, connection: connection),
            now: now)
        program.run(.request, in: context)
        return note.lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }

    /// The replies that were written, as text with newlines.
    var replies: [String] {
        context.outbox.entries.map { Self.text($0, context.outbox) }
    }

    private static func text(_ entry: Outbox.Entry, _ outbox: borrowing Outbox) -> String {
        String(copying: outbox.bytes(entry)).replacing("\r\n", with: "\n")
    }

    static let request = """
        MESSAGE sip:carol@example.com:5080;transport=tcp SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1
        From: "Al" <sip:alice@example.org>;tag=tag-a
        To: "Carol C" <sip:carol@example.com>
        Call-ID: call-script
        CSeq: 61 MESSAGE
        Contact: <sip:alice@127.0.0.9>
        User-Agent: t/6
        X-Multi: one
        X-Multi: two
        X-Multi: three
        Supported: path, gruu
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
        Call-ID: call-script
        CSeq: 61 INVITE
        Content-Length: 0


        """
}

/// What a template of pseudo-variables expands to.
func expanded(
    _ template: String, _ message: String = ScriptRig.request,
    further: [ModuleBlueprint] = [], before: String = ""
) throws -> String {
    try ScriptRig("note(\"\(template)\");", before: before, further: further).run(message)
        .joined(separator: "\n")
}

/// Whether a condition holds for a message.
func holds(_ condition: String, for message: String = ScriptRig.request) throws -> Bool {
    let rig = try ScriptRig("if (\(condition)) { note(\"yes\"); } else { note(\"no\"); }")
    return try rig.run(message) == ["yes"]
}

/// The first error of a request route with this body.
func scriptError(
    _ body: String, before: String = "", further: [ModuleBlueprint] = []
) -> String {
    do {
        _ = try ScriptRig(body, before: before, further: further)
        return "none"
    } catch let error as ScriptErrors {
        return error.errors[0].message
    } catch {
        return "\(error)"
    }
}
