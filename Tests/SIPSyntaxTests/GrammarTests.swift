import Basics
import SIPSyntax
import Testing

/// Rules of the grammar in RFC 3261 25.1 and of their limits, one input a row.
@Suite("Grammar, rule by rule")
struct GrammarTests {
    @Test(
        "SIP-Version is SIP/2.0 and answers 505 otherwise",
        arguments: [
            ("SIP/2.0", 0), ("sip/2.0", 0), ("SIP/2.1", 505), ("SIP/1.0", 505), ("SIP/3.0", 505),
            ("SIP/7.0", 505), ("SIP/20.0", 505), ("SIP/2", 400), ("SIP/2.", 400), ("SIP/.0", 400),
            ("SIP2.0", 400), ("HTTP/1.1", 400), ("SIP/2.0 ", 400), ("SIP/2.x", 400),
        ])
    func version(text: String, status: Int) {
        let request = "OPTIONS sip:a SIP/2.0"
        let message = Sample.request(method: "OPTIONS")
        let line = "OPTIONS sip:example.com SIP/2.0"
        #expect(message.hasPrefix(line) && request.hasSuffix("SIP/2.0"))
        let changed = "OPTIONS sip:example.com \(text)" + message.dropFirst(line.count)
        #expect((fault(of: changed)?.status ?? 0) == status)
    }

    @Test(
        "Status-Code has three digits, from 1xx to 6xx",
        arguments: [
            ("SIP/2.0 100 Trying", Int?(100)), ("SIP/2.0 200 OK", 200), ("SIP/2.0 699 x", 699),
            ("SIP/2.0 404", 404), ("SIP/2.0 404 ", 404), ("SIP/2.0 486 Busy Here: é", 486),
            ("SIP/2.0 099 x", nil), ("SIP/2.0 700 x", nil), ("SIP/2.0 20 x", nil),
            ("SIP/2.0 2000 x", nil), ("SIP/2.0 0200 x", nil), ("SIP/2.0  200 x", nil),
            ("SIP/2.0 -20 x", nil), ("SIP/2.0 2x0 x", nil), ("SIP/2.0 200OK", nil),
        ])
    func statusCodes(line: String, status: Int?) throws {
        let rest =
            "\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
            + "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"
        let found = fault(of: line + rest)
        #expect((found == nil) == (status != nil), "\(line)")
        if let status { #expect(try loaded(line + rest).status == status) }
    }

    @Test(
        "a CSeq number is less than 2 to the 31st (RFC 3261 8.1.1.5)",
        arguments: [
            ("0 REGISTER", UInt32?(0)), ("1 REGISTER", 1), ("0009 REGISTER", 9),
            ("2147483647 REGISTER", 2_147_483_647), ("2147483648 REGISTER", nil),
            ("4294967296 REGISTER", nil), ("18446744073709551616 REGISTER", nil),
            ("-1 REGISTER", nil), ("REGISTER", nil), ("1", nil), ("1REGISTER", nil),
            ("1 REGISTER x", nil), ("1 <REGISTER>", nil), ("1\tREGISTER", 1), ("", nil),
        ])
    func cSeq(text: String, number: UInt32?) {
        var found: UInt32?
        with(text) { bytes in
            let all = ByteRange(offset: 0, count: bytes.count)
            found = try? CSeq(parsing: bytes, in: all).number
        }
        #expect(found == number)
    }

    @Test(
        "Max-Forwards is a number from 0 to 255",
        arguments: [
            ("0", UInt32?(0)), ("70", 70), ("255", 255), ("256", nil), ("-1", nil), ("x", nil),
            ("", nil), ("7 0", nil), ("00070", 70),
        ])
    func maxForwards(text: String, number: UInt32?) throws {
        let message = try loaded(Sample.request("Max-Forwards: \(text)"))
        #expect(message.maxForwards.number == number)
    }

    @Test(
        "a Via's ports and ttl keep to their ranges",
        arguments: [
            ("SIP/2.0/UDP h", true), ("SIP/2.0/UDP h:0", true), ("SIP/2.0/UDP h:65535", true),
            ("SIP/2.0/UDP h:65536", false), ("SIP/2.0/UDP h:", false), ("SIP/2.0/UDP h:x", false),
            ("SIP/2.0/UDP h : 5060 ; ttl = 16", true), ("SIP/2.0/UDP h;ttl=255", true),
            ("SIP/2.0/UDP h;ttl=256", false), ("SIP/2.0/UDP h;ttl", false),
            ("SIP/2.0/UDP h;rport", true), ("SIP/2.0/UDP h;rport=65535", true),
            ("SIP/2.0/UDP h;rport=65536", false), ("SIP/2.0/UDP h;rport=x", false),
            ("SIP/2.0/UDP", false), ("SIP/2.0 h", false), ("SIP/3.0/UDP h", false),
            ("SIP/2.0/UDP [::1]:5060", true), ("SIP/2.0/UDP [::1", false),
            ("SIP/2.0/UDP a..b", false), ("SIP/2.0/NEW-one h", true), ("XIP/2.0/UDP h", false),
        ])
    func vias(text: String, isAccepted: Bool) {
        let found = with(text) { bytes in
            (try? Via(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))) != nil
        }
        #expect(found == isAccepted)
    }

    @Test(
        "rport is asked for without a value and answered with one (RFC 3581 3, 4)",
        arguments: [
            ("SIP/2.0/UDP h", false, UInt16?.none), ("SIP/2.0/UDP h;rport", true, nil),
            ("SIP/2.0/UDP h;RPORT=9988", true, 9988), ("SIP/2.0/UDP h;rport=1;rport=2", true, 1),
            ("SIP/2.0/UDP h;rports", false, nil),
        ])
    func rport(text: String, isAsked: Bool, port: UInt16?) throws {
        let via = try with(text) { (bytes) throws(SyntaxError) in
            try Via(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
        }
        #expect(via.hasRport == isAsked)
        #expect(via.rport == port)
    }

    @Test(
        "methods are case-sensitive in a request line (RFC 3261 7.1)",
        arguments: SIPMethod.allCases.filter { $0 != .other })
    func methods(method: SIPMethod) {
        let name = method.name.description
        #expect(with(name) { SIPMethod(name: $0) } == method)
        #expect(with(name.lowercased()) { SIPMethod(name: $0) } == .other)
        #expect(with(name.lowercased()) { SIPMethod(anyCase: $0) } == method)
        #expect(with(name + "X") { SIPMethod(name: $0) } == .other)
        #expect(with(String(name.dropLast())) { SIPMethod(anyCase: $0) } == .other)
        #expect(method.rawValue.nonzeroBitCount == 1)
    }

    @Test(
        "a list of methods is the sum of their bits",
        arguments: [
            ("", UInt32(0)), ("INVITE", 1), ("invite,ACK", 5), (" INVITE , , BYE ,", 9),
            ("INVITE,INVITE", 1), ("FOO", 524_288), ("FOO,BAR", 524_288), ("REGISTER,FOO", 524_320),
            ("INVITE, ACK, CANCEL, BYE, OPTIONS", 527),
        ])
    func methodLists(text: String, bits: UInt32) {
        #expect(with(text) { MethodSet(list: $0).rawValue } == bits)
    }

    @Test(
        "dates are read in the one form of RFC 3261 20.17",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Int?(0)),
            ("Sat, 13 Nov 2010 23:29:00 GMT", 1_289_690_940),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            ("Sat, 13 Nov 2010 23:29:00 UTC", nil), ("Sat, 13 Nov 2010 23:29:00", nil),
            ("sat, 13 Nov 2010 23:29:00 GMT", nil), ("Sat, 13 Nox 2010 23:29:00 GMT", nil),
            ("Sat, 13 Nov 2010 24:29:00 GMT", nil), ("Sat, 13 Nov 2010 23:60:00 GMT", nil),
            ("Sat, 00 Nov 2010 23:29:00 GMT", nil), ("Sat, 32 Nov 2010 23:29:00 GMT", nil),
            ("Sat, 13 Nov 1969 23:29:00 GMT", nil), ("Sat, 1 Nov 2010 23:29:00 GMT ", nil),
            ("Saturday, 13-Nov-10 23:29 GMT", nil), ("", nil),
        ])
    func dates(text: String, seconds: Int?) {
        #expect(with(text) { SIPDate.read($0)?.seconds } == seconds)
        guard let seconds else { return }
        var writer = ByteWriter()
        SIPDate.write(WallTime(seconds: seconds), into: &writer)
        #expect(writer.text == text, "what was read is written the same way")
    }

    @Test("a message has as many header fields as the limit allows, and no more")
    func headerFields() {
        let more = Limits.headersMax - 5
        func message(_ count: Int) -> String {
            let fields = (0..<count).map { "X-\($0): y" }.joined(separator: "\r\n")
            return Sample.request(fields)
        }
        #expect(fault(of: message(more - 1)) == nil)
        #expect(fault(of: message(more)) == nil)
        #expect(fault(of: message(more + 1))?.kind == .tooLarge)
    }

    @Test(
        "keep-alives of a stream are pings of two line ends (RFC 5626 4.4.1)",
        arguments: [
            ("", 0), ("\r\n", 0), ("\r\n\r\n", 1), ("\r\n\r\n\r\n", 1), ("\r\n\r\n\r\n\r\n", 2),
            ("\n\n", 0), ("\n\r\n\r\n", 1),
        ])
    func pings(text: String, pongs: Int) {
        let bytes = Array(text.utf8)
        for size in 1...8 {
            var framer = StreamFramer()
            var found = 0
            for start in stride(from: 0, to: bytes.count, by: size) {
                framer.append(bytes.span.extracting(start..<min(start + size, bytes.count)))
                while framer.next() == .pong { found += 1 }
            }
            #expect(found == pongs, "in pieces of \(size)")
        }
    }
}
