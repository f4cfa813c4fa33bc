import Basics
import Glibc
import ModuleKit
import PV
import RouteScript
import Testing

/// Every variable of module `pv`, one by one: what it reads of a request, of a reply and of an
/// event, where nothing has arrived.
@Suite("Every variable of module pv")
struct EveryVariableTests {
    /// One variable and what it shows of the three kinds of messages; nil where that depends on the
    /// machine or the moment.
    struct Row: Sendable {
        let variable: String
        let request: String?
        let reply: String?
        init(_ variable: String, _ request: String?, _ reply: String? = "<null>") {
            self.variable = variable
            self.request = request
            self.reply = reply
        }
    }

    /// The first line and the request URI.
    private static let firstLine = [
        Row("$rm", "MESSAGE", "INVITE"), Row("$rs", "<null>", "180"),
        Row("$rr", "<null>", "Ringing now"), Row("$rv", "SIP/2.0", "SIP/2.0"),
        Row("$rsi", "0", "180"), Row("$rmid", "256", "1"), Row("$mt", "1", "2"),
        Row("$mts", "rq", "rp"), Row("$ru", "sip:carol@example.com:5080;transport=tcp"),
        Row("$rU", "carol"), Row("$rUl", "5", "0"), Row("$rd", "example.com"),
        Row("$rp", "5080"), Row("$rP", "tcp"), Row("$rz", "sip"),
        Row("$ou", "sip:carol@example.com:5080;transport=tcp"), Row("$oU", "carol"),
        Row("$oUl", "5", "0"), Row("$od", "example.com"), Row("$op", "5080"), Row("$oP", "tcp"),
    ]

    /// Where it goes.
    private static let targets = [
        Row("$du", "<null>"), Row("$dd", "<null>"), Row("$dp", "<null>"), Row("$dP", "<null>"),
        Row("$nh(u)", "sip:carol@example.com:5080;transport=tcp"), Row("$nh(U)", "carol"),
        Row("$nh(d)", "example.com"), Row("$nh(p)", "5080"), Row("$nh(P)", "tcp"),
        Row("$route_uri", "<null>"), Row("$br", "<null>"), Row("$bR", "<null>"),
        Row("$ds", "<null>"), Row("$branch(count)", "<null>"), Row("$branch(uri)", "<null>"),
        Row("$sbranch(uri)", "<null>"), Row("$fs", "<null>"), Row("$fsp", "0", "0"),
        Row("$snd(ip)", "<null>"), Row("$sndto(port)", "<null>"), Row("$sndfrom(af)", "<null>"),
    ]

    /// Header fields.
    private static let fields = [
        Row("$fu", "sip:alice@example.org", "sip:alice@example.org"),
        Row("$fU", "alice", "alice"), Row("$fUl", "5", "5"),
        Row("$fd", "example.org", "example.org"), Row("$fn", "\"Al\""),
        Row("$ft", "tag-a", "tag-a"), Row("$tu", "sip:carol@example.com", "sip:carol@example.com"),
        Row("$tU", "carol", "carol"), Row("$tUl", "5", "5"),
        Row("$td", "example.com", "example.com"), Row("$tn", "\"Carol C\""),
        Row("$tt", "<null>", "tag-c"), Row("$ci", "call-script", "call-script"),
        Row("$cs", "61", "61"), Row("$csb", "61 MESSAGE", "61 INVITE"),
        Row("$ct", "<sip:alice@127.0.0.9>"), Row("$cT", "text/plain"), Row("$cl", "5", "0"),
        Row("$ua", "t/6"), Row("$hdr(X-Multi)", "one"), Row("$hdrc(X-Multi)", "3", "0"),
        Row("$hfl(Supported)", "path"), Row("$hflc(Supported)", "2", "0"),
        Row("$expires(min)", "<null>"), Row("$expires(max)", "<null>"),
        Row("$ai", "<null>"), Row("$pu", "<null>"), Row("$pU", "<null>"), Row("$pd", "<null>"),
        Row("$pn", "<null>"), Row("$di", "<null>"), Row("$dir", "<null>"), Row("$dip", "<null>"),
        Row("$dic", "<null>"), Row("$re", "<null>"), Row("$rt", "<null>"),
    ]

    /// The message as a whole and the way it came.
    private static let wholes = [
        Row("$rb", "hello"), Row("$bs", "5", "0"), Row("$ml", nil, nil), Row("$mb", nil, nil),
        Row("$msg(body_len)", "5", "0"), Row("$si", "10.1.2.3", "10.1.2.3"),
        Row("$siz", "10.1.2.3", "10.1.2.3"), Row("$sp", "5070", "5070"),
        Row("$su", "sip:10.1.2.3:5070", "sip:10.1.2.3:5070"),
        Row("$sut", "sip:10.1.2.3:5070;transport=udp", "sip:10.1.2.3:5070;transport=udp"),
        Row("$sas", "udp:10.1.2.3:5070", "udp:10.1.2.3:5070"), Row("$Ri", "127.0.0.1", "127.0.0.1"),
        Row("$Rp", "5060", "5060"), Row("$Ru", "sip:127.0.0.1:5060", "sip:127.0.0.1:5060"),
        Row("$Rut", "sip:127.0.0.1:5060;transport=udp", "sip:127.0.0.1:5060;transport=udp"),
        Row("$RAi", "sip.example.com", "sip.example.com"), Row("$RAp", "5060", "5060"),
        Row("$RAu", "sip:sip.example.com:5060", "sip:sip.example.com:5060"),
        Row("$RAut", "sip:sip.example.com:5060;transport=udp", nil),
        Row("$pr", "udp", "udp"), Row("$proto", "udp", "udp"), Row("$prid", "1", "1"),
        Row("$af", "2", "2"), Row("$conid", "<null>"), Row("$rcv(srcip)", "10.1.2.3", "10.1.2.3"),
    ]

    /// What scripts keep, flags, times, constants.
    private static let own = [
        Row("$var(x)", "0", "0"), Row("$vz(x)", "0", "0"), Row("$vn(x)", "<null>"),
        Row("$shv(x)", "0", "0"), Row("$avp(x)", "<null>"), Row("$xavp(x)", "<null>"),
        Row("$xavu(x)", "<null>"), Row("$xavi(x)", "<null>"), Row("$cnt($avp(x))", "0", "0"),
        Row("$mf", "0", "0"), Row("$mF", "00000000", "00000000"), Row("$bf", "0", "0"),
        Row("$bF", "00000000", "00000000"), Row("$Mf(31)", "0", "0"), Row("$Bf(0)", "0", "0"),
        Row("$true", "1", "1"), Row("$Ts", "1700000000", "1700000000"), Row("$TS", nil, nil),
        Row("$Tb", nil, nil), Row("$Tf", nil, nil), Row("$TF", nil, nil), Row("$TV(s)", nil, nil),
        Row("$time(mon)", nil, nil), Row("$utime(mon)", "11", "11"), Row("$timef(%%)", "%", "%"),
        Row("$utimef(%Y)", "2023", "2023"), Row("$pp", "\(getpid())", "\(getpid())"),
        Row("$mi", "1", "1"), Row("$sid", "0", "0"), Row("$K(TLS)", "3", "3"),
    ]

    static let rows = firstLine + targets + fields + wholes + own

    @Test("of a request", arguments: rows)
    func request(row: Row) throws {
        let shown = try expanded(row.variable)
        if let expected = row.request { #expect(shown == expected, "\(row.variable)") }
        #expect(!shown.isEmpty)
    }

    @Test("of a reply", arguments: rows)
    func reply(row: Row) throws {
        let shown = try expanded(row.variable, ScriptRig.reply)
        if let expected = row.reply { #expect(shown == expected, "\(row.variable)") }
        #expect(!shown.isEmpty)
    }

    @Test("of nothing: a context that no message has reached yet", arguments: rows)
    func nothing(row: Row) throws {
        let rig = try ScriptRig("note(\"\(row.variable)\");")
        rig.program.run(.request, in: ScriptContext(services: rig.services))
        #expect(rig.notes.count == 1)
    }

    @Test("the table names every variable that the module declares, and no other")
    func complete() {
        let named = Set(
            Self.rows.map { row in String(row.variable.dropFirst().prefix { $0 != "(" }) })
        let declared = Set(ModuleBlueprint(PVModule.self).variables.map(\.name))
        #expect(declared.subtracting(named).sorted() == [])
        #expect(named.subtracting(declared).sorted() == [])
    }

    @Test("a variable that needs something in parentheses is refused without it")
    func withoutParentheses() {
        for row in ModuleBlueprint(PVModule.self).variables where row.needsInner {
            let error = scriptError("$var(x) = $\(row.name);")
            #expect(error == "$\(row.name) needs a name in parentheses", "\(error)")
        }
    }

    @Test("a variable that takes nothing in parentheses is refused with it")
    func withParentheses() {
        for row in ModuleBlueprint(PVModule.self).variables where !row.allowsInner {
            #expect(scriptError("$var(x) = $\(row.name)(y);") != "none", "\(row.name)")
        }
    }

    @Test("a variable that cannot be set is refused on the left, and one that can is taken")
    func writing() {
        let inner = [
            "hdr": "A", "hdrc": "A", "hfl": "A", "hflc": "A", "expires": "min", "msg": "len",
            "nh": "u", "rcv": "buf", "snd": "ip", "sndto": "ip", "sndfrom": "ip", "K": "UDP",
            "TV": "s", "time": "sec", "utime": "sec", "timef": "%Y", "utimef": "%Y",
            "cnt": "$avp(a)", "Mf": "1", "Bf": "1", "branch": "uri", "sbranch": "uri",
        ]
        for row in ModuleBlueprint(PVModule.self).variables {
            let name = row.needsInner ? "\(row.name)(\(inner[row.name] ?? "x"))" : row.name
            let error = scriptError("$\(name) = 1;")
            let expected = row.isWritable ? "none" : "$\(name) is read-only"
            #expect(error == expected || error == "$\(row.name) is read-only", "\(name): \(error)")
            #expect((error == "none") == row.isWritable, "\(name): \(error)")
        }
    }

    @Test("an index of a variable that has one value means nothing, as in Kamailio")
    func indexes() throws {
        for row in Self.rows where !row.variable.contains("(") && row.request != nil {
            let name = row.variable.dropFirst()
            #expect(try expanded("$(\(name)[1])") == expanded(row.variable), "\(name)")
        }
    }
}
