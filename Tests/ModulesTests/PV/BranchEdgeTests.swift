import Basics
import ModuleKit
import Testing

@testable import PV

/// Branches and sockets, at their edges.
@Suite("Branches at their edges")
struct BranchEdgeTests {
    private static let two = "$br = \"sip:b0@h0\"; $br = \"sip:b1@h1\";"

    /// Every attribute of a branch: a value that it takes, what it shows then, one that it refuses,
    /// and what it shows when it is set to null.
    private static let fields:
        [(name: String, value: String, shown: String, wrong: [String], null: String)] = [
            ("uri", "\"sip:n@n\"", "sip:n@n", ["5", "\"x\"", "\"\""], "sip:b1@h1"),
            ("dst_uri", "\"sip:d@d:1\"", "sip:d@d:1", ["5", "\"x\""], "<null>"),
            ("path", "\"<sip:p;lr>\"", "<sip:p;lr>", ["5"], "<null>"),
            ("q", "500", "500", ["\"0.5\"", "1001", "-2"], "<null>"),
            (
                "send_socket", "\"udp:127.0.0.1:5060\"", "udp:127.0.0.1:5060",
                ["5", "\"udp:9.9.9.9:1\"", "\"\""], "<null>"
            ),
            ("flags", "6", "6", ["\"x\""], "0"), ("ruid", "\"r-1\"", "r-1", ["5"], "<null>"),
            ("location_ua", "\"phone\"", "phone", ["5"], "<null>"),
            ("otcpid", "7", "7", ["\"x\""], "0"),
            ("instance", "\"<urn:i>\"", "<urn:i>", ["5"], "<null>"),
        ]

    @Test("each attribute of a branch: set, refused, unset", arguments: fields.indices)
    func attributes(place: Int) throws {
        let (name, value, shown, wrong, null) = Self.fields[place]
        let set = "\(Self.two) $branch(\(name)) = \(value);"
        #expect(try said(set, "$branch(\(name))") == shown)
        for other in wrong {
            #expect(
                try said("\(set) $branch(\(name)) = \(other);", "$branch(\(name))") == shown,
                "\(name) = \(other)")
        }
        #expect(try said("\(set) $branch(\(name)) = $null;", "$branch(\(name))") == null)
        // The other branch is left alone by all of it, except that a branch without URI is gone.
        let other = try said(set, "$(branch(uri)[1])")
        #expect(other == "sip:b1@h1")
    }

    @Test("each attribute of the static branch: set, refused, unset", arguments: fields.indices)
    func staticAttributes(place: Int) throws {
        let (name, value, shown, wrong, null) = Self.fields[place]
        let set = "$sbranch(uri) = \"sip:s@s\"; $sbranch(\(name)) = \(value);"
        #expect(try said(set, "$sbranch(\(name))") == shown)
        for other in wrong {
            #expect(
                try said("\(set) $sbranch(\(name)) = \(other);", "$sbranch(\(name))") == shown,
                "\(name) = \(other)")
        }
        #expect(
            try said("\(set) $sbranch(\(name)) = $null;", "$sbranch(\(name))")
                == (name == "uri" ? "<null>" : null))
    }

    @Test("all attributes of the static branch go with it when it is appended")
    func appended() throws {
        let set = Self.fields.map { "$sbranch(\($0.name)) = \($0.value);" }.joined()
        for (name, _, shown, _, _) in Self.fields {
            #expect(
                try said("\(set) sbranch_append();", "$(branch(\(name))[-1])") == shown, "\(name)")
        }
        #expect(try said("\(set) sbranch_append(); sbranch_append();", "$branch(count)") == "2")
    }

    @Test("the static branch becomes the request's own, with flags, q and destination")
    func requestURI() throws {
        let set = "$sbranch(uri) = \"sip:s@s:7\"; $sbranch(q) = 300; $sbranch(flags) = 5;"
        #expect(
            try said("\(set) sbranch_set_ruri();", "$rc $ru $rp $bf $du")
                == "1 sip:s@s:7 7 5 <null>")
        #expect(
            try said("$du = \"sip:old\"; \(set) sbranch_set_ruri();", "$rc $du") == "1 <null>",
            "what the branch has not is unset")
        #expect(try said("$sbranch(q) = 1; sbranch_set_ruri();", "$rc $rU") == "-1 carol")
    }

    @Test(
        "an index of a branch from both ends",
        arguments: [
            ("0", "sip:b0@h0"), ("1", "sip:b1@h1"), ("2", "<null>"), ("-1", "sip:b1@h1"),
            ("-2", "sip:b0@h0"), ("-3", "<null>"), ("$var(none)", "sip:b0@h0"),
            ("$vn(none)", "<null>"),
        ])
    func indexes(index: String, expected: String) throws {
        #expect(try said(Self.two, "$(branch(uri)[\(index)])") == expected)
    }

    @Test("a branch that is removed lets the next one take its place")
    func removal() throws {
        let three = Self.two + "$br = \"sip:b2@h2\";"
        #expect(
            try said("\(three) $(branch(uri)[1]) = $null;", "$branch(count) $(branch(uri)[1])")
                == "2 sip:b2@h2")
        #expect(
            try said("\(three) $(branch(uri)[-1]) = $null;", "$branch(count) $(branch(uri)[-1])")
                == "2 sip:b1@h1")
        let all = String(repeating: "$branch(uri) = $null;", count: 4)
        #expect(try said("\(three) \(all)", "$branch(count) $br $bR") == "<null> <null> <null>")
    }

    @Test(
        "a priority is written without zeroes that mean nothing",
        arguments: [
            (0, "0"), (1, "0.001"), (10, "0.01"), (100, "0.1"), (120, "0.12"), (123, "0.123"),
            (12, "0.012"), (102, "0.102"), (990, "0.99"), (999, "0.999"), (1000, "1"),
        ])
    func priorities(q: Int, expected: String) throws {
        #expect(
            try said("$br = \"sip:a@b\"; $branch(q) = \(q);", "$bR") == "<sip:a@b>;q=\(expected)")
    }

    @Test("$br is a URI or nothing", arguments: ["5", "\"x y\"", "\"\"", "$null", "$hdr(None)"])
    func first(value: String) throws {
        #expect(try said("$br = \(value);", "$branch(count) $br") == "<null> <null>")
    }

    @Test("branches end with their message, and a reply has none of the request's")
    func life() throws {
        let rig = try ScriptRig(
            "note(\"$branch(count)\"); $br = \"sip:a@b\"; note(\"$branch(count)\");")
        #expect(try rig.run() == ["<null>", "1"])
        #expect(try rig.run() == ["<null>", "1"])
    }

    @Test(
        "names of sockets",
        arguments: [
            ("udp:127.0.0.1:5060", "udp:127.0.0.1:5060 5060"),
            ("127.0.0.1:5060", "udp:127.0.0.1:5060 5060"),
            ("tcp:[::1]:5060", "tcp:[::1]:5060 5060"), ("[::1]:5060", "tcp:[::1]:5060 5060"),
            ("tcp:127.0.0.1:5060", "<null> 0"), ("127.0.0.1", "<null> 0"), ("5060", "<null> 0"),
            ("UDP:127.0.0.1:5060", nil), ("", "<null> 0"), ("udp:127.0.0.1:5061", "<null> 0"),
        ] as [(String, String?)])
    func sockets(name: String, expected: String?) throws {
        let shown = try said("$fs = \"\(name)\";", "$fs $fsp")
        if let expected { #expect(shown == expected) }
    }

    @Test("where a request is being sent is known in onsend_route alone")
    func sending() throws {
        let names = SendField.allCases.flatMap { field in
            ["$snd(\(field))", "$sndto(\(field))", "$sndfrom(\(field))"]
        }
        let rig = try ScriptRig("note(\"\(names.joined(separator: "|"))\");")
        #expect(
            try rig.run() == [
                Array(repeating: "<null>", count: names.count).joined(separator: "|")
            ])
        let hop = Origin(
            transport: .udp, socket: SocketIndex(0),
            source: PeerAddress(ipv4: 0x0102_0304, port: 99))
        rig.context.sendingTo = hop
        let values = SendField.allCases.map { field in
            let target = rig.context.text(field.read(rig.context, isTarget: true))
            let source = rig.context.text(field.read(rig.context, isTarget: false))
            return [target, source].map { $0.map { rig.context.string($0) } ?? "null" }
        }
        #expect(
            values == [
                ["1.2.3.4", "127.0.0.1"], ["2", "2"], ["99", "5060"], ["1", "1"], ["udp", "udp"],
            ])
        rig.context.sendingTo = Origin(
            transport: .udp, socket: .none, source: PeerAddress(ipv4: 1, port: 1))
        guard case .null = SendField.ip.read(rig.context, isTarget: false) else {
            Issue.record("a hop without a socket has a source")
            return
        }
    }

    @Test("what was received, field by field, over IPv6 and a stream")
    func received() throws {
        let names = ReceivedField.allCases.filter { $0 != .buffer && $0 != .length }
            .map { "$rcv(\($0.rawValue))" }
        let rig = try ScriptRig(
            "note(\"\(names.joined(separator: " "))\"); note(\"$rcv(len) $ml\");")
        let peer = PeerAddress(high: 0x2001_0db8_0000_0000, low: 2, port: 40_000)
        let lines = try rig.run(transport: .tcp, connection: 3, source: peer)
        #expect(lines[0] == "2001:db8::2 ::1 40000 5060 2 tcp 10")
        let sizes = lines[1].split(separator: " ")
        #expect(sizes[0] == sizes[1])
        let whole = try ScriptRig("if ($rcv(buf) == $mb) note(\"same\");").run()
        #expect(whole == ["same"])
    }
}
