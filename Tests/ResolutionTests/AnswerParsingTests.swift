import Basics
import TestSupport
import Testing

@testable import Resolution

/// Messages of name servers, true, broken and malicious.
@Suite("Reading an answer")
struct AnswerParsingTests {
    static let zone = NameZone(
        """
        h.test 60 A 192.0.2.1
        h.test 30 A 192.0.2.2
        h.test AAAA 2001:db8::1
        alias.test 20 CNAME h.test
        far.test 20 CNAME other.example
        _sip._udp.test SRV 10 20 5062 h.test
        _sip._tcp.test SRV 0 0 0 .
        test NAPTR 50 60 S SIP+D2U _sip._udp.test
        long.test 4294967295 A 192.0.2.3
        """)

    private static func answer(_ name: String, _ type: RecordType) throws -> Answer {
        zone.answer(try #require(Question(name: name, type: type)))
    }

    @Test("addresses come in the server's order with the shortest time to live")
    func addresses() throws {
        let answer = try Self.answer("h.test", .a)
        #expect(
            answer.records == [
                .address(PeerAddress(ipv4: 0xc000_0201, port: 0)),
                .address(PeerAddress(ipv4: 0xc000_0202, port: 0)),
            ])
        #expect(answer.secondsToLive == 30)
        #expect(
            try Self.answer("h.test", .aaaa).records == [
                .address(PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 0))
            ])
    }

    @Test("services and pointers are read field by field")
    func services() throws {
        #expect(
            try Self.answer("_sip._udp.test", .srv).records == [
                .service(
                    ServiceRecord(priority: 10, weight: 20, port: 5062, target: "h.test"))
            ])
        #expect(
            try Self.answer("_sip._tcp.test", .srv).records == [
                .service(ServiceRecord(priority: 0, weight: 0, port: 0, target: ""))
            ])
        #expect(
            try Self.answer("test", .naptr).records == [
                .pointer(
                    PointerRecord(
                        order: 50, preference: 60, flags: "S", service: "SIP+D2U",
                        replacement: "_sip._udp.test"))
            ])
    }

    @Test("aliases are followed within the message, or named when they lead out of it")
    func aliases() throws {
        let near = try Self.answer("alias.test", .a)
        #expect(near.records.count == 2)
        #expect(near.secondsToLive == 20)
        let far = try Self.answer("far.test", .a)
        #expect(far == Answer(alias: "other.example", secondsToLive: 20))
        #expect(try Self.answer("alias.test", .cname).records == [.alias("h.test")])
    }

    @Test("nothing is told apart from no name, and the SOA record says for how long")
    func negative() throws {
        #expect(try Self.answer("h.test", .srv) == Answer(.noData, secondsToLive: 30))
        #expect(try Self.answer("no.test", .a) == Answer(.noName, secondsToLive: 30))
        var zone = Self.zone
        zone.negativeSeconds = nil
        let question = try #require(Question(name: "no.test", type: .a))
        #expect(zone.answer(question) == Answer(.noName))
    }

    @Test("a time to live with its highest bit set counts as none (RFC 2181 8)")
    func longLife() throws {
        #expect(try Self.answer("long.test", .a).secondsToLive == 0)
    }

    @Test(
        "a code other than success and no name is a failure",
        arguments: [1, 2, 4, 5, 15] as [UInt8])
    func codes(_ code: UInt8) throws {
        let query = NameZone.query(name: "h.test", type: 1)
        var reply = try #require(Self.zone.reply(to: query))
        reply[3] = reply[3] & 0xf0 | code
        #expect(Answer(message: reply, type: .a) == Answer(.failed(.refused)))
    }

    @Test("a message that is cut anywhere is an answer, and never more than the whole")
    func cut() throws {
        for (name, type) in [
            ("h.test", RecordType.a), ("alias.test", .a), ("_sip._udp.test", .srv),
            ("test", .naptr), ("no.test", .a),
        ] {
            let query = NameZone.query(name: name, type: type.rawValue)
            let reply = try #require(Self.zone.reply(to: query))
            let whole = Answer(message: reply, type: type)
            for count in 0..<reply.count {
                let answer = Answer(message: Array(reply[..<count]), type: type)
                #expect(answer.records.count <= whole.records.count)
                #expect(answer.records.isEmpty || answer.failure == nil)
            }
        }
    }

    @Test("a query, another type and a wrong number of questions are no answer")
    func notAnAnswer() throws {
        let query = NameZone.query(name: "h.test", type: 1)
        var reply = try #require(Self.zone.reply(to: query))
        #expect(Answer(message: query, type: .a).failure == .malformed)
        #expect(Answer(message: reply, type: .aaaa).failure == .malformed)
        reply[5] = 2
        #expect(Answer(message: reply, type: .a).failure == .malformed)
    }

    /// A reply to `A x.test` whose answer section is given.
    private static func reply(_ section: [UInt8], count: UInt8 = 1) -> [UInt8] {
        var reply = NameZone.query(name: "x.test", type: 1)
        reply[2] = 0x81
        reply[7] = count
        return reply + section
    }

    @Test(
        "pointers that lead forward, to themselves or in a circle end",
        arguments: [
            [0xc0, 24], [0xc0, 26, 0xc0, 24], [0xc0, 200], [0xff, 0xff], [1, 97, 0xc0, 24], [0xc0],
            [0x40, 1], [0x80, 1],
        ] as [[UInt8]])
    func loops(_ name: [UInt8]) {
        let section = name + [0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]
        #expect(Answer(message: Self.reply(section), type: .a).records.isEmpty)
    }

    @Test("a compressed name is read")
    func compressed() {
        let section: [UInt8] = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]
        let answer = Answer(message: Self.reply(section), type: .a)
        #expect(answer.records == [.address(PeerAddress(ipv4: 0x0102_0304, port: 0))])
        #expect(answer.secondsToLive == 9)
    }

    @Test(
        "records of another name, class or size are left out",
        arguments: [
            [1, 121, 0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4],
            [0xc0, 12, 0, 1, 0, 3, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4],
            [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 3, 1, 2, 3],
            [0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4],
        ] as [[UInt8]])
    func foreign(_ section: [UInt8]) {
        let answer = Answer(message: Self.reply(section), type: .a)
        #expect(answer.outcome == .noData)
    }

    @Test("a label with a dot or another strange byte is no name to go on with")
    func strangeLabels() {
        for byte in [UInt8(ascii: "."), 0, 0x20, 0xe4, UInt8(ascii: "\\")] {
            let section: [UInt8] = [
                0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 5, 3, 97, byte, 98, 0,
            ]
            let answer = Answer(message: Self.reply(section), type: .a)
            #expect(answer.alias == nil)
            #expect(answer.records.isEmpty)
        }
    }

    @Test("a name longer than a name may be is refused")
    func longName() {
        var name: [UInt8] = []
        for _ in 0..<5 { name += [63] + [UInt8](repeating: 97, count: 63) }
        let section = name + [0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]
        #expect(Answer(message: Self.reply(section), type: .a).failure == .malformed)
    }

    @Test("no more records are read than the limit, whatever the header promises")
    func many() {
        let one: [UInt8] = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]
        var reply = Self.reply([])
        (reply[6], reply[7]) = (0xff, 0xff)
        for _ in 0..<1_000 { reply += one }
        let answer = Answer(message: reply, type: .a)
        #expect(answer.records.count == Limits.recordsPerAnswerMax)
    }

    @Test("random bytes and damaged messages never do harm")
    func fuzz() throws {
        var generator = SystemRandomNumberGenerator()
        let replies = try [("h.test", 1), ("_sip._udp.test", 33), ("test", 35), ("far.test", 1)]
            .map { try #require(Self.zone.reply(to: NameZone.query(name: $0.0, type: $0.1))) }
        for round in 0..<4_000 {
            var bytes = replies[round % replies.count]
            for _ in 0...(round % 7) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            for type in RecordType.allCases {
                let answer = Answer(message: bytes, type: type)
                #expect(answer.records.count <= Limits.recordsPerAnswerMax)
                #expect((answer.secondsToLive ?? 0) >= 0)
            }
        }
    }
}
