import Foundation
import Testing

@testable import LoadGenerator

/// Where roost-load was built by this build, or nil when it was not.
private func program() -> URL? {
    let bundle = Bundle.main.executableURL?.deletingLastPathComponent()
    let places = [bundle, URL(fileURLWithPath: ".build/debug")].compactMap { $0 }
    return places.map { $0.appendingPathComponent("roost-load") }.first {
        FileManager.default.isExecutableFile(atPath: $0.path)
    }
}

@Suite("roost-load presence", .enabled(if: program() != nil), .timeLimit(.minutes(10)))
struct PresenceProgramTests {
    /// Runs the program; what it wrote on both outputs, and its status.
    private func run(
        _ arguments: [String]
    ) throws -> (output: String, errors: String, status: Int32) {
        let process = Process()
        process.executableURL = program()
        process.arguments = ["presence"] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let texts = [output, errors].map {
            String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        process.waitUntilExit()
        return (texts[0], texts[1], process.terminationStatus)
    }

    @Test("the options make the plan, and the report is JSON on one line")
    func json() throws {
        let server = try ImitatedPresence()
        defer { server.stop() }
        let (output, errors, status) = try run([
            "--server", "127.0.0.1:\(server.port)", "--presentities", "4", "--watchers", "2",
            "--count", "8", "--window", "3", "--sockets", "2", "--expires", "77", "--body", "600",
            "--domain", "example.net", "--user-prefix", "p", "--json", "--keep",
        ])
        #expect(status == 0 && errors.isEmpty)
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        #expect(report["scenario"] as? String == "publish")
        #expect(report["completed"] as? Int == 8)
        #expect(report["notifies"] as? Int == 16)
        #expect(report["faults"] == nil && report["lost"] as? Int == 0)
        #expect(server.documents == 4 && server.dialogs == 8)
        let publication = try #require(server.requests.first { $0.hasPrefix("PUBLISH") })
        #expect(publication.hasPrefix("PUBLISH sip:p000000"))
        #expect(headField("Expires", publication) == "77")
        #expect(headField("Content-Length", publication) == "600")
        #expect(headField("To", publication).hasSuffix("@example.net>"))
    }

    @Test("without --json the report is for a person")
    func text() throws {
        let server = try ImitatedPresence()
        defer { server.stop() }
        let (output, _, status) = try run([
            "--server", "127.0.0.1:\(server.port)", "--scenario", "subscribe", "--presentities",
            "3", "--published",
        ])
        #expect(status == 0)
        #expect(output.hasPrefix("operations  subscribe: 3 of 3 complete"))
        #expect(server.documents == 0 && server.dialogs == 0)
    }

    @Test("a fault is told by the exit status")
    func faults() throws {
        let server = try ImitatedPresence(
            .init(notify: { _, message in
                [message, message.replacing("z9hG4bKn", with: "z9hG4bKm")]
            }))
        defer { server.stop() }
        let (output, _, status) = try run([
            "--server", "127.0.0.1:\(server.port)", "--presentities", "3", "--keep",
        ])
        #expect(status == 1)
        #expect(output.contains("duplicated"))
    }

    @Test(
        "what cannot be is refused by name",
        arguments: [
            (["--server", "127.0.0.1:1", "--scenario", "gossip"], "gossip"),
            (["--server", "127.0.0.1:1", "--body", "5"], "body is 5, must be 400 to 1200"),
            (["--server", "127.0.0.1:x"], "is no HOST:PORT"), ([], "--server"),
        ] as [([String], String)])
    func refusals(_ arguments: [String], _ part: String) throws {
        let (output, errors, status) = try run(arguments)
        #expect(status != 0 && output.isEmpty)
        #expect(errors.contains(part), "\(errors)")
    }
}
