import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Synchronization
import Testing

/// Reads a configuration from memory.
func parse(
    _ text: String, defines: [Definition] = [], files: [String: String] = [:],
    environment: [String: String] = [:]
) throws(ScriptErrors) -> ConfigurationFile {
    try ConfigurationFile.parse(
        SourceFile(name: "test.cfg", bytes: Array(text.utf8)), defines: defines,
        fileSystem: MemoryFiles(files, variables: environment))
}

/// Reads and checks a configuration against the modules of the tests.
func check(_ text: String, defines: [Definition] = []) throws(ScriptErrors) -> CheckedConfiguration
{
    try parse(text, defines: defines).check(
        catalogue: TestCatalogue.modules, core: TestCatalogue.core)
}

/// The errors of a configuration, empty when it is right.
func errors(of text: String, files: [String: String] = [:]) -> [ScriptError] {
    do {
        _ = try parse(text, files: files).check(
            catalogue: TestCatalogue.modules, core: TestCatalogue.core)
        return []
    } catch {
        return error.errors
    }
}

/// The head of a configuration that loads the probe.
let head = "loadmodule \"probe.so\"\n"

/// A script that is compiled and can be run again and again.
final class Harness {
    let services: TestServices
    let context: ScriptContext
    let program: Program
    let probe: TestModule?

    init(_ text: String, services: TestServices = TestServices()) throws {
        self.services = services
        let checked = try check(text)
        var loaded = [try checked.core.make(services)]
        for module in checked.modules { loaded.append(try module.make(services)) }
        program = try Program.compile(checked, loaded: loaded)
        probe = loaded.compactMap { $0.instance as? TestModule }.first
        context = ScriptContext(services: services)
    }

    /// Runs the request route on a message and returns its value.
    @discardableResult
    func run(_ message: String = Harness.register) throws -> Int {
        let bytes = Array(message.replacing("\n", with: "\r\n").utf8)
        try context.message.load(bytes.span)
        context.reset(
            origin: Origin(
                transport: .udp, socket: SocketIndex(0),
                source: PeerAddress(ipv4: 0x0a01_0203, port: 5070)),
            now: WallTime(seconds: 1_700_000_000))
        return program.run(.request, in: context)
    }

    /// What the script noted, and forgets it.
    var notes: [String] {
        probe?.notes.withLock { notes in
            defer { notes = [] }
            return notes
        } ?? []
    }

    static let register = """
        REGISTER sip:example.com SIP/2.0
        Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1
        From: "Al" <sip:alice@example.com>;tag=a1
        To: <sip:alice@example.com>
        Call-ID: call-1
        CSeq: 7 REGISTER
        Contact: <sip:alice@10.1.2.3>
        X-Empty:
        X-Number: 42
        Content-Length: 0


        """
}

/// What a body of statements notes, one line a note.
func notes(_ body: String, message: String = Harness.register) throws -> [String] {
    let harness = try Harness(head + "request_route {\n\(body)\n}\n")
    try harness.run(message)
    return harness.notes
}

/// The value of an expression as the script stores it in a variable.
func value(of expression: String) throws -> String {
    try notes("$var(x) = \(expression); note(\"$var(x)\");").joined(separator: "|")
}

/// Whether a condition holds.
func holds(_ condition: String) throws -> Bool {
    try notes("if (\(condition)) { note(\"yes\"); } else { note(\"no\"); }") == ["yes"]
}
