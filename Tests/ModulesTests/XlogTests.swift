import Testing

@Suite("Module xlog")
struct XlogTests {
    @Test(
        "lines are written at their level, with a prefix and without a line end",
        arguments: [
            ("xlog(\"text\\n\");", "error <script>: text"),
            ("xlog(\"L_ERR\", \"text\");", "error <script>: text"),
            ("xlog(\"L_WARN\", \"text\\r\\n\");", "warning <script>: text"),
            ("xlog(\"L_NOTICE\", \"text\");", "notice <script>: text"),
            ("xlog(\"L_INFO\", \"text\");", "info <script>: text"),
            ("xlog(\"L_DBG\", \"text\");", "debug <script>: text"),
            ("xlog(\"L_ALERT\", \"text\");", "critical <script>: text"),
            ("xlog(\"L_BUG\", \"text\");", "critical <script>: text"),
            ("xlog(\"L_CRIT\", \"text\");", "critical <script>: text"),
            ("xlog(\"1\", \"text\");", "notice <script>: text"),
            ("$var(l) = \"L_INFO\"; xlog(\"$var(l)\", \"text\");", "info <script>: text"),
            ("$var(l) = -1; xlog(\"$var(l)\", \"text\");", "error <script>: text"),
            ("xalert(\"text\");", "critical <script>: text"),
            ("xbug(\"text\");", "critical <script>: text"),
            ("xcrit(\"text\");", "critical <script>: text"),
            ("xerr(\"text\");", "error <script>: text"),
            ("xwarn(\"text\");", "warning <script>: text"),
            ("xnotice(\"text\");", "notice <script>: text"),
            ("xinfo(\"text\");", "info <script>: text"),
            ("xdbg(\"text\");", "debug <script>: text"),
            (
                "xinfo(\"$rm from $si: $hdr(None)\\n\");",
                "info <script>: MESSAGE from 10.1.2.3: <null>"
            ),
            ("xinfo(\"$hdr(None)\");", "info <script>: <null>"),
            ("xinfo($hdr(None));", "info <script>: <null>"),
            ("xinfo(\"a\" + $rU);", "info <script>: acarol"),
            ("xinfo(\"100%\");", "info <script>: 100%"),
        ])
    func lines(statement: String, expected: String) throws {
        let rig = try ScriptRig(statement + " note(\"$rc\");")
        #expect(try rig.run() == ["1"])
        #expect(rig.services.lines.all == [expected])
    }

    @Test("the prefix can be set")
    func prefix() throws {
        let rig = try ScriptRig(
            "xinfo(\"x\");", before: "modparam(\"xlog\", \"prefix\", \"[cfg] \")")
        try rig.run()
        #expect(rig.services.lines.all == ["info [cfg] x"])
    }

    @Test("a level that is none is refused, or fails at run time when it is computed")
    func wrongLevels() throws {
        #expect(scriptError("xlog(\"L_LOUD\", \"x\");").contains("\"L_LOUD\" is no level"))
        let rig = try ScriptRig("$var(l) = \"loud\"; xlog(\"$var(l)\", \"x\"); note(\"$rc\");")
        #expect(try rig.run() == ["-1"])
        #expect(rig.services.lines.all.isEmpty)
    }

    @Test("a facility of its own and a missing text are refused")
    func wrongCalls() {
        #expect(scriptError("xlog(\"LOG_LOCAL0\", \"L_ERR\", \"x\");").contains("the log has one"))
        #expect(scriptError("xlog();") == "xlog(): takes 1 to 3 arguments, found 0")
        #expect(scriptError("xinfo();") == "xinfo(): takes 1 arguments, found 0")
        #expect(scriptError("xinfo(\"$nope\");").contains("unknown pseudo-variable"))
    }

    @Test(
        "parameters that would do nothing are not known",
        arguments: ["prefix_mode", "force_color", "long_format", "log_facility", "log_colors"])
    func unknownParameters(name: String) {
        #expect(
            scriptError("", before: "modparam(\"xlog\", \"\(name)\", 1)")
                == "module \"xlog\" has no parameter \"\(name)\"")
    }
}
