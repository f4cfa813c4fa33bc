import Glibc
import JSONValue
import TestSupport
import Testing

/// What holds for all tests here.
enum Rig {
    /// A time limit in seconds; a build with a sanitizer may take ten times as long.
    static func limit(_ seconds: Double) -> Double { isSanitized ? 10 * seconds : seconds }

    private static let isSanitized = ["__tsan_init", "__asan_init"].contains { name in
        unsafe name.withCString { unsafe dlsym(nil, $0) != nil }
    }
}

/// Runs tests on threads of their own: they wait for other processes.
struct OnThreads: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing body: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(WorkThreads.shared) { try await body() }
    }
}

extension Trait where Self == OnThreads {
    static var onThreads: Self { Self() }
}

extension Trait where Self == ConditionTrait {
    static var needsMariaDB: Self {
        .enabled(if: MariaDBFixture.isInstalled, "mariadb-server is not installed")
    }
    static func needs(_ tool: String) -> Self {
        .enabled(if: ToolPath.installed(tool) != nil, "\(tool) is not installed")
    }
}

extension ServerProcess {
    /// A registrar that keeps its contacts in memory, perhaps with further parameters.
    convenience init(_ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
        var configuration = ServerConfiguration()
        change(&configuration)
        try self.init(configuration)
    }

    /// A registrar with a database.
    convenience init(
        databaseMode: Int, _ url: String, timerInterval: Int = 3_600,
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = ServerConfiguration(
            databaseMode: databaseMode, url: url, timerInterval: timerInterval)
        change(&configuration)
        try self.init(configuration)
    }

    /// The bindings that the server holds for an AoR, as `ul.lookup` shows them.
    func contacts(of aor: String) throws -> [JSONValue] {
        do {
            let found = try rpc.call("ul.lookup", "location", .string(aor))
            return found["Contacts"]?.items?.compactMap { $0["Contact"] } ?? []
        } catch let fault as RPCFault where fault.message == "AOR not found in location table" {
            return []
        }
    }

    /// The URIs of an AoR's bindings.
    func uris(of aor: String) throws -> [String] {
        try contacts(of: aor).compactMap { $0["Address"]?.text }
    }

    /// One figure of `ul.status`.
    func status(_ name: String) throws -> JSONValue? { try rpc.call("ul.status")[name] }

    /// A statistic, `group:name`.
    func statistic(_ name: String) throws -> Int? {
        try rpc.call("stats.fetchn", .string(name)).members?.first?.value.integer
    }

    /// Every binding by its unique name, without what time changes by itself.
    func everything() throws -> [String: [JSONValue.Member]] {
        var found: [String: [JSONValue.Member]] = [:]
        for domain in try rpc.call("ul.dump")["Domains"]?.items ?? [] {
            for record in domain["Domain"]?["AoRs"]?.items ?? [] {
                for item in record["Info"]?["Contacts"]?.items ?? [] {
                    let members = item["Contact"]?.members ?? []
                    let ruid = item["Contact"]?["Ruid"]?.text ?? ""
                    found[ruid] = members.filter { $0.name != "Expires" }
                }
            }
        }
        return found
    }

    /// Lines of the log that no server may print.
    var faults: [Substring] {
        log.split(separator: "\n").filter { line in
            ["Fatal error", "ThreadSanitizer", "AddressSanitizer", "Precondition failed", "Crash"]
                .contains { line.contains($0) }
        }
    }
}
