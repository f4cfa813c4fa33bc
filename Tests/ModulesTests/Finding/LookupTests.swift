import Basics
import Locations
import ModuleKit
import Testing

/// A request for somebody; of the words that follow, those with a colon are header fields and the
/// other one is the method.
func request(
    _ uri: String, _ words: String..., to: String? = nil, contact: String? = nil,
    body: String = ""
) -> String {
    let method = words.first { !$0.contains(":") } ?? "INVITE"
    var lines = [
        "\(method) \(uri) SIP/2.0", "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bKr",
        "From: <sip:bob@example.com>;tag=b", "To: \(to ?? "<\(uri)>")", "Call-ID: call-r",
        "CSeq: 1 \(method)",
    ]
    if let contact { lines.append("Contact: \(contact)") }
    lines += words.filter { $0.contains(":") }
    return (lines + ["Content-Length: \(body.utf8.count)", "", body]).joined(separator: "\r\n")
}

/// A script that saves what registers and does something with everything else.
func routing(_ rest: String) -> String {
    "if ($rm == \"REGISTER\") { save(\"location\"); exit; }\n\(rest)"
}

/// Text of bytes that may be missing.
func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

@Suite("registrar: lookup and its relatives")
struct LookupTests {
    private static let alice = "sip:alice@example.com"

    private func rig(_ settings: String = "", _ rest: String = "lookup(\"location\");") throws
        -> RegistrarRig
    {
        try RegistrarRig(settings, routing(rest))
    }

    @Test("the best contact becomes the request URI, with all that is known of the way to it")
    func first() throws {
        let rig = try rig()
        try rig.register(
            "<sip:a@h>;q=0.5;+sip.instance=\"<urn:i>\"", "User-Agent: phone/1")
        #expect(try rig.send(request(Self.alice)).code == 1)
        let target = try #require(rig.context.target)
        #expect(text(rig.context.rewrittenURI) == "sip:a@h")
        #expect(rig.context.destinationURI == nil)
        #expect(rig.context.requestQ == 500)
        #expect(text(target.ruid)?.hasPrefix("uloc-") == true)
        #expect(text(target.instance) == "<urn:i>")
        #expect(text(target.locationUserAgent) == "phone/1")
        #expect(target.socket == SocketIndex(0))
        #expect(target.connection == -1)
        #expect(target.path.isEmpty)
    }

    @Test("a stored Path is the route of its branch, and its first hop the destination")
    func path() throws {
        let rig = try rig("registrar use_path 1; registrar path_mode 0")
        try rig.register(
            "<sip:a@h>;received=\"sip:192.0.2.9\"",
            "Path: <sip:p1.example.net;lr>, \"x, y\" <sip:p2;lr>")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(text(rig.context.destinationURI) == "sip:p1.example.net;lr")
        #expect(
            text(rig.context.target?.path)
                == "<sip:p1.example.net;lr>, \"x, y\" <sip:p2;lr>")
    }

    @Test(
        "with path_check_local a first hop that is this server is taken out",
        arguments: [
            ("<sip:example.com;lr>, <sip:p2;lr>", "sip:p2;lr", "<sip:p2;lr>"),
            ("<sip:example.com;lr>", "sip:192.0.2.9", ""),
            ("<sip:p2;lr>, <sip:example.com;lr>", "sip:p2;lr", "<sip:p2;lr>, <sip:example.com;lr>"),
        ])
    func localPath(path: String, destination: String, route: String) throws {
        let rig = try rig(
            "registrar use_path 1; registrar path_mode 0; registrar path_check_local 1")
        try rig.register("<sip:a@h>;received=\"sip:192.0.2.9\"", "Path: \(path)")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(text(rig.context.destinationURI) == destination)
        #expect(text(rig.context.target?.path) == route)
    }

    @Test("lookup_to_dset makes every contact a branch and leaves the request URI alone")
    func destinationSet() throws {
        let rig = try rig("", "lookup_to_dset(\"location\");")
        try rig.register("<sip:a@h1>;q=0.3, <sip:a@h2>;q=0.9")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(rig.context.rewrittenURI == nil)
        #expect(rig.context.branches.map { text($0.uri) } == ["sip:a@h2", "sip:a@h1"])
        #expect(try rig.send(request("sip:nobody@example.com")).code == -1)
        #expect(rig.context.branches.isEmpty)
    }

    @Test("lookup_branches replaces branches that are nothing but a URI, and adds the rest")
    func branches() throws {
        let rig = try RegistrarRig(
            "",
            routing(
                """
                append_branch("sip:alice@example.com");
                append_branch("sip:nobody@example.com");
                append_branch("sip:carol@example.com");
                lookup_branches("location");
                """), loads: ["corex"])
        try rig.register("<sip:a@h1>;q=0.3, <sip:a@h2>;q=0.9")
        try rig.register("<sip:c@h>", to: "<sip:carol@example.com>")
        #expect(try rig.send(request("sip:nobody@example.com")).code == 1)
        #expect(
            rig.context.branches.map { text($0.uri) } == [
                "sip:a@h2", "sip:nobody@example.com", "sip:c@h", "sip:a@h1",
            ])
        #expect(rig.context.rewrittenURI == nil)
    }

    @Test("at most as many branches are made as a message may fork into")
    func tooMany() throws {
        let rig = try rig("", "lookup_to_dset(\"location\");")
        let contacts = (1...40).map { "<sip:a@h\($0)>" }.joined(separator: ", ")
        try rig.register(contacts)
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(rig.context.branches.count == Limits.branchesMax)
    }

    @Test(
        "the code tells an unknown user from a URI that names nobody",
        arguments: [
            ("sip:alice@example.com", 1), ("sip:nobody@example.com", -1), ("nonsense", -3),
            ("sip:", -3), ("", -1), ("mailto:a@h", -3), ("sip:alice@example.com;gr=", -3),
            ("sip:x@example.com;gr", -3),
        ])
    func codes(uri: String, code: Int) throws {
        let rig = try rig("", "$var(u) = \"\(uri)\"; lookup(\"location\", \"$var(u)\");")
        try rig.register("<sip:a@h>")
        #expect(try rig.send(request("sip:x@example.com")).code == code)
    }

    @Test("branch flags of the binding are added to those of the request")
    func flags() throws {
        let rig = try RegistrarRig(
            "",
            """
            if ($rm == "REGISTER") { setbflag(6); save("location"); exit; }
            setbflag(1); lookup("location");
            """, loads: ["kex"])
        try rig.register("<sip:a@h>")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(rig.context.branchFlags == 64 | 2)
    }

    @Test("xavp_rcd tells of the first contact, without what xavp_rcd_mask leaves out")
    func record() throws {
        let rig = try rig("registrar xavp_rcd ul; registrar xavp_rcd_mask 1")
        try rig.register("<sip:a@h>;expires=600;received=\"sip:192.0.2.9\", <sip:b@h>;q=0.1")
        #expect(try rig.send(request(Self.alice)).code == 1)
        func value(_ name: String) -> ScriptValue? {
            rig.context.structured.value(Array("ul".utf8), Array(name.utf8))
        }
        #expect(value("ruid") == nil)
        #expect(value("path") == nil)
        #expect(rig.context.structured.roots.count == 1)
        let contact = try #require(value("contact"))
        let shown = rig.context.text(contact).map { rig.context.string($0) }
        #expect(shown == "sip:b@h" || shown == "sip:a@h")
        #expect(value("expires").flatMap { rig.context.integer($0) } != nil)
    }

    @Test("$ruid and $location_ua are those of the binding found, null before")
    func variables() throws {
        let rig = try rig(
            "",
            """
            $var(before) = 0;
            if ($ruid == $null && $location_ua == $null) { $var(before) = 1; }
            lookup("location");
            if ($var(before) == 1 && $ruid =~ "^uloc-" && $location_ua == "n/a") { return(7); }
            """)
        try rig.register("<sip:a@h>")
        #expect(try rig.send(request(Self.alice)).code == 7)
    }
}

@Suite("registrar: which bindings lookup takes")
struct LookupFilterTests {
    private static let alice = "sip:alice@example.com"

    @Test("a method that no contact allows is -2, one that some allow picks those")
    func methods() throws {
        let rig = try RegistrarRig("registrar method_filtering 1", routing("lookup(\"location\");"))
        try rig.register("<sip:a@h>;methods=\"INVITE, ACK\";q=0.9, <sip:b@h>;methods=\"MESSAGE\"")
        #expect(try rig.send(request(Self.alice, "MESSAGE")).code == 1)
        #expect(text(rig.context.rewrittenURI) == "sip:b@h")
        #expect(rig.context.branches.isEmpty)
        #expect(try rig.send(request(Self.alice, "PUBLISH")).code == -2)
        #expect(rig.context.rewrittenURI == nil)
        // Within a dialog the phone has agreed to what comes.
        let inDialog = request(Self.alice, "PUBLISH", to: "<\(Self.alice)>;tag=x")
        #expect(try rig.send(inDialog).code == 1)
    }

    @Test(
        "lookup_filter_mode 1 wants one of the branch flags that the script names",
        arguments: [(0, 1, -1), (1, 1, -1), (1, 64, 1), (1, 66, 1), (0, 64, 1)])
    func flags(mode: Int, wanted: Int, code: Int) throws {
        let rig = try RegistrarRig(
            "registrar xavp_cfg reg; registrar lookup_filter_mode \(mode)",
            """
            if ($rm == "REGISTER") { setbflag(6); save("location"); exit; }
            $xavp(reg=>rlf_bflags) = \(wanted);
            lookup("location");
            """, loads: ["kex"])
        try rig.register("<sip:a@h>")
        #expect(try rig.send(request(Self.alice)).code == (mode == 0 ? 1 : code))
    }

    @Test("lookup_filter_mode 2 leaves out streams that are closed")
    func connections() throws {
        let rig = try RegistrarRig(
            "registrar lookup_filter_mode 2", routing("lookup(\"location\");"))
        try rig.register("<sip:udp@h>;q=0.1")
        rig.origin = Origin(
            transport: .tcp, socket: SocketIndex(1),
            source: PeerAddress(high: 0, low: 1, port: 4711), connection: 9)
        try rig.register("<sip:tcp@h;transport=tcp>;q=0.9", callID: "call-2")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(text(rig.context.rewrittenURI) == "sip:udp@h")
        rig.services.wire.open(9)
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(text(rig.context.rewrittenURI) == "sip:tcp@h;transport=tcp")
        #expect(rig.context.target?.connection == 9)
    }

    @Test("of the flows of one phone the one that was refreshed last is taken")
    func flows() throws {
        let rig = try RegistrarRig(
            "registrar outbound_mode 1; registrar regid_mode 1", routing("lookup(\"location\");"))
        try rig.register("<sip:a@h1>;+sip.instance=\"<urn:i>\";reg-id=1", "Supported: outbound")
        try rig.register(
            "<sip:a@h2>;+sip.instance=\"<urn:i>\";reg-id=2", callID: "c2", "Supported: outbound")
        try rig.register("<sip:other@h3>;+sip.instance=\"<urn:j>\"", callID: "c3")
        #expect(try rig.bindings().count == 3)
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(text(rig.context.rewrittenURI) == "sip:a@h2")
        #expect(rig.context.branches.map { text($0.uri) } == ["sip:other@h3"])
        rig.now.seconds += 5
        try rig.register("<sip:a@h1>;+sip.instance=\"<urn:i>\";reg-id=1", "Supported: outbound")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(text(rig.context.rewrittenURI) == "sip:a@h1")
    }

    @Test("a public GRUU finds its phone alone, whatever the order")
    func publicGRUU() throws {
        let rig = try RegistrarRig("", routing("lookup(\"location\");"))
        try rig.register("<sip:a@h1>;q=1;+sip.instance=\"<urn:uuid:A>\"")
        try rig.register("<sip:a@h2>;q=0.1;+sip.instance=\"<urn:uuid:B>\"", callID: "c2")
        #expect(try rig.send(request("\(Self.alice);gr=urn:uuid:B")).code == 1)
        #expect(text(rig.context.rewrittenURI) == "sip:a@h2")
        #expect(rig.context.branches.isEmpty)
        #expect(try rig.send(request("\(Self.alice);gr=urn:uuid:C")).code == -1)
        let off = try RegistrarRig("registrar gruu_enabled 0", routing("lookup(\"location\");"))
        try off.register("<sip:a@h1>")
        #expect(try off.send(request("\(Self.alice);gr=urn:uuid:C")).code == 1)
    }

    @Test("a temporary GRUU finds the binding of its unique name")
    func temporaryGRUU() throws {
        let rig = try RegistrarRig("", routing("lookup(\"location\");"))
        try rig.register("<sip:a@h1>;+sip.instance=\"<urn:uuid:A>\"")
        let ruid = try #require(rig.bindings().first?.ruid)
        #expect(try rig.send(request("sip:\(ruid)-1f@example.com;gr")).code == 1)
        #expect(text(rig.context.rewrittenURI) == "sip:a@h1")
        #expect(try rig.send(request("sip:uloc-0-0-0-1f@example.com;gr")).code == -1)
    }

    @Test("stored Paths are cut at commas outside of quotes and brackets")
    func hostilePath() throws {
        let rig = try RegistrarRig(
            "registrar use_path 1; registrar path_mode 0", routing("lookup(\"location\");"))
        let path = "\"a, <sip:x>\" <sip:a,b@p1;lr>,<sip:p2;lr>"
        try rig.register("<sip:a@h>", "Path: \(path)")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(text(rig.context.destinationURI) == "sip:a,b@p1;lr")
    }
}
