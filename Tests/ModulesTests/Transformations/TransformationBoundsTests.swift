import Testing

/// Numbers at the ends of their range, and the forms that addresses take.
@Suite("Bounds of transformations")
struct TransformationBoundsTests {
    /// What a chain makes of a text; `$var(max)` and `$var(min)` are the ends of integers.
    private func result(_ text: String, _ chain: String) throws -> String? {
        let rig = try ScriptRig(
            """
            $var(max) = 9223372036854775807; $var(min) = 0 - $var(max) - 1;
            $vn(s) = "\(text)";
            $vn(r) = $(vn(s)\(chain));
            if (defined $vn(r)) { note("=" + $vn(r)); } else { note("null"); }
            """)
        let line = try #require(try rig.run().first)
        return line == "null" ? nil : String(line.dropFirst())
    }

    @Test(
        "the largest and the smallest number are offsets and lengths like others",
        arguments: [
            ("{s.substr,$var(max),0}", String?.none), ("{s.substr,$var(min),0}", nil),
            ("{s.substr,$var(max),$var(max)}", nil), ("{s.substr,0,$var(max)}", "abc"),
            ("{s.substr,1,$var(max)}", "bc"), ("{s.substr,0,$var(min)}", nil),
            ("{s.strip,$var(max)}", ""), ("{s.strip,$var(min)}", "abc"),
            ("{s.striptail,$var(max)}", ""), ("{s.striptail,$var(min)}", "abc"),
            ("{s.select,$var(max),b}", ""), ("{s.select,$var(min),b}", ""),
            ("{s.prefixes,$var(max)}", "a,ab,abc"), ("{s.prefixes,$var(min)}", "a,ab,abc"),
            ("{s.prefixes.quoted,$var(max)}", "'a','ab','abc'"),
            ("{s.fmtlines,$var(max),0}", "abc"), ("{s.fmtlines,$var(max),$var(max)}", nil),
            ("{s.fmtlines,$var(min),0}", nil), ("{s.fmtlines,1,$var(max)}", nil),
            ("{s.fmtlines,1,$var(min)}", nil), ("{s.fmtlinet,$var(max),1}", "abc"),
            ("{s.fmtlines,2,1}", "ab\r\n c"), ("{s.fmtlines,3,1}", "abc"),
            ("{s.fmtlinet,1,1}", "a\r\n\tb\r\n\tc"),
            ("{line.at,$var(max)}", ""), ("{line.at,$var(min)}", ""),
            ("{param.valueat,$var(max)}", ""), ("{param.valueat,$var(min)}", ""),
            ("{param.name,$var(max)}", ""), ("{param.name,$var(min)}", ""),
        ])
    func extremes(chain: String, expected: String?) throws {
        #expect(try result("abc", chain) == expected)
    }

    @Test("a hash keeps to the power of two that it is asked for, of any size")
    func hashes() throws {
        let whole = try #require(try result("abc", "{s.corehash}").flatMap { UInt32($0) })
        for bits in 0...20 {
            let found = try result("abc", "{s.corehash,\(1 << bits)}")
            #expect(found == "\(whole & (1 << bits - 1))")
        }
        #expect(try result("abc", "{s.corehash,$var(min)}") == "\(whole)")
        #expect(try result("abc", "{s.corehash,$var(max)}") == "\(whole & ~1)")
    }

    @Test(
        "integers are decimal, with a sign, and fit 64 bits",
        arguments: [
            ("0", String?.some("0")), ("-0", "0"), ("+7", "7"), ("-12", "-12"), ("007", "7"),
            ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", nil),
            ("-9223372036854775807", "-9223372036854775807"), ("99999999999999999999", nil),
            ("1 ", nil), (" 1", nil), ("0x10", nil), ("-", nil), ("+", nil), ("--1", nil),
            ("1.0", nil), ("1e3", nil),
        ])
    func integers(text: String, expected: String?) throws {
        #expect(try result(text, "{s.int}") == expected)
    }

    @Test("seconds since 1970 are a time in every form that strftime knows")
    func times() throws {
        for seconds in [0, 1, 86_400, 951_782_400, 1_700_000_000, 4_102_444_800] {
            #expect(try result("\(seconds)", "{s.ftime,%s}") == "\(seconds)")
        }
        #expect(try result("0", "{s.ftime,100%%}") == "100%")
        #expect(try result("9223372036854775807", "{s.ftime,%Y}") == nil)
        #expect(try result("noon", "{s.ftime,%Y}") == nil)
    }

    @Test(
        "an alias and the URI that it stands for are made of each other",
        arguments: [
            ("sip:192.0.2.1:5060", "192.0.2.1~5060~1"),
            ("sip:192.0.2.1:5061;transport=tcp", "192.0.2.1~5061~2"),
            ("sip:192.0.2.1:5061;transport=tls", "192.0.2.1~5061~3"),
            ("sip:192.0.2.1:9;transport=sctp", "192.0.2.1~9~4"),
            ("sip:192.0.2.1:80;transport=ws", "192.0.2.1~80~5"),
            ("sip:[2001:db8::1]:443;transport=wss", "[2001:db8::1]~443~6"),
        ])
    func aliases(uri: String, alias: String) throws {
        #expect(try result(uri, "{urialias.encode}") == alias)
        #expect(try result(alias, "{urialias.decode}") == uri)
        #expect(try result(uri, "{urialias.encode}{urialias.decode}") == uri)
    }

    @Test(
        "what is no alias decodes to nothing",
        arguments: [
            "h", "h~", "h~1", "h~1~", "~1~1", "h~65536~1", "h~1~7", "h~x~1", "h~1~x", "h~-1~1",
        ])
    func noAlias(text: String) throws {
        #expect(try result(text, "{urialias.decode}") == "")
    }

    @Test(
        "a socket is its transport, host and port, of which the host must be there",
        arguments: [
            ("udp:h:5060", String?.some("udp|h|5060")), ("h:5060", "|h|5060"), ("h", "|h|"),
            ("tcp:h", "tcp|h|"), ("TLS:[::1]:5061", "TLS|[::1]|5061"), ("[::1]", "|[::1]|"),
            ("wss:[2001:db8::1]", "wss|[2001:db8::1]|"), ("sctp:192.0.2.1:1", "sctp|192.0.2.1|1"),
            ("udp:h:", nil), ("udp:h:x", nil), ("udp:h:65536", nil), ("udp::5060", nil),
            ("udp:", nil), ("[::1", nil), ("udp:[::1]x", nil), ("udp:h:1:2", nil),
        ])
    func sockets(text: String, expected: String?) throws {
        let parts = try ["proto", "host", "port"].map { try result(text, "{sock.\($0)}") }
        #expect(parts.contains(nil) == (expected == nil))
        guard let expected else { return }
        #expect(parts.compactMap { $0 }.joined(separator: "|") == expected)
        let uri = try #require(try result(text, "{sock.touri}"))
        let words = expected.split(separator: "|", omittingEmptySubsequences: false)
        let port = words[2].isEmpty ? "" : ":\(words[2])"
        let transport = words[0].isEmpty ? "" : ";transport=\(words[0])"
        #expect(uri == "sip:\(words[1])\(port)\(transport)")
    }

    @Test("control characters have a form in JSON, other bytes are themselves")
    func json() throws {
        let short: [UInt8: String] = [8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"]
        for byte in UInt8(1)..<32 {
            let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
            let found = try result("61\(digits)62", "{s.decode.hexa}{val.json}")
            #expect(found == "a" + (short[byte] ?? "\\u00\(digits)") + "b")
        }
        #expect(try result("225c2f7f", "{s.decode.hexa}{val.json}") == "\\\"\\\\/\u{7f}")
        #expect(try result("c3a9", "{s.decode.hexa}{val.jsonqe}") == "\"\u{e9}\"")
    }

    @Test(
        "a display name may hold what would end an address elsewhere",
        arguments: [
            ("\\\"a <b>\\\" <sip:u@h>;tag=t", "\"a <b>\" ", "sip:u@h"),
            ("\\\"q\\\\\\\"<\\\" <sip:u@h>", "\"q\\\"<\" ", "sip:u@h"),
            ("N N <sip:u@h>", "N N ", "sip:u@h"), ("<sip:u@h;x>", "", "sip:u@h;x"),
            ("sip:u@h;tag=t", "", "sip:u@h;tag=t"), ("<sip:u@h", "", "sip:u@h"),
        ])
    func names(text: String, name: String, uri: String) throws {
        #expect(try result(text, "{nameaddr.name}") == name)
        #expect(try result(text, "{nameaddr.uri}") == uri)
    }
}
