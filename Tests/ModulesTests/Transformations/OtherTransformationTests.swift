import Testing

/// Values and results as Kamailio 5.6.3 has them.
@Suite("Transformations line, re, sql, urialias, sock and url")
struct OtherTransformationTests {
    @Test("a line of a text", arguments: linesCases)
    func lines(_ row: TransformationCase) throws {
        let result = try row.result()
        #expect(result == row.expected)
    }

    @Test("a regular expression replaced", arguments: reCases)
    func re(_ row: TransformationCase) throws {
        let result = try row.result()
        #expect(result == row.expected)
    }

    @Test("a value of SQL", arguments: sqlCases)
    func sql(_ row: TransformationCase) throws {
        let result = try row.result()
        #expect(result == row.expected)
    }

    @Test("an alias of a URI", arguments: urialiasCases)
    func urialias(_ row: TransformationCase) throws {
        let result = try row.result()
        #expect(result == row.expected)
    }

    @Test("a part of a socket's address", arguments: sockCases)
    func sock(_ row: TransformationCase) throws {
        let result = try row.result()
        #expect(result == row.expected)
    }

    @Test("a part of a URL", arguments: urlCases)
    func url(_ row: TransformationCase) throws {
        let result = try row.result()
        #expect(result == row.expected)
    }
}

private let linesCases: [TransformationCase] = [
    TransformationCase("", "{line.count}", nil),
    TransformationCase("", "{line.at,0}", nil),
    TransformationCase("", "{line.sw,a}", nil),
    TransformationCase(nil, "{line.at,0}", nil),
    TransformationCase(nil, "{line.count}", nil),
    TransformationCase(nil, "{line.sw,a}", nil),
    TransformationCase(12345, "{line.at,0}", "12345"),
    TransformationCase(12345, "{line.count}", "1"),
    TransformationCase(12345, "{line.sw,a}", ""),
    TransformationCase(-7, "{line.at,0}", "-7"),
    TransformationCase(-7, "{line.count}", "1"),
    TransformationCase(-7, "{line.sw,a}", ""),
    TransformationCase("abcdef", "{line.at,9}", ""),
    TransformationCase("abcdef", "{line.sw,zz}", ""),
    TransformationCase("a\nb\r\nc", "{line.count}", "3"),
    TransformationCase("a\nb\r\nc", "{line.at,0}", "a"),
    TransformationCase("a\nb\r\nc", "{line.at,1}", "b"),
    TransformationCase("a\nb\r\nc", "{line.at,2}", "c"),
    TransformationCase("a\nb\r\nc", "{line.at,-1}", "c"),
    TransformationCase("a\nb\r\nc", "{line.at,-3}", "a"),
    TransformationCase("a\nb\r\nc", "{line.at,-4}", ""),
    TransformationCase("a\nb\r\nc", "{line.at,$var(two)}", "c"),
    TransformationCase("a\nb\r\nc", "{line.sw,b}", "b"),
    TransformationCase("a\nb\r\nc", "{line.sw,c}", "c"),
    TransformationCase("a\nb\r\nc", "{line.sw,$var(b)}", "b"),
    TransformationCase("a\n\nb\n", "{line.count}", "3"),
    TransformationCase("a\n\nb\n", "{line.at,0}", "a"),
    TransformationCase("a\n\nb\n", "{line.at,1}", ""),
    TransformationCase("a\n\nb\n", "{line.at,2}", "b"),
    TransformationCase("a\n\nb\n", "{line.at,3}", ""),
    TransformationCase("a\n\nb\n", "{line.at,-1}", "b"),
    TransformationCase("v=0\r\no=x\r\ns=-\r\n", "{line.count}", "3"),
    TransformationCase("v=0\r\no=x\r\ns=-\r\n", "{line.at,1}", "o=x"),
    TransformationCase("v=0\r\no=x\r\ns=-\r\n", "{line.at,-1}", "s=-"),
    TransformationCase("v=0\r\no=x\r\ns=-\r\n", "{line.sw,o=}", "o=x"),
    TransformationCase("v=0\r\no=x\r\ns=-\r\n", "{line.sw,s=-}", "s=-"),
    TransformationCase("v=0\r\no=x\r\ns=-\r\n", "{line.sw,q}", ""),
    TransformationCase("abc", "{line.sw,$hdr(None)}", nil),
]

private let reCases: [TransformationCase] = [
    TransformationCase("", "{re.subst,/a/b/}", nil),
    TransformationCase(nil, "{re.subst,/a/b/}", nil),
    TransformationCase(12345, "{re.subst,/a/b/}", "12345"),
    TransformationCase(-7, "{re.subst,/a/b/}", "-7"),
    TransformationCase("abcdef", "{re.subst,/x/y/}", "abcdef"),
    TransformationCase("abcdef", "{re.subst,/[a-c]/<&>/g}", "<&><&><&>def"),
    TransformationCase("foo123bar45", "{re.subst,/([0-9]+)/<\\1>/}", "foo<123>bar45"),
    TransformationCase("foo123bar45", "{re.subst,/([0-9]+)/<\\1>/g}", "foo<123>bar<45>"),
    TransformationCase("foo123bar45", "{re.subst,/O/0/i}", "f0o123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/O/0/ig}", "f00123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/o/0/g}", "f00123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/x/y/}", "foo123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/(f)(o+)/\\2\\1/}", "oof123bar45"),
    TransformationCase("foo123bar45", "{re.subst,|o|/|g}", "f//123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/o/\\//}", "f/o123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/o/a\\nb/}", "fa\nbo123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/o/$var(b)/}", "fbo123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/o/[$var(b)]/g}", "f[b][b]123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/o/\\0\\0/}", "fooo123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/(o)/\\2/}", "fo123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/o/,/}", "f,o123bar45"),
    TransformationCase("foo123bar45", "{re.subst,/[0-9]{2}/x/}", "foox3bar45"),
    TransformationCase("foo123bar45", "{re.subst,/bar/$$/}", "foo123$45"),
    TransformationCase("foo123bar45", "{re.subst,/(f)/\\1\\1/}{s.len}", "12"),
    TransformationCase("foo123bar45", "{re.subst,/o/\\\\/}", "f\\o123bar45"),
    TransformationCase("a\nb\nc", "{re.subst,/a.b/X/}", "a\nb\nc"),
    TransformationCase("a\nb\nc", "{re.subst,/a.b/X/s}", "X\nc"),
    TransformationCase("a\nb\nc", "{re.subst,/^b/X/}", "a\nX\nc"),
    TransformationCase("a\nb\nc", "{re.subst,/^b/X/s}", "a\nb\nc"),
    TransformationCase("a\nb\nc", "{re.subst,/a$/X/}", "X\nb\nc"),
    TransformationCase("a\nb\nc", "{re.subst,/a$/X/s}", "a\nb\nc"),
    TransformationCase("sip:bob@h", "{re.subst,/^sip:(.*)@(.*)/\\1/}", "bob"),
    TransformationCase("sip:bob@h", "{re.subst,/^sip:(.*)@(.*)/\\2 \\1/}{s.toupper}", "H BOB"),
]

private let sqlCases: [TransformationCase] = [
    TransformationCase("", "{sql.val}", "''"),
    TransformationCase("", "{sql.val.int}", "''"),
    TransformationCase("", "{sql.val.str}", "''"),
    TransformationCase(nil, "{sql.val.int}", "0"),
    TransformationCase(nil, "{sql.val.str}", "''"),
    TransformationCase(nil, "{sql.val}", "NULL"),
    TransformationCase(12345, "{sql.val.int}", "12345"),
    TransformationCase(12345, "{sql.val.str}", "12345"),
    TransformationCase(12345, "{sql.val}", "12345"),
    TransformationCase(-7, "{sql.val.int}", "-7"),
    TransformationCase(-7, "{sql.val.str}", "-7"),
    TransformationCase(-7, "{sql.val}", "-7"),
    TransformationCase("a'b\"c\\d\ne", "{sql.val}", "'a\\'b\\\"c\\\\d\ne'"),
    TransformationCase("a'b\"c\\d\ne", "{sql.val.str}", "'a\\'b\\\"c\\\\d\ne'"),
    TransformationCase(
        "String with \\ illegal \\chars'\"\n", "{sql.val}",
        "'String with \\\\ illegal \\\\chars\\'\\\"\n'"),
    TransformationCase(
        "String with \\ illegal \\chars'\"\n", "{sql.val.int}",
        "'String with \\\\ illegal \\\\chars\\'\\\"\n'"),
    TransformationCase(
        "String with \\ illegal \\chars'\"\n", "{sql.val.str}",
        "'String with \\\\ illegal \\\\chars\\'\\\"\n'"),
    TransformationCase("12345", "{sql.val}", "'12345'"),
    TransformationCase("12345", "{sql.val.int}", "'12345'"),
    TransformationCase("12345", "{sql.val.str}", "'12345'"),
]

private let urialiasCases: [TransformationCase] = [
    TransformationCase("", "{urialias.encode}", nil),
    TransformationCase("", "{urialias.decode}", nil),
    TransformationCase(nil, "{urialias.decode}", nil),
    TransformationCase(nil, "{urialias.encode}", nil),
    TransformationCase(12345, "{urialias.decode}", ""),
    TransformationCase(12345, "{urialias.encode}", ""),
    TransformationCase(-7, "{urialias.decode}", ""),
    TransformationCase(-7, "{urialias.encode}", ""),
    TransformationCase("sip:127.0.0.1:5060;transport=udp", "{urialias.encode}", "127.0.0.1~5060~1"),
    TransformationCase("sip:127.0.0.1:5060;transport=udp", "{urialias.decode}", ""),
    TransformationCase("sip:127.0.0.1:5060", "{urialias.encode}", "127.0.0.1~5060~1"),
    TransformationCase("sip:127.0.0.1:5060", "{urialias.decode}", ""),
    TransformationCase(
        "sip:bob@127.0.0.1:5070;transport=tcp", "{urialias.encode}", "127.0.0.1~5070~2"),
    TransformationCase("sip:bob@127.0.0.1:5070;transport=tcp", "{urialias.decode}", ""),
    TransformationCase("sips:h:5061", "{urialias.decode}", ""),
    TransformationCase("sip:h;transport=ws", "{urialias.encode}", "h~5060~5"),
    TransformationCase("sip:h;transport=ws", "{urialias.decode}", ""),
    TransformationCase("sip:[::1]:5060;transport=tls", "{urialias.encode}", "[::1]~5060~3"),
    TransformationCase("sip:[::1]:5060;transport=tls", "{urialias.decode}", ""),
    TransformationCase("sip:example.com", "{urialias.encode}", "example.com~5060~1"),
    TransformationCase("sip:example.com", "{urialias.decode}", ""),
    TransformationCase("127.0.0.1~5060~1", "{urialias.encode}", ""),
    TransformationCase("127.0.0.1~5060~1", "{urialias.decode}", "sip:127.0.0.1:5060"),
    TransformationCase("127.0.0.1~5060~2", "{urialias.encode}", ""),
    TransformationCase("127.0.0.1~5060~2", "{urialias.decode}", "sip:127.0.0.1:5060;transport=tcp"),
    TransformationCase("[::1]~5061~3", "{urialias.encode}", ""),
    TransformationCase("[::1]~5061~3", "{urialias.decode}", "sip:[::1]:5061;transport=tls"),
    TransformationCase("h~1~9", "{urialias.encode}", ""),
    TransformationCase("h~1~9", "{urialias.decode}", ""),
    TransformationCase("h~5060", "{urialias.encode}", ""),
    TransformationCase("h~5060", "{urialias.decode}", ""),
    TransformationCase("h~x~1", "{urialias.encode}", ""),
    TransformationCase("h~5~0", "{urialias.encode}", ""),
    TransformationCase("h~5~0", "{urialias.decode}", "sip:h:5"),
    TransformationCase("h~5~4", "{urialias.encode}", ""),
    TransformationCase("h~5~4", "{urialias.decode}", "sip:h:5;transport=sctp"),
    TransformationCase("h~5~5", "{urialias.encode}", ""),
    TransformationCase("h~5~5", "{urialias.decode}", "sip:h:5;transport=ws"),
    TransformationCase("h~5~6", "{urialias.encode}", ""),
    TransformationCase("nonsense", "{urialias.encode}", ""),
    TransformationCase("nonsense", "{urialias.decode}", ""),
]

private let sockCases: [TransformationCase] = [
    TransformationCase("", "{sock.host}", nil),
    TransformationCase("", "{sock.port}", nil),
    TransformationCase("", "{sock.proto}", nil),
    TransformationCase("", "{sock.touri}", nil),
    TransformationCase(nil, "{sock.host}", nil),
    TransformationCase(nil, "{sock.port}", nil),
    TransformationCase(nil, "{sock.proto}", nil),
    TransformationCase(nil, "{sock.touri}", nil),
    TransformationCase(12345, "{sock.host}", "12345"),
    TransformationCase(12345, "{sock.port}", ""),
    TransformationCase(12345, "{sock.proto}", ""),
    TransformationCase(12345, "{sock.touri}", "sip:12345"),
    TransformationCase(-7, "{sock.host}", "-7"),
    TransformationCase(-7, "{sock.port}", ""),
    TransformationCase(-7, "{sock.proto}", ""),
    TransformationCase(-7, "{sock.touri}", "sip:-7"),
    TransformationCase("udp:127.0.0.1:5060", "{sock.host}", "127.0.0.1"),
    TransformationCase("udp:127.0.0.1:5060", "{sock.port}", "5060"),
    TransformationCase("udp:127.0.0.1:5060", "{sock.proto}", "udp"),
    TransformationCase("udp:127.0.0.1:5060", "{sock.touri}", "sip:127.0.0.1:5060;transport=udp"),
    TransformationCase("127.0.0.1", "{sock.host}", "127.0.0.1"),
    TransformationCase("127.0.0.1", "{sock.port}", ""),
    TransformationCase("127.0.0.1", "{sock.proto}", ""),
    TransformationCase("127.0.0.1", "{sock.touri}", "sip:127.0.0.1"),
    TransformationCase("udp:h", "{sock.host}", "h"),
    TransformationCase("udp:h", "{sock.port}", ""),
    TransformationCase("udp:h", "{sock.proto}", "udp"),
    TransformationCase("udp:h", "{sock.touri}", "sip:h;transport=udp"),
    TransformationCase("127.0.0.1:5060", "{sock.host}", "127.0.0.1"),
    TransformationCase("127.0.0.1:5060", "{sock.port}", "5060"),
    TransformationCase("127.0.0.1:5060", "{sock.proto}", ""),
    TransformationCase("127.0.0.1:5060", "{sock.touri}", "sip:127.0.0.1:5060"),
    TransformationCase("tls:h:x", "{sock.host}", nil),
    TransformationCase("tls:h:x", "{sock.port}", nil),
    TransformationCase("tls:h:x", "{sock.proto}", nil),
    TransformationCase("tls:h:x", "{sock.touri}", nil),
    TransformationCase("foo:h:1", "{sock.host}", nil),
    TransformationCase("foo:h:1", "{sock.port}", nil),
    TransformationCase("foo:h:1", "{sock.proto}", nil),
    TransformationCase("foo:h:1", "{sock.touri}", nil),
]

private let urlCases: [TransformationCase] = [
    TransformationCase("", "{url.path}", ""),
    TransformationCase("", "{url.querystring}", ""),
    TransformationCase(nil, "{url.path}", nil),
    TransformationCase(nil, "{url.querystring}", nil),
    TransformationCase(12345, "{url.path}", "12345"),
    TransformationCase(-7, "{url.path}", "-7"),
    TransformationCase("/path/to/file/?this=is&the=querystring", "{url.path}", "/path/to/file/"),
    TransformationCase(
        "/path/to/file/?this=is&the=querystring", "{url.querystring}", "this=is&the=querystring"),
    TransformationCase("/p", "{url.path}", "/p"),
    TransformationCase("/p", "{url.querystring}", ""),
    TransformationCase("?q", "{url.path}", ""),
    TransformationCase("?q", "{url.querystring}", "q"),
    TransformationCase("http://h/p?x=1", "{url.path}", "http://h/p"),
    TransformationCase("http://h/p?x=1", "{url.querystring}", "x=1"),
    TransformationCase("/a?b?c", "{url.path}", "/a"),
    TransformationCase("/a?b?c", "{url.querystring}", "b?c"),
]
