import JSONValue
import TestSupport
import Testing

/// The lamps on desk phones, as Config/blf.cfg lights them.
@Suite("lamps on desk phones", .onThreads)
struct CallStateTests {
    private func server() throws -> ServerProcess {
        var configuration = ServerConfiguration(shipped: "blf.cfg")
        configuration.file = configuration.file?
            .replacing("\"sip:127.0.0.1:5060\"", with: "\"sip:127.0.0.1:{sip}\"")
        return try ServerProcess(configuration)
    }

    private func register(_ user: String, _ phone: SIPClient) throws {
        var message = RegisterMessage(user, phone.contact(user))
        message.callID = "\(user)-1@test"
        #expect(try phone.register(message).status == 200)
    }

    /// A phone that watches a user's calls.
    private struct Lamp {
        let phone: SIPClient

        init(_ user: String, _ server: ServerProcess) throws {
            phone = try server.phone()
            let subscribe = phone.request(
                "SUBSCRIBE", "sip:\(user)@example.com", callID: "lamp-\(user)@test",
                further: [
                    "Event: dialog", "Expires: 600", "Contact: <\(phone.contact("lamp"))>",
                ])
            #expect(try phone.request(subscribe).status == 200)
            _ = next()
        }

        /// What it shows next.
        func next(seconds: Double = 10) -> String? {
            guard let notify = phone.incoming(seconds: seconds) else { return nil }
            phone.send(notify.reply(200, "OK"))
            guard let start = notify.body.firstRange(of: "<state>") else { return "nothing" }
            let rest = notify.body[start.upperBound...]
            return String(rest.prefix { $0 != "<" })
        }
    }

    /// An INVITE of alice's, and the requests within her call.
    private func request(
        _ method: String, _ phone: SIPClient, _ number: Int, route: String? = nil,
        to target: String = ""
    ) -> String {
        var further = ["Contact: <\(phone.contact("alice"))>"]
        if let route { further.append("Route: \(route)") }
        var text = phone.request(
            method, route == nil ? "sip:bob@example.com" : target, callID: "call@test",
            further: further
        ).replacing("sip:caller@example.com", with: "sip:alice@example.com")
            .replacing("branch=z9hG4bK-calltest", with: "branch=z9hG4bK-\(method)\(number)")
            .replacing("CSeq: 1 ", with: "CSeq: \(number) ")
        if route != nil {
            text = text.replacing(
                "To: <\(target)>", with: "To: <sip:bob@example.com>;tag=phone")
        }
        return text
    }

    private func answer(_ ringing: SIPRequest, _ status: Int, _ phone: SIPClient) {
        phone.send(
            ringing.reply(status, "R", further: ["Contact: <\(phone.contact("bob"))>"])
                .replacing(
                    "To: <sip:bob@example.com>\r\n", with: "To: <sip:bob@example.com>;tag=bob\r\n"))
    }

    @Test("a lamp goes through trying, early, confirmed and terminated, in this order")
    func wholeCall() throws {
        let server = try server()
        let (alice, bob) = (try server.phone(), try server.phone())
        try register("bob", bob)
        let lamps = (alice: try Lamp("alice", server), bob: try Lamp("bob", server))
        alice.send(request("INVITE", alice, 1))
        let ringing = try #require(bob.next("INVITE"))
        #expect(lamps.alice.next() == "trying")
        answer(ringing, 180, bob)
        #expect(lamps.alice.next() == "early")
        #expect(lamps.bob.next() == "early")
        #expect(try server.rpc.call("dlg.stats_active")["connecting"] == 1)
        answer(ringing, 200, bob)
        #expect(lamps.alice.next() == "confirmed")
        #expect(lamps.bob.next() == "confirmed")
        let route = try #require(ringing["Record-Route"])
        alice.send(request("ACK", alice, 1, route: route, to: bob.contact("bob")))
        #expect(bob.next("ACK") != nil)
        #expect(
            eventually(within: 5) {
                (try? server.rpc.call("dlg.stats_active"))?["ongoing"] == 1
            })
        alice.send(request("BYE", alice, 2, route: route, to: bob.contact("bob")))
        let bye = try #require(bob.next("BYE"))
        bob.send(bye.reply(200, "OK"))
        #expect(lamps.alice.next() == "terminated")
        #expect(lamps.bob.next() == "terminated")
        #expect(try server.rpc.call("dlg.stats_active")["all"] == 0)
        #expect(server.faults == [])
    }

    @Test("a call that is refused goes out again, at the phone that never rang it never lights")
    func busy() throws {
        let server = try server()
        let (alice, bob) = (try server.phone(), try server.phone())
        try register("bob", bob)
        let lamps = (alice: try Lamp("alice", server), bob: try Lamp("bob", server))
        alice.send(request("INVITE", alice, 1))
        let ringing = try #require(bob.next("INVITE"))
        #expect(lamps.alice.next() == "trying")
        answer(ringing, 486, bob)
        #expect(lamps.alice.next() == "terminated")
        #expect(lamps.bob.next(seconds: 0.5) == nil)
        #expect(try server.statistic("dialog:failed_dialogs") == 1)
    }

    @Test(
        "SIPp's calls light the lamp of whom they call, and it is dark in the end", .needs("sipp"))
    func sipp() throws {
        let server = try server()
        let phone = try server.phone()
        let ports = try FreePorts.take(2)
        #expect(try phone.register("bob", "sip:bob@127.0.0.1:\(ports[0])").status == 200)
        let lamp = try Lamp("bob", server)
        let folder = try TemporaryFolder()
        let scenarios = "\(ToolPath.package)/Tests/IntegrationTests/Scenarios"
        let common = ["-i", "127.0.0.1", "-nostdin", "-m", "5", "-timeout", "50s"]
        let answering = try StartedProgram(
            ToolPath.installed("sipp") ?? "",
            ["-sf", "\(scenarios)/call-callee.xml", "-p", "\(ports[0])"] + common,
            output: folder.file("callee"))
        let outcome = try StartedProgram.run(
            ToolPath.installed("sipp") ?? "",
            [
                "127.0.0.1:\(server.sipPort)", "-sf", "\(scenarios)/call-caller.xml", "-s", "bob",
                "-p", "\(ports[1])", "-r", "5", "-l", "1", "-timeout_error",
            ] + common)
        #expect(outcome.status == 0, "\(outcome.output.suffix(1_500))")
        #expect(answering.wait(seconds: 20) == 0)
        var shown: [String] = []
        while let state = lamp.next(seconds: 2) { shown.append(state) }
        #expect(shown.contains("early") || shown.contains("confirmed"))
        #expect(shown.last == "terminated" || shown.last == "nothing")
        #expect(try server.statistic("dialog:processed_dialogs") == 5)
        #expect(try server.rpc.call("dlg.stats_active")["all"] == 0)
        #expect(server.faults == [])
    }
}
