import Testing

@Suite("Module maxfwd")
struct MaxFwdTests {
    @Test(
        "Max-Forwards is counted down, at most to the limit",
        arguments: [
            ("70", "1", "69"), ("1", "1", "0"), ("11", "1", "10"), ("200", "1", "70"),
            ("255", "1", "70"), ("300", "1", "70"), ("0", "-1", nil), ("abc", "-2", nil),
            ("-1", "-2", nil), ("99999999999", "-2", nil), ("7 0", "-2", nil),
        ] as [(String, String, String?)])
    func counting(value: String, expected: String, next: String?) throws {
        let message = adding("Max-Forwards: \(value)")
        for name in ["mf_process_maxfwd_header", "process_maxfwd", "maxfwd_process"] {
            #expect(try code("\(name)(\"10\")", for: message) == expected)
            let lines = try changes("\(name)(\"10\");", in: message)
            #expect(
                lines
                    == (next.map { ["-Max-Forwards: \(value)", "+Max-Forwards: \($0)"] } ?? []))
        }
    }

    @Test("a request without the field gets it in front of all others, within the limits")
    func adding70() throws {
        #expect(try changes("mf_process_maxfwd_header(\"10\");") == ["+Max-Forwards: 10"])
        #expect(try code("mf_process_maxfwd_header(\"10\")") == "2")
        #expect(try changes("mf_process_maxfwd_header(\"100\");") == ["+Max-Forwards: 70"])
        #expect(try changes("mf_process_maxfwd_header(\"-5\");") == ["+Max-Forwards: 0"])
        let rig = try ScriptRig("mf_process_maxfwd_header(\"10\");")
        try rig.run()
        #expect(rig.rendered().contains("SIP/2.0\nMax-Forwards: 10\nVia: "))
    }

    @Test(
        "the field is compared with a limit",
        arguments: [
            ("9", "1"), ("10", "-1"), ("0", "1"), ("70", "-1"), ("abc", "-3"), ("-1", "-3"),
        ])
    func comparing(value: String, expected: String) throws {
        let message = adding("Max-Forwards: \(value)")
        for name in ["is_maxfwd_lt", "mf_lowlimit", "maxfwd_at_least"] {
            #expect(try code("\(name)(\"10\")", for: message) == expected)
            #expect(try code("\(name)(\"10\")") == "-2")
        }
    }

    @Test("the limit is a parameter from 0 to 255")
    func limit() throws {
        let before = "modparam(\"maxfwd\", \"max_limit\", 5)\n"
        let lines = try changes(
            "mf_process_maxfwd_header(\"10\");", in: adding("Max-Forwards: 70"), before: before)
        #expect(lines.last == "+Max-Forwards: 5")
        #expect(
            scriptError("exit;", before: "modparam(\"maxfwd\", \"max_limit\", 256)\n")
                == "max_limit must be from 0 to 255, not 256")
    }

    @Test("an initial value that is no number is refused when the script is loaded")
    func noNumber() {
        #expect(
            scriptError("mf_process_maxfwd_header(\"ten\");").contains(
                "expected an integer, found \"ten\""))
    }
}
