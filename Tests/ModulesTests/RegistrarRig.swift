import Basics
import Locations
import ModuleKit
import Registrar
import RouteScript
import SIPSyntax
import Server
import Storage
import Testing

@testable import Usrloc

/// A registrar without sockets: the modules, the script that calls `save`, one worker's context.
///
/// Settings are words as in `"usrloc use_domain 1; registrar max_contacts 2"`; the body is what
/// stands in `request_route`.
final class RegistrarRig {
    let services: StandInServices
    let context: ScriptContext
    let program: Program
    let usrloc: UsrlocModule
    /// The time of the next message; nothing else moves it.
    var now = SystemClock.wall()
    /// Where the next message comes from.
    var origin = Origin(
        transport: .udp, socket: SocketIndex(0),
        source: PeerAddress(ipv4: 0x0A01_0203, port: 5070))
    /// What a script has said before `save`, for each message.
    var prepare: (ScriptContext) -> Void = { _ in }
    private var cseq = 0

    init(
        _ settings: String = "", _ body: String = "save(\"location\");", serverID: Int = 0,
        database: (any DatabaseDriver)? = nil, starts: Bool = true, events: String = "",
        loads: [String] = []
    ) throws {
        let services = StandInServices(serverID: serverID, database: database)
        let checked = try Self.check(settings, body, events: events, loads: loads)
        services.add(try checked.core.make(services))
        for module in checked.modules { services.add(try module.make(services)) }
        program = try Program.compile(checked, loaded: services.loadedModules)
        // Only for those who ask: the script holds the modules, and they hold the services.
        if !events.isEmpty { services.installEventRoutes(of: program) }
        usrloc = try #require(services.module(UsrlocModule.self))
        context = ScriptContext(services: services)
        context.serverID = serverID
        self.services = services
        if starts { for module in services.loadedModules { try module.instance.start() } }
    }

    /// Reads and checks the configuration of a rig, as the server does at its start.
    static func check(
        _ settings: String, _ body: String, events: String = "", loads: [String] = []
    ) throws(ScriptErrors) -> CheckedConfiguration {
        var text = (["sl", "pv", "xlog", "usrloc", "registrar"] + loads)
            .map { "loadmodule \"\($0).so\"\n" }.joined()
        for setting in settings.split(separator: ";") {
            let words = setting.split(separator: " ", maxSplits: 2)
            let value = Int(words[2]).map(String.init) ?? "\"\(words[2])\""
            text += "modparam(\"\(words[0])\", \"\(words[1])\", \(value))\n"
        }
        text += "request_route {\n\(body)\n}\n\(events)\n"
        let file = SourceFile(name: "rig.cfg", bytes: Array(text.utf8))
        return try ConfigurationFile.parse(file).check(
            catalogue: Catalogue.modules, core: Catalogue.core)
    }

    // MARK: Messages

    /// Registers contacts, given as the value of Contact, or asks for the list without one.
    ///
    /// CSeq rises by itself.
    @discardableResult
    func register(
        _ contact: String? = nil, expires: String? = nil, cseq: Int? = nil,
        callID: String = "call-1", to: String = "<sip:alice@example.com>", _ more: String...
    ) throws -> SIPReply {
        self.cseq = cseq ?? self.cseq + 1
        var lines = [
            "REGISTER sip:example.com SIP/2.0",
            "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK\(self.cseq)",
            "From: <sip:alice@example.com>;tag=a1", "To: \(to)", "Call-ID: \(callID)",
            "CSeq: \(self.cseq) REGISTER",
        ]
        if let contact { lines.append("Contact: \(contact)") }
        if let expires { lines.append("Expires: \(expires)") }
        return try send((lines + more + ["Content-Length: 0", "", ""]).joined(separator: "\r\n"))
    }

    /// Runs the script on a message that is well-formed and returns what was sent.
    func send(_ text: String) throws -> SIPReply {
        let bytes = Array(text.utf8)
        context.reset(origin: origin, now: now)
        try #require(context.message.receive(bytes.span) == .accept)
        prepare(context)
        let code = program.run(.request, in: context)
        let texts = Self.texts(context.outbox)
        context.outbox.removeAll()
        var reply = texts.first.map { SIPReply($0) } ?? SIPReply()
        reply.code = code
        reply.count = texts.count
        return reply
    }

    private static func texts(_ outbox: borrowing Outbox) -> [String] {
        outbox.entries.map { String(copying: outbox.bytes($0)) }
    }

    // MARK: What is stored

    /// Stops the modules in reverse order, as the server does.
    func stop() {
        for module in services.loadedModules.reversed() { module.instance.stop() }
    }

    /// The table of the script.
    var table: LocationTable {
        get throws { try #require(usrloc.existingTable(named: "location")) }
    }

    /// The bindings of an AoR, also those that have expired and are not collected yet.
    func bindings(_ aor: String = "alice") throws -> [StoredBinding] {
        var found: [StoredBinding] = []
        let name = Array(aor.utf8)
        try table.lookUp(name.span, now: now, includingExpired: true) { binding in
            found.append(StoredBinding(binding))
        }
        return found
    }

    /// Waits until everything that was scheduled for the database is done.
    func settle() {
        if case .writer(let writer) = usrloc.place { writer.drain() }
    }

    /// The writer of the write modes.
    var writer: LocationWriter {
        get throws {
            guard case .writer(let writer) = usrloc.place else { throw RigFailure.noWriter }
            return writer
        }
    }
}

/// What a rig cannot do.
enum RigFailure: Error { case noWriter }

/// A binding that was copied out of a table.
struct StoredBinding {
    var aor: String
    var uri: String
    var callID: String
    var userAgent: String
    var received: String
    var path: String
    var instance: String
    var ruid: String
    var state: String
    var values: ContactValues

    init(_ binding: borrowing BindingView) {
        aor = String(copying: binding.aor)
        uri = String(copying: binding.uri)
        callID = String(copying: binding.callID)
        userAgent = String(copying: binding.userAgent)
        received = String(copying: binding.received)
        path = String(copying: binding.path)
        instance = String(copying: binding.instance)
        var name = ByteWriter(capacity: 64)
        binding.writeRuid(into: &name)
        ruid = name.text
        state = "\(binding.storageState.name)"
        values = binding.values
    }
}
