import Testing

@Suite("Module textopsx: iterators")
struct TextopsXIteratorTests {
    @Test("an iterator walks over all header fields and back")
    func walking() throws {
        let lines = try noted(
            """
            hf_iterator_start("i1");
            while (hf_iterator_next("i1")) {
                if ($hfitname(i1) == "X-Multi") { note("$hfitbody(i1)"); }
            }
            hf_iterator_prev("i1"); note("$hfitname(i1)");
            hf_iterator_end("i1"); note("$hfitname(i1)");
            """)
        #expect(lines == ["one", "two", "three", "Content-Type", "<null>"])
    }

    @Test("fields are changed where an iterator stands")
    func changing() throws {
        let lines = try changes(
            """
            hf_iterator_start("i");
            while (hf_iterator_next("i")) {
                if ($hfitbody(i) == "two") {
                    hf_iterator_insert("i", "A: 1\\r\\n"); hf_iterator_append("i", "B: 2\\r\\n");
                    hf_iterator_rm("i");
                }
            }
            """)
        #expect(lines == ["-X-Multi: two", "+A: 1", "+B: 2"])
    }

    @Test("an iterator walks over the lines of the body and changes them")
    func bodyLines() throws {
        let message = ScriptRig.request.replacing(
            "Content-Length: 5\n\nhello", with: "Content-Length: 13\n\none\ntwo\nend")
        let body = """
            bl_iterator_start("b");
            while (bl_iterator_next("b")) {
                note("$(blitval(b){s.len})");
                if ($blitval(b) =~ "^two") {
                    bl_iterator_insert("b", "A\\r\\n"); bl_iterator_append("b", "B\\r\\n");
                    bl_iterator_rm("b");
                }
            }
            """
        let plain = body.replacing(
            "note(\"$(blitval(b){s.len})\");", with: "note(\"$blitval(b)\");")
        #expect(try noted(plain, for: message) == ["one\r\n", "two\r\n", "end"])
        let rig = try ScriptRig(plain)
        try rig.run(message)
        #expect(rig.rendered().hasSuffix("Content-Length: 14\n\none\nA\nB\nend"))
    }

    @Test("several iterators stand at their own places, but not more than four")
    func several() throws {
        #expect(
            try noted(
                """
                hf_iterator_start("a"); hf_iterator_start("b"); hf_iterator_next("a");
                hf_iterator_next("a"); hf_iterator_next("b"); note("$hfitname(a) $hfitname(b)");
                hf_iterator_start("a"); hf_iterator_next("a"); note("$hfitname(a)");
                hf_iterator_start("c"); note("$rc"); hf_iterator_start("d"); note("$rc");
                hf_iterator_start("e"); note("$rc"); hf_iterator_end("d");
                hf_iterator_start("e"); note("$rc");
                """) == ["From Via", "Via", "1", "1", "-1", "1"])
    }

    @Test(
        "without an iterator, and in front of the first field or line, nothing happens",
        arguments: [
            "hf_iterator_next(\"x\")", "hf_iterator_prev(\"x\")", "hf_iterator_rm(\"x\")",
            "hf_iterator_append(\"x\", \"A: 1\")", "hf_iterator_insert(\"x\", \"A: 1\")",
            "bl_iterator_next(\"x\")", "bl_iterator_rm(\"x\")",
            "bl_iterator_append(\"x\", \"A\")", "bl_iterator_insert(\"x\", \"A\")",
        ])
    func nowhere(call: String) throws {
        #expect(try code(call) == "-1")
        if !call.contains("_next") {
            #expect(try code("hf_iterator_start(\"x\"); bl_iterator_start(\"x\"); \(call)") == "-1")
        }
        #expect(try changes("\(call);").isEmpty)
    }

    @Test("an iterator ends with its message, and with the fields that it walks over")
    func ends() throws {
        let rig = try ScriptRig(
            """
            if (is_method("MESSAGE")) { hf_iterator_start("i"); }
            hf_iterator_next("i"); note("$rc $hfitname(i)");
            """)
        #expect(try rig.run() == ["1 Via"])
        #expect(try rig.run(ScriptRig.request.replacing("MESSAGE", with: "INFO")) == ["-1 <null>"])
        let lines = try noted(
            """
            hf_iterator_start("i"); $var(n) = 0;
            while ($var(n) < 14) { hf_iterator_next("i"); $var(n) = $var(n) + 1; }
            note("$hfitname(i)"); keep_hf(); msg_apply_changes(); note("$hfitname(i)");
            hf_iterator_append("i", "A: 1"); note("$rc");
            """)
        #expect(lines == ["Content-Length", "<null>", "-1"])
    }

    @Test("the variables need the name of an iterator")
    func names() {
        #expect(scriptError("note(\"$hfitname\");").contains("hfitname"))
        #expect(scriptError("note(\"$(blitval(b)[1])\");").contains("the name of an iterator"))
    }
}
