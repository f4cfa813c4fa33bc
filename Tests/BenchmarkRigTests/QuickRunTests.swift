import Foundation
import Testing

@testable import BenchmarkRig

/// Where a program was built by this build, or nil when it was not.
private func built(_ name: String) -> String? {
    let bundle = Bundle.main.executableURL?.deletingLastPathComponent()
    let places = [bundle, URL(fileURLWithPath: ".build/debug")].compactMap { $0 }
    let paths = places.map { $0.appendingPathComponent(name).path }
    return paths.first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// Whether a program is found along PATH.
private func isInstalled(_ name: String) -> Bool {
    (try? ChildProcess.run(["sh", "-c", "command -v \(name)"], secondsMax: 10)) != nil
}

/// What a run says of the rows that it could not take, which a failing test shows first.
private func absences(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { $0.contains("not taken") }
}

@Suite("Whole runs in small")
struct QuickRunTests {
    /// Tools that cost nothing: every request succeeds, the echo takes 3 us.
    private let tools = LoadTools(
        register: { (request) throws(RigError) in
            LoadOutcome(succeeded: request.count, failures: 0, seconds: 1, p99: 100)
        },
        echo: { (request) throws(RigError) in UInt64(request.count) * 3_000 })

    @Test("a server that does not start leaves its cells empty and a remark, the rest is taken")
    func broken() {
        var options = BenchmarkOptions(kamailio: nil, roost: Contestant(binary: "/bin/false"))
        options.makeQuick()
        options.figures = [.register, .echo]
        var run = BenchmarkRun(options, tools: tools) { _ in }
        let table = run.run()
        #expect(table.rows.map(\.figure) == [.echo])
        #expect(table.rows.first?.reference.median == 3)
        #expect(table.notes.contains { $0.contains("roost ended by itself") })
    }

    @Test("requests that fail are no figure")
    func failures() {
        let failing = LoadTools(
            register: { (request) throws(RigError) in
                LoadOutcome(succeeded: 0, failures: request.count, seconds: 1, p99: 0)
            },
            echo: { (_) throws(RigError) in throw RigError(.system, "no echo") })
        let run = BenchmarkRun(
            BenchmarkOptions(kamailio: nil, roost: nil), tools: failing
        ) { _ in }
        let request = LoadRequest(port: 1, users: 5, count: 5, window: 1)
        let error = #expect(throws: RigError.self) { try run.register(request) }
        #expect(error?.description == "5 of 5 requests failed")
    }

    @Test("our own rows take their reference from the usual figures of the same run")
    func references() {
        var options = BenchmarkOptions(kamailio: nil, roost: nil)
        options.figures = Figure.allCases
        options.users = 1_000
        var run = BenchmarkRun(options, tools: tools) { _ in }
        run.measurements.add(4, .register, .roost)
        run.measurements.add(0.5, .dump, .roost)
        run.addReferences()
        #expect(run.measurements[.echo, .roost].values == [4])
        #expect(run.measurements[.millionRegister, .reference].values == [4])
        #expect(run.measurements[.millionDump, .reference].values == [500])
    }

    @Test(
        "the program takes every figure it can of the servers that are here",
        .enabled(if: built("roost-benchmark") != nil), .timeLimit(.minutes(5)))
    func program() throws {
        let program = try #require(built("roost-benchmark"))
        let kamailio = isInstalled("kamailio") ? "kamailio" : "none"
        let roost = built("roost") ?? "none"
        let hasDatabase = isInstalled("mariadbd") && isInstalled("kamailio")
        let figures = Figure.allCases.filter {
            !$0.isPresence && (hasDatabase || !$0.needsDatabase)
        }
        let text = try ChildProcess.run(
            [
                program, "--quick", "--kamailio", kamailio, "--roost", roost, "--figures",
                figures.map(\.rawValue).joined(separator: ","),
            ], secondsMax: 240)
        #expect(text.contains("verdict"))
        #expect(text.contains("echo of the same datagrams"))
        if kamailio != "none" { #expect(text.contains("CPU per REGISTER refresh, db_mode 0")) }
        let absent = absences(text)
        #expect(absent == [], "\(text)")
    }

    @Test(
        "the program takes every figure of the presence server",
        .enabled(if: built("roost-benchmark") != nil && isInstalled("mariadbd")),
        .timeLimit(.minutes(10)))
    func presence() throws {
        let program = try #require(built("roost-benchmark"))
        // The latency is taken at a load that Kamailio says, which says little on a busy machine.
        let figures = Figure.allCases.filter { $0.isPresence && $0 != .presenceLatency }
        let text = try ChildProcess.run(
            [
                program, "--quick", "--kamailio", "none", "--figures",
                figures.map(\.rawValue).joined(separator: ","),
            ], secondsMax: 540)
        let absent = absences(text)
        #expect(absent == [], "\(text)")
        #expect(figures.filter { !text.contains($0.title) } == [])
    }

    @Test(
        "a figure that does not exist is refused by name",
        .enabled(if: built("roost-benchmark") != nil))
    func unknownFigure() throws {
        let program = try #require(built("roost-benchmark"))
        let error = #expect(throws: RigError.self) {
            try ChildProcess.run([program, "--figures", "speed"], secondsMax: 20)
        }
        #expect(error?.description.contains("there is no figure 'speed'") == true)
    }
}
