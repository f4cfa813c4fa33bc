import Basics
import Synchronization
import Core
import DBMySQL
import DBSQLite
import Dispatch
import Logging
import ModuleKit
import SIPSyntax
import Storage
import Testing

@testable import Server

@Suite("the server as modules see it")
struct ServerServicesTests {
    private func services() -> ServerServices {
        ServerServices(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            startedAt: WallTime(seconds: 5), commandLine: ["roost", "-c"])
    }

    @Test(
        "a database URL whose module is not loaded names that module",
        arguments: [
            ("mysql://u:secret@h/d", "db_mysql"), ("mariadb://u:secret@h/d", "db_mysql"),
            ("MySQL://u:secret@h/d", "db_mysql"), ("sqlite:///x", "db_sqlite"),
        ])
    func missingModule(url: String, module: String) {
        let error = #expect(throws: StorageError.self) { try services().database(url) }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains("add loadmodule \"\(module)\" before") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "a URL that no module serves says so, without what it holds",
        arguments: [
            ("oracle://u:secret@h/d", "no module serves oracle://"),
            ("", "starts with a scheme"), ("just-text", "starts with a scheme"),
            ("/path/to/file", "starts with a scheme"),
        ])
    func unknownScheme(url: String, words: String) {
        let error = #expect(throws: StorageError.self) { try services().database(url) }
        #expect(error?.message.contains(words) == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("the module that serves a scheme gives the driver, its password out of sight")
    func driver() throws {
        let services = services()
        services.add(try ModuleBlueprint(MySQLModule.self).configure().make(services))
        services.add(try ModuleBlueprint(SQLiteModule.self).configure().make(services))
        let mysql = try services.database("mysql://kam:secret@127.0.0.1:1/db")
        #expect(!mysql.description.contains("secret"))
        #expect(mysql.description.contains("kam"))
        #expect(try services.database("sqlite:///x/y.sqlite").description.contains("y.sqlite"))
        #expect(throws: StorageError.self) { try services.database("mysql://") }
        #expect(throws: StorageError.self) { try services.database("sqlite://") }
    }

    @Test("a module is found by its type once it is added")
    func modules() throws {
        let services = services()
        #expect(services.module(Core.self) == nil)
        services.add(try ModuleBlueprint(Core.self).configure().make(services))
        #expect(services.module(Core.self) != nil)
        #expect(services.loadedModules.map(\.name) == ["core"])
    }

    @Test("a stop that is asked for before anyone listens is carried out later, once")
    func earlyStop() {
        let services = services()
        let statuses = Guarded<[Int32]>([])
        services.requestStop(status: 3)
        services.installStop { status in statuses.withLock { $0.append(status) } }
        #expect(statuses.withLock { $0 } == [3])
        services.requestStop(status: 0)
        services.installStop { status in statuses.withLock { $0.append(status + 100) } }
        #expect(statuses.withLock { $0 } == [3, 0])
        services.requestStop(status: 1)
        #expect(statuses.withLock { $0 } == [3, 0, 101])
    }

    @Test("event routes run in a context of their own, when there are any")
    func eventRoutes() {
        let services = services()
        var prepared = 0
        services.runEventRoute("usrloc:contact-expired") { _ in prepared += 1 }
        #expect(prepared == 0)
        let blocks = NamedBlocks()
        services.install(blocks)
        services.runEventRoute("usrloc:contact-expired") { context in
            context.serverID = 9
            prepared += 1
        }
        #expect(prepared == 1)
        #expect(blocks.names == ["usrloc:contact-expired 9"])
    }

    @Test("pieces of the control plane use a context again, one at a time, and find it empty")
    func contextsAreKept() {
        let services = services()
        let made = Atomic(0)
        services.install(NoBlocks()) { [services] in
            made.add(1, ordering: .relaxed)
            return ScriptContext(services: services)
        }
        var first: ObjectIdentifier?
        services.perform { context in
            first = ObjectIdentifier(context)
            let request = Array("OPTIONS sip:a@b SIP/2.0\r\n\r\n".utf8)
            _ = try? context.message.load(request.span)
            context.flags = 5
            services.perform { inner in #expect(inner !== context) }
        }
        let count = made.load(ordering: .relaxed)
        #expect(count == 2)
        services.perform { context in
            #expect(context.message.bytes.isEmpty && context.message.fault == nil)
            #expect(context.flags == 0)
        }
        for _ in 0..<20 { services.perform { _ in } }
        let afterwards = made.load(ordering: .relaxed)
        #expect(afterwards == 2 && first != nil)
        // A new script: nothing of the old one is left.
        services.install(NoBlocks()) { [services] in
            made.add(1, ordering: .relaxed)
            return ScriptContext(services: services)
        }
        services.perform { _ in }
        let last = made.load(ordering: .relaxed)
        #expect(last == 3)
    }

    @Test("threads announce themselves, and what was set is shown")
    func figures() {
        let services = services()
        services.announceThread("udp worker 0")
        #expect(services.threads.map(\.description) == ["main", "udp worker 0"])
        #expect((services.threads.first?.id ?? 0) > 0)
        services.serverID = 4
        services.aliases = [HostAlias(host: "example.com")]
        services.sockets = [
            ListeningSocket(transport: .udp, address: PeerAddress(ipv4: 0x7F00_0001, port: 5060))
        ]
        #expect(services.serverID == 4)
        #expect(services.aliases.map(\.host) == ["example.com"])
        #expect(services.sockets.map(\.name) == ["udp:127.0.0.1:5060"])
        #expect(services.startedAt.seconds == 5)
        #expect(services.commandLine == ["roost", "-c"])
    }

    // MARK: Jobs

    @Test("a job runs again and again until the jobs are stopped")
    func jobs() {
        let services = services()
        let runs = Counter()
        let signal = DispatchSemaphore(value: 0)
        services.every(1, "test") {
            runs.add()
            signal.signal()
        }
        #expect(runs.value == 0)
        for _ in 0..<2 { #expect(signal.wait(timeout: .now() + .seconds(30)) == .success) }
        services.stopJobs()
        let after = runs.value
        #expect(after >= 2)
        services.stopJobs()
        // The next turn would have come by now.
        _ = signal.wait(timeout: .now() + .milliseconds(1_300))
        #expect(runs.value <= after + 1)
    }

    @Test("a job that hangs does not hold up another, and is not started twice")
    func hanging() {
        let timer = ControlTimer()
        let gate = DispatchSemaphore(value: 0)
        let hanging = Counter()
        let signal = DispatchSemaphore(value: 0)
        timer.every(1, "hangs") {
            hanging.add()
            gate.wait()
        }
        timer.every(1, "runs") { signal.signal() }
        for _ in 0..<3 { #expect(signal.wait(timeout: .now() + .seconds(30)) == .success) }
        #expect(hanging.value == 1)
        timer.stop()
        gate.signal()
    }

    @Test("a job without a period is a mistake of the caller's")
    func noPeriod() async {
        await #expect(processExitsWith: .failure) { ControlTimer().every(0, "never") {} }
    }
}

/// A script that has every block and notes which of them are run.
private final class NamedBlocks: ScriptBlocks {
    private let noted = Guarded<[String]>([])
    var names: [String] { noted.withLock { $0 } }
    func hasBlock(_ block: ScriptBlock) -> Bool { true }
    func runBlock(_ block: ScriptBlock, in context: ScriptContext) -> ScriptOutcome {
        guard case .event(let name) = block else { return .nothing }
        noted.withLock { $0.append("\(name) \(context.serverID)") }
        return .nothing
    }
}
