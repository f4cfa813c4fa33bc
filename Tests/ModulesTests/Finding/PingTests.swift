import Basics
import JSONValue
import Locations
import ModuleKit
import SIPSyntax
import Testing

@testable import NATHelper

@Suite("nathelper: when contacts are due")
struct PingScheduleTests {
    private func time(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    @Test("a million contacts in 30 seconds are the same few in each tick")
    func even() {
        var schedule = PingSchedule(seconds: 30)
        var counts: [Int] = []
        for tick in 0...600 {
            let due = schedule.due(time(tick * 50), of: 1_000_000)
            schedule.take(due)
            counts.append(due)
        }
        #expect(counts[0] == 0)
        #expect(counts.dropFirst().allSatisfy { $0 == 1_666 || $0 == 1_667 })
        #expect(abs(counts.reduce(0, +) - 1_000_000) <= 1)
    }

    @Test("one contact is due once an interval")
    func single() {
        var schedule = PingSchedule(seconds: 10)
        var when: [Int] = []
        for second in 0...35 {
            let due = schedule.due(time(second * 1_000), of: 1)
            if due > 0 { when.append(second) }
            schedule.take(due)
        }
        #expect(when == [10, 20, 30])
    }

    @Test("after a pause nobody gets a burst")
    func pause() {
        var schedule = PingSchedule(seconds: 10)
        _ = schedule.due(time(0), of: 1_000)
        #expect(schedule.due(time(3_600_000), of: 1_000) == 100)
    }

    @Test("what was taken too many is waited for")
    func debt() {
        var schedule = PingSchedule(seconds: 10)
        _ = schedule.due(time(0), of: 10)
        #expect(schedule.due(time(1_000), of: 10) == 1)
        schedule.take(3)
        #expect(schedule.due(time(2_000), of: 10) == 0)
        #expect(schedule.due(time(3_000), of: 10) == 0)
        #expect(schedule.due(time(4_000), of: 10) == 1)
        #expect(schedule.due(time(4_100), of: 0) == 0)
    }
}

@Suite("nathelper: the tag of a ping")
struct PingTokenTests {
    private let key = KeyedHash(key0: 1, key1: 2)

    private func tag(_ token: PingToken, _ key: KeyedHash) -> [UInt8] {
        var writer = ByteWriter()
        token.write(key, into: &writer)
        return Array(copying: writer.span)
    }

    @Test(
        "what is written is read again",
        arguments: [
            (0, 0, UInt32(0), UInt32(0), UInt64(0)),
            (3, 63, UInt32.max, UInt32.max, UInt64.max), (1, 7, 1_000_000, 3, 1 << 40),
        ])
    func roundTrip(table: Int, shard: Int, index: UInt32, generation: UInt32, sent: UInt64) {
        let token = PingToken(
            table: table, contact: .init(shard: shard, index: index, generation: generation),
            sent: sent)
        let bytes = tag(token, key)
        #expect(PingToken(bytes.span, key) == token)
        #expect(PingToken(bytes.span, KeyedHash(key0: 1, key1: 3)) == nil)
    }

    @Test("no byte of it can be changed, and nothing else is a tag")
    func hostile() {
        let good = tag(
            PingToken(table: 0, contact: .init(shard: 1, index: 2, generation: 3), sent: 4), key)
        for place in good.indices {
            var bad = good
            bad[place] = bad[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
            #expect(PingToken(bad.span, key) == nil)
        }
        for count in good.indices {
            let cut = Array(good[..<count])
            #expect(PingToken(cut.span, key) == nil)
        }
        let long = good + good + good + good
        #expect(PingToken(long.span, key) == nil)
    }
}

@Suite("nathelper: pings")
struct PingTests {
    /// A script that saves, marks NATed contacts by flag 6 and those for requests by flag 7.
    private static let script = """
        if ($hdr(X-NAT) != $null) { setbflag(6); }
        if ($hdr(X-SIP) != $null) { setbflag(7); }
        if ($hdr(X-Never) != $null) { setbflag(8); }
        save("location");
        """
    private static let settings = """
        usrloc nat_bflag 6; nathelper natping_interval 10; nathelper sipping_bflag 7; \
        nathelper sipping_from sip:ping@example.com; nathelper natping_disable_bflag 8
        """

    private func rig(_ more: String = "", serverID: Int = 0) throws -> RegistrarRig {
        let rig = try RegistrarRig(
            Self.settings + (more.isEmpty ? "" : "; " + more), Self.script, serverID: serverID,
            loads: ["nathelper", "kex"])
        // The tests are the clock.
        try #require(rig.services.module(NATHelperModule.self)).stop()
        return rig
    }

    private func pinger(_ rig: RegistrarRig) throws -> Pinger {
        try #require(rig.services.module(NATHelperModule.self)?.pinger)
    }

    /// Lets a whole interval pass, half a second at a time.
    private func interval(_ rig: RegistrarRig, from start: Int = 0) throws {
        let pinger = try pinger(rig)
        for tick in 0...21 {
            let time = MonotonicTime(nanoseconds: UInt64(start * 1_000 + tick * 500) * 1_000_000)
            pinger.tick(time, rig.now)
        }
    }

    @Test("every contact gets four zero bytes once an interval, where it was seen")
    func packets() throws {
        let rig = try rig()
        try rig.register("<sip:a@192.0.2.1:5061>, <sip:b@192.0.2.2>;received=\"sip:192.0.2.9:99\"")
        try interval(rig)
        let sent = rig.services.wire.sent
        #expect(sent.map(\.text) == ["\0\0\0\0", "\0\0\0\0"])
        #expect(
            Set(sent.map { $0.destination.source.text }) == ["192.0.2.1:5061", "192.0.2.9:99"])
        #expect(sent.allSatisfy { $0.destination.socket == SocketIndex(0) })
        #expect(try pinger(rig).counters.sent.value == 2)
    }

    @Test("a contact with the flag of requests gets one, and its answer is a sign of life")
    func requests() throws {
        let rig = try rig()
        try rig.register("<sip:a@192.0.2.1:5061>", "X-SIP: 1")
        rig.now.seconds += 100
        try interval(rig)
        let request = try #require(rig.services.wire.sent.first?.text)
        let lines = request.split(separator: "\r\n").map(String.init)
        #expect(lines[0] == "OPTIONS sip:a@192.0.2.1:5061 SIP/2.0")
        #expect(lines.contains("To: <sip:a@192.0.2.1:5061>"))
        #expect(lines.contains("CSeq: 1 OPTIONS"))
        let from = try #require(
            lines.first { $0.hasPrefix("From: <sip:ping@example.com>;tag=np-") })
        let reply = { (status: String, from: String, cseq: String) in
            "SIP/2.0 \(status)\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n\(from)\r\n"
                + "To: <sip:a@h>;tag=t\r\nCall-ID: c\r\nCSeq: \(cseq)\r\nContent-Length: 0\r\n\r\n"
        }
        func arrives(_ text: String) throws -> Bool {
            let bytes = Array(text.utf8)
            try rig.context.message.load(bytes.span)
            rig.context.reset(origin: rig.origin, now: rig.now)
            return rig.services.wire.arrives(rig.context)
        }
        #expect(try !arrives(reply("200 OK", "From: <sip:x@h>;tag=np-1-1-1-1-1-0", "1 OPTIONS")))
        #expect(try !arrives(reply("200 OK", from, "1 INFO")))
        #expect(try pinger(rig).counters.answered.value == 0)
        #expect(try arrives(reply("404 Not Here", from, "1 OPTIONS")))
        #expect(try pinger(rig).counters.answered.value == 1)
        var life = WallTime(seconds: 0)
        let aor = Array("alice".utf8)
        try rig.table.lookUp(aor.span, now: rig.now) { life = $0.lastKeepalive }
        #expect(life == rig.now)
    }

    @Test("a contact that does not answer for keepalive_timeout loses its binding")
    func timeout() throws {
        let rig = try rig("nathelper keepalive_timeout 60")
        try rig.register("<sip:a@192.0.2.1>, <sip:b@192.0.2.1>", "X-SIP: 1")
        try rig.register("<sip:c@192.0.2.1>", callID: "c2")
        rig.now.seconds += 60
        try interval(rig)
        #expect(try rig.bindings().count == 3)
        rig.now.seconds += 1
        try interval(rig, from: 20)
        #expect(try rig.bindings().map(\.uri) == ["sip:c@192.0.2.1"])
        #expect(try pinger(rig).counters.ended.value == 2)
    }

    @Test(
        "flags and settings say who is left alone",
        arguments: [
            ("", "X-A: b", 1), ("", "X-Never: 1", 0), ("nathelper ping_nated_only 1", "X-A: b", 0),
            ("nathelper ping_nated_only 1", "X-NAT: 1", 1),
        ])
    func filters(settings: String, field: String, count: Int) throws {
        let rig = try rig(settings)
        try rig.register("<sip:a@192.0.2.1>", field)
        try interval(rig)
        #expect(rig.services.wire.sent.count == count)
    }

    @Test("contacts without an address are counted, expired ones are nobody's")
    func unreachable() throws {
        let rig = try rig()
        try rig.register("<sip:a@phone.example.com>, <sip:b@192.0.2.1>;expires=60")
        rig.now.seconds += 61
        try interval(rig)
        #expect(rig.services.wire.sent.isEmpty)
        #expect(try pinger(rig).counters.unreachable.value == 1)
    }

    @Test("behind a proxy a request takes the Path; a packet does only with udpping_from_path")
    func path() throws {
        let settings = "registrar use_path 1; registrar path_mode 0"
        let rig = try rig(settings)
        try rig.register("<sip:a@10.9.9.9>", "Path: <sip:192.0.2.7:5099;lr>", "X-SIP: 1")
        try rig.register("<sip:b@10.9.9.9>", callID: "c2", "Path: <sip:192.0.2.7:5099;lr>")
        try interval(rig)
        let sent = rig.services.wire.sent
        #expect(sent.count == 1)
        #expect(sent[0].destination.source.text == "192.0.2.7:5099")
        #expect(sent[0].text.contains("\r\nRoute: <sip:192.0.2.7:5099;lr>\r\n"))
        let through = try self.rig(settings + "; nathelper udpping_from_path 1")
        try through.register("<sip:b@10.9.9.9>", "Path: <sip:192.0.2.7:5099;lr>")
        try interval(through)
        #expect(through.services.wire.sent.map(\.destination.source.text) == ["192.0.2.7:5099"])
    }

    @Test("a stream gets two line ends on its own connection")
    func stream() throws {
        let rig = try rig()
        rig.origin = Origin(
            transport: .tcp, socket: SocketIndex(1),
            source: PeerAddress(high: 0, low: 1, port: 4711), connection: 9)
        try rig.register("<sip:a@[::1]:4711;transport=tcp>")
        try interval(rig)
        #expect(rig.services.wire.sent.map(\.text) == ["\r\n\r\n"])
        #expect(rig.services.wire.sent.first?.destination.connection == 9)
    }

    @Test("nathelper.enable_ping stops the pings and lets them go on")
    func enable() throws {
        let rig = try rig()
        try rig.register("<sip:a@192.0.2.1>")
        #expect(try rig.services.call("nathelper.enable_ping", 0)["result"] == [:])
        try interval(rig)
        #expect(rig.services.wire.sent.isEmpty)
        #expect(try rig.services.call("nathelper.enable_ping", 1)["result"] == [:])
        try interval(rig, from: 60)
        #expect(rig.services.wire.sent.count == 1)
        let off = try RegistrarRig("", Self.script, loads: ["nathelper", "kex"])
        #expect(try off.services.call("nathelper.enable_ping", 1)["error"]?["code"] == 500)
    }

    @Test(
        "settings that cannot be carried out stop the start",
        arguments: [
            "nathelper natping_interval 10; nathelper ping_nated_only 1",
            "nathelper natping_interval 10; nathelper force_socket 127.0.0.1:1",
            "nathelper received_avp nonsense", "nathelper sipping_method a b",
            "nathelper sipping_from nonsense", "nathelper alias_name a=b",
        ])
    func refused(settings: String) {
        #expect(throws: (any Error).self) {
            try RegistrarRig(settings, Self.script, loads: ["nathelper", "kex"])
        }
    }

    @Test("force_socket names a socket of this server")
    func socket() throws {
        let rig = try rig("nathelper force_socket 127.0.0.1:5060; nathelper natping_processes 4")
        try rig.register("<sip:a@192.0.2.1>")
        try interval(rig)
        #expect(rig.services.wire.sent.first?.destination.socket == SocketIndex(0))
        #expect(rig.services.lines.all.contains { $0.contains("natping_processes has no effect") })
    }
}
