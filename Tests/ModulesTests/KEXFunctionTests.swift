import Testing

@Suite("Module kex: functions of the script")
struct KEXFunctionTests {
    @Test("script flags are set, tested and cleared, and end with the message")
    func scriptFlags() throws {
        let rig = try ScriptRig(
            """
            if (issflagset("3")) { note("left over"); }
            setsflag("3"); note("$rc"); issflagset("3"); note("$rc");
            resetsflag("3"); issflagset("3"); note("$rc"); setsflag(3); setsflag(31);
            """)
        #expect(try rig.run() == ["1", "1", "-1"])
        #expect(try rig.run() == ["1", "1", "-1"])
    }

    @Test(
        "flags are numbered from 0 to 31",
        arguments: [
            "setsflag", "resetsflag", "issflagset", "setbflag", "resetbflag", "isbflagset",
        ],
        ["32", "-1", "1000000"])
    func bounds(name: String, flag: String) throws {
        #expect(try code("\(name)(\"\(flag)\")") == "-1")
    }

    @Test("branch flags belong to the request or to one of its further targets")
    func branchFlags() throws {
        #expect(
            try noted(
                """
                setbflag("3", "1"); note("$rc"); setbflag("3"); isbflagset("3"); note("$rc");
                append_branch("sip:x@y"); isbflagset("3", "1"); note("$rc");
                resetbflag("3", "1"); isbflagset("3", "1"); note("$rc");
                isbflagset("3", "0"); note("$rc"); setbflag("4", "1"); isbflagset("4"); note("$rc");
                isbflagset("4", "1"); note("$rc"); isbflagset("4", "-1"); note("$rc");
                resetbflag("3"); isbflagset("3"); note("$rc");
                """) == ["-1", "1", "1", "-1", "1", "-1", "1", "-1", "-1"])
    }

    @Test("the destination is set, tested and cleared")
    func destination() throws {
        #expect(
            try noted(
                """
                isdsturiset(); note("$rc"); setdsturi("sip:x@y"); note("$rc $du");
                isdsturiset(); note("$rc"); setdsturi("garbage"); note("$rc $du");
                resetdsturi(); note("$rc $du"); setdsturi("sip:$rU@z"); note("$du");
                """) == ["-1", "1 sip:x@y", "1", "-1 sip:x@y", "1 <null>", "sip:carol@z"])
    }

    @Test("a text with variables is stored in one")
    func printing() throws {
        #expect(
            try noted("pv_printf(\"$var(x)\", \"$rU at $rd\"); note(\"$rc $var(x)\");") == [
                "1 carol at example.com"
            ])
        #expect(
            try noted("pv_printf(\"$ru\", \"sip:$fU@x\"); note(\"$rc $ru\");") == ["1 sip:alice@x"])
        #expect(scriptError("pv_printf(\"$ci\", \"x\");").contains("cannot be written"))
    }

    @Test(
        "addresses and names are the server's own or not",
        arguments: [
            ("sip:a@example.com", true), ("example.com", true), ("EXAMPLE.com", true),
            ("127.0.0.1", true), ("sip:127.0.0.1:5060", true), ("sip:127.0.0.1:9", false),
            ("sip:x@other.com", false), ("other.com", false), ("", false), ("sip:", false),
            ("[::1]", true), ("sip:localhost:5060", true), ("sip:localhost:5061", false),
        ])
    func myself(text: String, expected: Bool) throws {
        #expect(try holds("is_myself(\"\(text)\")") == expected)
    }
}
