import ModuleKit
import Testing

@Suite("Module corex: functions of the script")
struct CorexFunctionTests {
    @Test("extended flags are set, tested and cleared, and end with the message")
    func flags() throws {
        let rig = try ScriptRig(
            """
            if (isxflagset("40")) { note("left over"); }
            setxflag("40"); note("$rc"); isxflagset("40"); note("$rc");
            isxflagset("8"); note("$rc");
            resetxflag("40"); isxflagset("40"); note("$rc"); setxflag("63"); setxflag("40");
            """)
        #expect(try rig.run() == ["1", "1", "-1", "-1"])
        #expect(try rig.run() == ["1", "1", "-1", "-1"])
    }

    @Test(
        "they are numbered from 0 to 63",
        arguments: ["setxflag", "resetxflag", "isxflagset"], ["64", "-1"])
    func bounds(name: String, flag: String) throws {
        #expect(try code("\(name)(\"\(flag)\")") == "-1")
    }

    @Test("further targets are the request's own URI, or one with a priority")
    func branches() throws {
        let rig = try ScriptRig(
            """
            $du = "sip:proxy"; append_branch(); append_branch("sip:x@y", "0.5");
            append_branch("sip:$rU@z");
            """)
        try rig.run()
        let branches = rig.context.branches
        #expect(
            branches.map { String(decoding: $0.uri, as: UTF8.self) } == [
                "sip:carol@example.com:5080;transport=tcp", "sip:x@y", "sip:carol@z",
            ])
        #expect(branches.map(\.q) == [-1, 500, -1])
        #expect(branches.map { $0.destination != nil } == [true, false, false])
    }

    @Test(
        "a priority is a q of RFC 3261",
        arguments: [
            ("0", 0), ("1", 1000), ("0.5", 500), ("0.123", 123), ("1.000", 1000), ("0.", 0),
            ("0.1234", nil), ("1.001", nil), ("2", nil), ("", nil), ("x", nil), ("0.x", nil),
            ("0.1.2", nil), ("-1", nil),
        ] as [(String, Int?)])
    func priorities(text: String, expected: Int?) throws {
        let rig = try ScriptRig("append_branch(\"sip:x\", \"\(text)\"); note(\"$rc\");")
        #expect(try rig.run() == [expected == nil ? "-1" : "1"])
        #expect(rig.context.branches.first?.q == expected)
    }

    @Test("what is no URI is refused, and the number of targets is bounded")
    func refusing() throws {
        #expect(try code("append_branch(\"xx\")") == "-1")
        let rig = try ScriptRig(
            """
            $var(i) = 0;
            while ($var(i) < 40) { append_branch(); $var(i) = $var(i) + 1; }
            append_branch(); note("$rc");
            """)
        #expect(try rig.run() == ["-1"])
        #expect(rig.context.branches.count == 31)
    }
}
