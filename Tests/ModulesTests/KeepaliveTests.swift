import Basics
import JSONValue
import Locations
import ModuleKit
import SIPSyntax
import Synchronization
import Testing

@testable import Usrloc

@Suite("usrloc: keepalives")
struct KeepaliveTests {
    /// A server that keeps contacts alive, whose time the test moves.
    private final class Scene {
        let rig: RegistrarRig
        let keeper: Keepalive
        var second = 100
        var microseconds: UInt64 = 1_000_000_000
        var drawn = 0

        init(
            _ settings: String, body: String = "save(\"location\");", serverID: Int = 0,
            interval: Int = 10
        ) throws {
            rig = try RegistrarRig(
                "usrloc ka_interval \(interval);usrloc ka_randomize 0;" + settings, body,
                serverID: serverID)
            keeper = try #require(rig.usrloc.keepalive.withLock { $0 })
        }

        func register(_ user: String, _ contact: String = "<sip:a@192.0.2.1:5070>") throws {
            try rig.register(contact, to: "<sip:\(user)@example.com>")
        }

        /// One turn; returns what was sent in it.
        @discardableResult
        func turn(after seconds: Int = 1) -> [StandInNetwork.Sent] {
            second += seconds
            rig.now.seconds += seconds
            microseconds += UInt64(seconds) * 1_000_000
            let drawn = drawn
            keeper.turn(now: rig.now, second: second, microseconds: microseconds) { range in
                min(max(drawn, range.lowerBound), range.upperBound)
            }
            return rig.services.standInNetwork.taken()
        }

        /// Begins the first round and returns what it sends in all.
        func round() -> [StandInNetwork.Sent] {
            turn(after: 0)
            return turn(after: 10)
        }

        /// Has the answer to a request come in; whether it was taken for one.
        func answer(
            _ request: String, _ status: Int = 200, after: UInt64 = 1_500,
            _ change: (String) -> String = { $0 }
        ) throws -> Bool {
            let lines = request.components(separator: "\r\n")
            let copied = lines.filter { line in
                ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].contains { line.hasPrefix($0) }
            }
            let text = change(
                (["SIP/2.0 \(status) X"] + copied + ["Content-Length: 0", "", ""])
                    .joined(separator: "\r\n"))
            let bytes = Array(text.utf8)
            rig.context.reset(origin: rig.origin, now: rig.now)
            try #require(rig.context.message.receive(bytes.span) == .accept)
            return keeper.take(rig.context, microseconds: microseconds + after)
        }

        /// What a command shows of the only contact of an AoR.
        func shown(_ user: String, _ field: String) throws -> JSONValue? {
            let answer = try rig.services.call("ul.lookup", "location", .string(user))
            return answer["result"]?["Contacts"]?[0]?["Contact"]?[field]
        }
    }

    // MARK: The request

    @Test("a keepalive is a request with all that makes one")
    func request() throws {
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice")
        let sent = try #require(scene.round().first)
        let lines = sent.text.components(separator: "\r\n")
        #expect(lines[0] == "OPTIONS sip:a@192.0.2.1:5070 SIP/2.0")
        #expect(lines[1].hasPrefix("Via: SIP/2.0/UDP sip.example.com:5060;branch=z9hG4bKx."))
        #expect(lines[2].hasPrefix("From: <sip:server@kamailio.org>;tag=uloc-"))
        #expect(lines[3] == "To: <sip:alice@kamailio.org>")
        #expect(lines[4].hasPrefix("Call-ID: ksrulka-"))
        #expect(lines[5] == "CSeq: 80 OPTIONS")
        #expect(lines.suffix(4) == ["Max-Forwards: 70", "Content-Length: 0", "", ""])
        #expect(sent.destination.source == PeerAddress(ipv4: 0xC000_0201, port: 5_070))
        #expect(sent.destination.transport == .udp)
        var message = SIPMessage()
        let bytes = Array(sent.text.utf8)
        let outcome = message.receive(bytes.span)
        #expect(outcome == .accept)
    }

    @Test("ka_method, ka_from and ka_domain stand in the request")
    func words() throws {
        let scene = try Scene(
            "usrloc ka_mode 1;usrloc ka_method INFO;usrloc ka_from sip:ping@example.net;"
                + "usrloc ka_domain example.org")
        try scene.register("alice")
        let text = try #require(scene.round().first).text
        #expect(text.hasPrefix("INFO sip:a@"))
        #expect(text.contains("\r\nFrom: <sip:ping@example.net>;tag="))
        #expect(text.contains("\r\nTo: <sip:alice@example.org>\r\n"))
        #expect(text.contains("\r\nCSeq: 80 INFO\r\n"))
    }

    @Test("an AoR with a domain keeps it, and what may not stand in a line is escaped")
    func address() throws {
        let scene = try Scene("usrloc ka_mode 1;usrloc use_domain 1;usrloc ka_domain other.org")
        try scene.register("alice")
        try scene.rig.register(
            "<sip:b@192.0.2.2>", to: "<sip:b%0d%0aX%3a%20y@example.com>")
        let texts = scene.round().map(\.text)
        #expect(texts.contains { $0.contains("\r\nTo: <sip:alice@example.com>\r\n") })
        #expect(texts.count == 2)
        #expect(!texts.contains { $0.contains("\r\nX") })
    }

    @Test(
        "it goes to the address a contact was seen at, else to its Path, else to itself",
        arguments: [
            ("<sip:a@192.0.2.1:5070>", "192.0.2.1:5070"), ("<sip:a@192.0.2.1>", "192.0.2.1:5060"),
            ("<sip:a@h>;received=\"sip:198.51.100.4:40000\"", "198.51.100.4:40000"),
            ("<sip:a@192.0.2.1>;received=\"sip:198.51.100.4\"", "198.51.100.4:5060"),
        ])
    func destination(contact: String, expected: String) throws {
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice", contact)
        #expect(scene.round().map(\.destination.source.text) == [expected])
    }

    @Test(
        "a contact that has no address to send to is left out",
        arguments: [
            "<sip:a@host.example.com>", "<sip:a@192.0.2.1;transport=sctp>",
            "<sip:a@[2001:db8::1]>", "<sip:a@192.0.2.1;transport=ws>",
        ])
    func unreachable(contact: String) throws {
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice", contact)
        #expect(scene.round().isEmpty)
    }

    @Test("a stored Path is the route, and its first hop the destination")
    func path() throws {
        let scene = try Scene("usrloc ka_mode 1")
        let added = try scene.rig.services.call(
            "ul.add", "location", "bob", "sip:b@192.0.2.7", 0, -1.0,
            "<sip:198.51.100.9:5080;lr>,<sip:203.0.113.1;lr>", 0, 0, -1)
        #expect(added["result"] == [:])
        let sent = try #require(scene.round().first)
        #expect(
            sent.text.contains("\r\nRoute: <sip:198.51.100.9:5080;lr>,<sip:203.0.113.1;lr>\r\n"))
        #expect(sent.destination.source.text == "198.51.100.9:5080")
    }

    // MARK: Who gets them

    @Test(
        "ka_mode names the contacts",
        arguments: [
            (1, ["free", "nat", "stream"]), (2, ["nat"]), (3, ["free", "nat", "stream"]),
            (5, ["free", "nat"]), (6, ["nat"]),
        ])
    func mode(value: Int, expected: [String]) throws {
        let scene = try Scene("usrloc nat_bflag 3;usrloc ka_mode \(value)")
        for (user, cflags, received) in [
            ("free", 0, ""), ("nat", 8, ""), ("stream", 0, "sip:[::2];transport=tcp"),
        ] {
            let added = try scene.rig.services.call(
                "ul.add", "location", .string(user), .string("sip:\(user)@192.0.2.1"), 0, -1.0, "",
                0, .integer(Int64(cflags)), -1, .string(received))
            #expect(added["result"] == [:])
        }
        let names = scene.round().compactMap {
            $0.text.split(separator: ":")[1].split(separator: "@").first
        }
        #expect(names.map(String.init).sorted() == expected)
    }

    @Test("without a bit that names contacts nothing is started", arguments: [0, 4])
    func off(value: Int) throws {
        let rig = try RegistrarRig("usrloc ka_mode \(value)")
        #expect(rig.usrloc.keepalive.withLock { $0 } == nil)
        #expect(!rig.services.jobNames.contains { $0.contains("keepalive") })
    }

    @Test("ka_mode needs bindings in memory")
    func databaseOnly() {
        #expect(throws: StartFailure.self) {
            try RegistrarRig("usrloc ka_mode 1;usrloc db_mode 3", database: FakeDatabase())
        }
    }

    @Test("ka_filter 1 leaves out what registered with another server", arguments: [0, 1])
    func filter(value: Int) throws {
        let scene = try Scene("usrloc ka_mode 1;usrloc ka_filter \(value)", serverID: 3)
        try scene.register("alice")
        let table = try scene.rig.table
        let name = Array("bob".utf8)
        let unique = Array("r9".utf8)
        let uri = Array("sip:b@192.0.2.9".utf8)
        let none: [UInt8] = []
        var values = ContactValues(
            expiresSeconds: Int64(scene.rig.now.seconds + 600), lastModified: scene.rig.now)
        values.serverID = 8
        let text = BindingText(
            uri: uri.span, callID: name.span, userAgent: none.span, received: none.span,
            path: none.span, instance: none.span)
        let row = LoadedBinding(aor: name.span, ruid: unique.span, text: text, values: values)
        let result = table.load(row, rules: RegistrationRules(), now: scene.rig.now)
        #expect(result == .loaded)
        #expect(scene.round().count == (value == 1 ? 1 : 2))
    }

    // MARK: When

    @Test("the contacts of a table are spread over the interval")
    func spread() throws {
        let scene = try Scene("usrloc ka_mode 1")
        for number in 0..<100 { try scene.register("u\(number)") }
        scene.turn(after: 0)
        let counts = (0..<10).map { _ in scene.turn().count }
        #expect(counts.reduce(0, +) == 100)
        #expect(counts.allSatisfy { $0 >= 5 && $0 <= 15 })
        #expect(scene.turn().count <= 15)
    }

    @Test("ka_interval is how many seconds a round takes", arguments: [10, 20, 50])
    func interval(seconds: Int) throws {
        let scene = try Scene("usrloc ka_mode 1", interval: seconds)
        for number in 0..<100 { try scene.register("u\(number)") }
        scene.turn(after: 0)
        let half = (0..<seconds / 2).map { _ in scene.turn().count }.reduce(0, +)
        #expect((40...60).contains(half))
        #expect((0..<seconds / 2).map { _ in scene.turn().count }.reduce(0, +) == 100 - half)
    }

    @Test("ka_randomize makes a round longer")
    func randomize() throws {
        let scene = try Scene("usrloc ka_mode 1;usrloc ka_randomize 20")
        scene.drawn = 10
        for number in 0..<100 { try scene.register("u\(number)") }
        scene.turn(after: 0)
        let first = (0..<10).map { _ in scene.turn().count }.reduce(0, +)
        #expect(first >= 45 && first <= 60)
        #expect((0..<10).map { _ in scene.turn().count }.reduce(0, +) == 100 - first)
    }

    @Test("a round sees each contact once, however long its turns are apart")
    func once() throws {
        let scene = try Scene("usrloc ka_mode 1")
        for number in 0..<50 { try scene.register("u\(number)") }
        let sent = scene.round()
        #expect(Set(sent.map { $0.text.components(separator: "Call-ID: ")[1] }).count == 50)
        let to = sent.compactMap {
            $0.text.components(separator: "To: ")[1].split(separator: ">").first
        }
        #expect(Set(to).count == 50)
    }

    @Test(
        "what a round should have done is a share of the table",
        arguments: [
            (0, 0), (1, 10), (5, 50), (9, 90), (10, Int.max), (50, Int.max),
        ])
    func goal(elapsed: Int, expected: Int) {
        let round = KeepaliveRound(start: 7, seconds: 10)
        #expect(round.goal(of: 100, 7 + elapsed) == expected)
        #expect(!round.isOver(7 + elapsed))
    }

    // MARK: Answers

    @Test("an answer is taken, timed and shown")
    func answer() throws {
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice")
        let sent = try #require(scene.round().first)
        #expect(try scene.shown("alice", "KA-Roundtrip") == 0)
        #expect(try scene.shown("alice", "Flags") == 8)
        #expect(try scene.answer(sent.text))
        #expect(try scene.shown("alice", "KA-Roundtrip") == 1_500)
        #expect(
            try scene.shown("alice", "Last-Keepalive") == .integer(Int64(scene.rig.now.seconds)))
        #expect(try scene.shown("alice", "Flags") == 0)
    }

    @Test(
        "a reply that is not ours goes on to the script",
        arguments: [
            ("CSeq: 80 OPTIONS", "CSeq: 80 INFO"), ("<sip:server@", "<sip:other@"),
            ("Call-ID: ksrulka-", "Call-ID: ksrulka-0"), ("Call-ID: k", "Call-ID: x"),
            ("Via: ", "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKy\r\nVia: "),
        ])
    func strangers(old: String, new: String) throws {
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice")
        let sent = try #require(scene.round().first)
        let taken = try scene.answer(sent.text) { text in
            text.components(separator: old).joined(separator: new)
        }
        #expect(!taken)
        #expect(try scene.shown("alice", "KA-Roundtrip") == 0)
    }

    @Test("an answer about a contact that is gone is taken and changes nothing")
    func gone() throws {
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice")
        let sent = try #require(scene.round().first)
        try scene.rig.register("*", expires: "0")
        #expect(try scene.answer(sent.text))
    }

    @Test(
        "ka_reply_codes names the answers that count",
        arguments: [
            ("0,0", [200, 404, 503]), ("200,201", [200]), ("2,3", [200]), ("2,404", [200, 404]),
            ("4,5", [404, 503]), ("1,6", []),
        ])
    func codes(list: String, expected: [Int]) throws {
        let scene = try Scene("usrloc ka_mode 1;usrloc ka_reply_codes \(list)")
        try scene.register("alice")
        let sent = try #require(scene.round().first)
        let taken = try [200, 404, 503].filter { try scene.answer(sent.text, $0) }
        #expect(taken == expected)
    }

    @Test(
        "a list of codes is codes and classes with commas",
        arguments: [
            ("", false), ("a", false), ("7", false), ("99", false), ("700", false), ("2,,4", false),
            ("-1", false), ("200;404", true), ("2, 3", true), ("0", true),
        ])
    func lists(text: String, isList: Bool) {
        #expect((ReplyCodes(text) != nil) == isList)
    }

    // MARK: Silence

    @Test("a contact that was silent for ka_timeout expires ten seconds later")
    func timeout() throws {
        let scene = try Scene("usrloc ka_mode 1;usrloc ka_timeout 15")
        try scene.register("alice")
        try scene.register("bob")
        for sent in scene.round() where sent.text.contains("<sip:bob@") {
            #expect(try scene.answer(sent.text))
        }
        #expect(scene.round().count == 1)
        let table = try scene.rig.table
        #expect(table.expire(now: WallTime(seconds: scene.rig.now.seconds + 9)) == 0)
        #expect(table.expire(now: WallTime(seconds: scene.rig.now.seconds + 10)) == 1)
        #expect(try scene.rig.bindings("bob").count == 1)
    }

    @Test("without ka_timeout silence costs nothing")
    func patience() throws {
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice")
        for _ in 0..<10 { #expect(scene.round().count == 1) }
        #expect(try scene.rig.table.statistics.contacts.value == 1)
    }

    // MARK: The log

    @Test("ka_loglevel and ka_logmsg say what is logged of an answer")
    func log() throws {
        let scene = try Scene(
            "usrloc ka_mode 1;usrloc ka_loglevel -1;usrloc ka_logmsg $rs|$tu|$sas|$si|$sp|$$")
        try scene.register("alice")
        let sent = try #require(scene.round().first)
        #expect(try scene.answer(sent.text))
        let line = "error 200|sip:alice@kamailio.org|udp:10.1.2.3:5070|10.1.2.3|5070|$"
        #expect(scene.rig.services.lines.all.contains(line))
    }

    @Test("the default line names To and the source, and the default level writes none")
    func defaultLog() throws {
        #expect(UsrlocParameters().keepalive.logLevel == 255)
        let line = try #require(KeepaliveLine(UsrlocParameters().keepalive.logText))
        #expect(line.text { "<\($0.rawValue)>" } == " to-uri: [<tu>] remote-addr: [<sas>]")
        let scene = try Scene("usrloc ka_mode 1")
        try scene.register("alice")
        let sent = try #require(scene.round().first)
        #expect(try scene.answer(sent.text))
        #expect(!scene.rig.services.lines.all.contains { $0.contains("to-uri") })
    }

    @Test(
        "a line with an unknown variable is none", arguments: ["$", "$x", "$ru", "a $ b", "$tux"])
    func badLine(text: String) { #expect(KeepaliveLine(text) == nil) }

    // MARK: Tags

    @Test("a tag is read as it was written, whatever dashes its unique name has")
    func tag() throws {
        for name in ["uloc-1-2-3", "x", "a-b.c-d", String(repeating: "n", count: 64)] {
            var writer = ByteWriter()
            KeepaliveTag.write(
                ruid: { $0.append(name) }, hash: .max, sentMicroseconds: 1_234_567_890,
                counter: 99, table: 3, into: &writer)
            let read = KeepaliveTag(writer.span)
            let tag = try #require(read)
            let ruid = String(copying: writer.span(tag.ruid))
            #expect(ruid == name)
            #expect(tag.hash == .max)
            #expect(tag.sentMicroseconds == 1_234_567_890)
            #expect(tag.table == 3)
        }
    }

    @Test(
        "a tag of another shape is none",
        arguments: [
            "", "x", "-", "a-1-2-3", "a-1-2-3-4", "-1-2-3-4.0", "a-1-2-3-4.", "a-1-2-3-.0",
            "a-g-2-3-4.0", "a-1-2-3-4.fffff", "a-1-2-fffff-4.0",
            "a-1-ffffffffffffffff-3-4.0", "a-11111111111111111-2-3-4.0",
            String(repeating: "n", count: 65) + "-1-2-3-4.0", String(repeating: "-1", count: 300),
        ])
    func badTag(text: String) {
        let bytes = Array(text.utf8)
        let tag = KeepaliveTag(bytes.span)
        #expect(tag == nil)
    }
}

extension String {
    /// The pieces between a separator, like Foundation's, for short texts.
    fileprivate func components(separator: String) -> [String] {
        var pieces: [String] = []
        var rest = Substring(self)
        while let range = rest.firstRange(of: separator) {
            pieces.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return pieces + [String(rest)]
    }
}
