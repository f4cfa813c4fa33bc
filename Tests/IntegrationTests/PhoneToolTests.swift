import JSONValue
import TestSupport
import Testing

/// Programs that others wrote register here.
@Suite("SIPp and sipsak", .onThreads)
struct PhoneToolTests {
    private static let users = 200

    /// Runs a scenario to its end for `users` phones.
    private func sipp(
        _ scenario: String, _ server: ServerProcess, transport: String
    ) throws -> StartedProgram.Outcome {
        let folder = try TemporaryFolder()
        let local = try FreePorts.take(1)[0]
        let file = "\(ToolPath.package)/Tests/IntegrationTests/Scenarios/\(scenario).xml"
        let errors = folder.file("errors")
        let outcome = try StartedProgram.run(
            ToolPath.installed("sipp") ?? "",
            [
                "127.0.0.1:\(server.sipPort)", "-sf", file, "-i", "127.0.0.1", "-p", "\(local)",
                "-t", transport, "-m", "\(Self.users)", "-r", "400", "-l", "40", "-nostdin",
                "-timeout", "60s", "-timeout_error", "-trace_err", "-error_file", errors,
            ])
        let words = outcome.output.suffix(300) + folder.text(of: "errors").suffix(2_000)
        return StartedProgram.Outcome(status: outcome.status, output: String(words))
    }

    @Test(
        "200 phones register, refresh, are refused with an old CSeq, and leave",
        .needs("sipp"), arguments: ["u1", "t1"])
    func comeAndGo(transport: String) throws {
        let server = try ServerProcess()
        let outcome = try sipp("register-refresh-remove", server, transport: transport)
        #expect(outcome.status == 0, "\(outcome.output)")
        // Retransmissions may add to the first, never to what is stored.
        #expect(try server.statistic("registrar:accepted_regs") ?? 0 >= 3 * Self.users)
        #expect(try server.statistic("registrar:rejected_regs") ?? 0 >= Self.users)
        #expect(try server.statistic("usrloc:location_contacts") == 0)
    }

    @Test("200 phones register and stay", .needs("sipp"), arguments: ["u1", "t1"])
    func stay(transport: String) throws {
        let server = try ServerProcess()
        let outcome = try sipp("register-stay", server, transport: transport)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(try server.statistic("usrloc:location_contacts") == Self.users)
        let contacts = try server.contacts(of: "sipp1")
        #expect(contacts.count == 1)
        #expect(contacts.first?["Q"] == 0.5)
        let socket = "\(transport == "u1" ? "udp" : "tcp"):127.0.0.1:\(server.sipPort)"
        #expect(contacts.first?["Socket"]?.text == socket)
    }

    @Test("sipsak registers", .needs("sipsak"), arguments: ["udp", "tcp"])
    func sipsak(transport: String) throws {
        let server = try ServerProcess()
        let target = "127.0.0.1:\(server.sipPort)"
        let outcome = try StartedProgram.run(
            ToolPath.installed("sipsak") ?? "",
            [
                "-U", "-C", "sip:desk@192.0.2.9:5070", "-x", "900", "-E", transport, "-s",
                "sip:alice@\(target)",
            ])
        #expect(outcome.status == 0, "\(outcome.output)")
        let contacts = try server.contacts(of: "alice")
        #expect(contacts.first?["Address"] == "sip:desk@192.0.2.9:5070")
        #expect((880...900).contains(contacts.first?["Expires"]?.integer ?? 0))
    }

    @Test("sipsak finds the server alive", .needs("sipsak"))
    func ping() throws {
        let server = try ServerProcess()
        let outcome = try StartedProgram.run(
            ToolPath.installed("sipsak") ?? "", ["-s", "sip:ping@127.0.0.1:\(server.sipPort)"])
        #expect(outcome.status == 0, "\(outcome.output)")
    }
}
