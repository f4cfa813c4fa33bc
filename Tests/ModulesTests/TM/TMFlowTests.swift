import Basics
import ModuleKit
import Testing

@testable import TM

/// Says which phones a request is for, as `lookup` does with what phones have registered.
private final class PhonesModule: ServerModule {
    typealias Parameters = NoParameters
    static let manifest = Manifest<PhonesModule>(
        "phones", "Says which phones a request is for.",
        functions: [
            FunctionRow(
                "phone", .string("uri"), .string("instance"), returns: "1",
                "Makes a phone the target, or another target."
            ) { (module, context, uri: ScriptText, instance: ScriptText) in
                var target = BranchTarget()
                target.instance = context.bytes(of: instance)
                if context.target == nil {
                    context.rewrittenURI = context.bytes(of: uri)
                    context.target = target
                } else {
                    context.branches.append(
                        ScriptBranch(
                            uri: context.bytes(of: uri), destination: nil, q: -1, flags: 0,
                            target: target))
                }
                return 1
            }
        ])

    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}

@Suite("flows of one phone (RFC 5626 5.3)")
struct TMFlowTests {
    private static let both = """
        modparam("tm", "contacts_avp", "contacts")
        modparam("tm", "contact_flows_avp", "flows")

        """

    private func rig(_ phones: String, _ failure: String, _ before: String = both) throws -> TMRig {
        try TMRig(
            "\(phones) t_load_contacts(); t_next_contacts(); t_on_failure(\"F\"); t_relay();",
            before: before + "failure_route[F] { \(failure) }\n",
            also: [ModuleBlueprint(PhonesModule.self)])
    }

    private let desk =
        "phone(\"sip:bob@10.1.2.9:5090\", \"<urn:desk>\");"
        + "phone(\"sip:bob@10.1.2.10:5091\", \"<urn:desk>\");"

    private func targets(_ sent: [TMRig.Sent]) -> [String] {
        sent.filter { $0.line.hasPrefix("INVITE") }.map {
            String($0.line.split(separator: " ")[1])
        }
    }

    @Test("the second flow of a phone is tried when the first has failed, and then there is none")
    func next() throws {
        let rig = try rig(
            desk,
            """
            $var(found) = -9;
            if (t_next_contact_flow()) { $var(found) = 1; } else { $var(found) = $rc; }
            note("$T_reply_code $var(found)");
            if ($var(found) == 1) { t_on_failure("F"); t_relay(); }
            """)
        let first = try rig.run(Call.request())
        #expect(targets(first) == ["sip:bob@10.1.2.9:5090"])
        let second = try rig.receive(try #require(first.last).response(430))
        #expect(targets(second) == ["sip:bob@10.1.2.10:5091"])
        let end = try rig.receive(try #require(second.last).response(430))
        #expect(rig.notes() == ["430 1", "430 -2"])
        #expect(end.last?.line == "SIP/2.0 430 R")
    }

    @Test("a flow of another phone does not take its place")
    func otherPhone() throws {
        let rig = try rig(
            desk + "phone(\"sip:bob@10.1.2.11:5092\", \"<urn:mobile>\");"
                + "phone(\"sip:bob@10.1.2.12:5093\", \"<urn:mobile>\");",
            "if (t_next_contact_flow()) t_relay();")
        let sent = try rig.run(Call.request())
        #expect(targets(sent) == ["sip:bob@10.1.2.9:5090", "sip:bob@10.1.2.11:5092"])
        try rig.receive(sent[1].response(500))
        // The better of both failures is the mobile's, so it is its flow that is next.
        let next = try rig.receive(sent[2].response(430))
        #expect(targets(next) == ["sip:bob@10.1.2.12:5093"])
    }

    @Test("without contact_flows_avp all flows are called at once, and there is no next one")
    func switchedOff() throws {
        let rig = try rig(
            desk, "if (!t_next_contact_flow()) note(\"$rc\");",
            "modparam(\"tm\", \"contacts_avp\", \"contacts\")\n")
        let sent = try rig.run(Call.request())
        #expect(targets(sent) == ["sip:bob@10.1.2.9:5090", "sip:bob@10.1.2.10:5091"])
        try rig.receive(sent[1].response(430))
        try rig.receive(sent[2].response(430))
        #expect(rig.notes() == ["-1"])
    }

    @Test("a target without an instance has no further flow")
    func noInstance() throws {
        let rig = try rig("", "if (!t_next_contact_flow()) note(\"$rc\");")
        let sent = try rig.run(Call.request())
        try rig.receive(sent[1].response(404))
        #expect(rig.notes() == ["-2"])
    }

    @Test("it belongs to failure routes: the checker refuses it in request_route")
    func whereItStands() {
        let error = scriptError(
            "t_next_contact_flow();", further: [ModuleBlueprint(TMModule.self)])
        #expect(error.contains("t_next_contact_flow"), "\(error)")
    }
}
