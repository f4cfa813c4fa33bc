import AppLua
import Basics
import ModuleKit
import SIPSyntax
import Testing

@Suite("Header fields in Lua")
struct KEMIMessageTests {
    @Test(
        "reading",
        arguments: [
            ("KSR.hdr.get('X-Multi')", "\"one\""), ("KSR.hdr.get('x-multi')", "\"one\""),
            ("KSR.hdr.get('Subject')", "\"hello there\""), ("KSR.hdr.get('s')", "\"hello there\""),
            ("KSR.hdr.get('None')", "nil"), ("KSR.hdr.gete('None')", "\"\""),
            ("KSR.hdr.getw('None')", "\"<null>\""), ("KSR.hdr.get_idx('X-Multi', 1)", "\"two\""),
            ("KSR.hdr.get_idx('X-Multi', -1)", "\"three\""),
            ("KSR.hdr.get_idx('X-Multi', 3)", "nil"), ("KSR.hdr.gete_idx('X-Multi', -4)", "\"\""),
            ("KSR.hdr.getw_idx('None', 0)", "\"<null>\""), ("KSR.hdr.is_present('Via')", "1"),
            ("KSR.hdr.is_present('v')", "1"), ("KSR.hdr.is_present('None')", "-1"),
            ("KSR.hdr.is_present('')", "-1"),
        ])
    func reading(_ call: String, _ expected: String) throws {
        #expect(try KEMIRig.output("out(\(call))") == [expected])
    }

    @Test(
        "match_content",
        arguments: [
            ("'X-Multi', 'eq', 'one', 'f'", "true"), ("'X-Multi', 'eq', 'two', 'f'", "false"),
            ("'X-Multi', 'eq', 'three', 'l'", "true"), ("'X-Multi', 'eq', 'two', 'a'", "true"),
            ("'X-Multi', 'ne', 'one', 'f'", "false"), ("'X-Multi', 'sw', 'thr', 'a'", "true"),
            ("'X-Multi', 'in', 're', 'l'", "true"), ("'X-Multi', 'in', 'rex', 'a'", "false"),
            ("'X-Multi', 're', '^t.*e$', 'a'", "true"), ("'X-Multi', 're', '^z', 'a'", "false"),
            ("'X-Multi', 'odd', 'one', 'a'", "false"), ("'None', 'ne', 'x', 'a'", "false"),
        ])
    func matching(_ arguments: String, _ expected: String) throws {
        #expect(try KEMIRig.output("out(KSR.hdr.match_content(\(arguments)))") == [expected])
    }

    @Test("a pattern that is none is logged")
    func badPattern() throws {
        let lines = try KEMIRig.output("out(KSR.hdr.match_content('X-Multi', 're', '(', 'a'))")
        #expect(lines[0].hasPrefix("error Lua: KSR.hdr.match_content: \"(\""))
        #expect(lines[1] == "false")
    }

    /// The header section as it would go on, after a body of the request route has run.
    private func edited(_ body: String) throws -> [String] {
        let rig = try KEMIRig("function ksr_request_route()\n\(body)\nend")
        try rig.run()
        var writer = ByteWriter(capacity: 1024)
        let edits = rig.context.edits
        rig.context.withMessage { message in
            edits.write(
                message.bytes, from: 0, to: Int(message.headers.end), into: &writer)
        }
        return String(copying: writer.span).split(separator: "\r\n").map(String.init)
    }

    @Test("append puts a field behind the last one, insert before the first")
    func appending() throws {
        let lines = try edited(
            "KSR.hdr.append('A: 1\\r\\n'); KSR.hdr.append('B: 2'); KSR.hdr.insert('C: 3\\r\\n')")
        #expect(lines[1] == "C: 3")
        #expect(lines.suffix(3) == ["Content-Length: 5", "A: 1", "B: 2"])
    }

    @Test("append_after and insert_before find their place by a name")
    func placing() throws {
        let lines = try edited(
            """
            KSR.hdr.append_after('A: 1\\r\\n', 'Call-ID')
            KSR.hdr.insert_before('B: 2\\r\\n', 'X-Multi')
            KSR.hdr.append_after('Y: 8\\r\\n', 'None')
            KSR.hdr.insert_before('Z: 9\\r\\n', 'None')
            """)
        #expect(lines[1] == "Z: 9")
        #expect(lines.last == "Y: 8")
        let callID = try #require(lines.firstIndex(of: "Call-ID: call-lua"))
        #expect(lines[callID + 1] == "A: 1")
        let multi = try #require(lines.firstIndex(of: "X-Multi: one"))
        #expect(lines[multi - 1] == "B: 2")
    }

    @Test("remove takes out all fields of a name")
    func removing() throws {
        let lines = try edited("KSR.hdr.remove('X-Multi'); KSR.hdr.remove('Subject')")
        #expect(!lines.contains { $0.hasPrefix("X-Multi") || $0.hasPrefix("s:") })
        #expect(lines.count == 10)
    }

    @Test("rmappend and rminsert replace")
    func replacing() throws {
        let lines = try edited(
            "KSR.hdr.rmappend('User-Agent', 'User-Agent: x'); KSR.hdr.rminsert('None', 'N: 1')")
        #expect(lines.last == "User-Agent: x")
        #expect(!lines.contains("User-Agent: t/6"))
        #expect(lines[1] == "N: 1")
    }

    @Test(
        "what is no header line is refused: nothing can end the header section early",
        arguments: [
            "", "no colon", ": no name", "Two Words: x", "A: 1\\r\\n\\r\\nbody", "A: 1\\r\\n\\r\\n",
            "A: 1\\n\\nB: 2", "A: 1\\r\\nrubbish",
        ])
    func injection(_ text: String) throws {
        for function in ["append", "insert", "append_to_reply"] {
            let lines = try KEMIRig.output("out(KSR.hdr.\(function)('\(text)'))")
            #expect(lines == ["error Lua: KSR.hdr: the text is no header field", "-1"])
        }
    }

    @Test("several lines and folded ones are header lines")
    func wholeLines() throws {
        #expect(try KEMIRig.output("out(KSR.hdr.append('A: 1\\r\\nB: 2\\r\\n  more'))") == ["1"])
    }

    @Test("more changes than are kept are refused")
    func tooMany() throws {
        let lines = try KEMIRig.output(
            "local n = 0; for i = 1, 1000 do if KSR.hdr.append('A: 1') > 0 then n = n + 1 end end "
                + "out(n)")
        #expect(lines == ["\(Limits.messageEditsMax)"])
    }
}
