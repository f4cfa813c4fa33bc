import Basics
import Testing

@testable import LoadGenerator

/// The text of one request.
func requestText(
    _ plan: RegisterPlan, binding: Int, sequence: UInt32 = 7,
    ticket: Ticket = Ticket(slot: 1, generation: 2),
    local: PeerAddress = PeerAddress(ipv4: 0x7f00_0001, port: 40_000)
) -> String {
    let template = RequestTemplate(plan: plan, local: local, run: 0xabc)
    var writer = ByteWriter(capacity: 16)
    let request = RequestTemplate.Request(binding: binding, sequence: sequence, ticket: ticket)
    template.append(request, to: &writer)
    #expect(writer.count == template.count)
    return writer.text
}

/// The header fields of a request, in order.
func fields(_ text: String) -> [(name: String, value: String)] {
    text.split(separator: "\r\n").dropFirst().map { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return (String(parts[0]), String(parts[1].drop { $0 == " " }))
    }
}

/// The value of one header field, which must be there exactly once.
func field(_ name: String, _ text: String) -> String {
    let found = fields(text).filter { $0.name == name }
    #expect(found.count == 1, "\(name)")
    return found.first?.value ?? ""
}

@Suite("Template of a request")
struct RequestTemplateTests {
    @Test("a request has the mandatory header fields, each once, and ends with an empty line")
    func complete() {
        let text = requestText(makePlan(), binding: 5)
        #expect(text.hasPrefix("REGISTER sip:example.com SIP/2.0\r\n"))
        #expect(text.hasSuffix("\r\nContent-Length: 0\r\n\r\n"))
        for name in ["Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact"] {
            #expect(!field(name, text).isEmpty)
        }
    }

    @Test("its size is that of a phone's REGISTER")
    func size() {
        #expect((440...500).contains(requestText(makePlan(), binding: 0).utf8.count))
    }

    @Test("the user's digits stand in From, To, Call-ID and Contact")
    func user() {
        let text = requestText(makePlan(), binding: 417)
        #expect(field("From", text).hasPrefix("<sip:user0000417@example.com>;tag="))
        #expect(field("To", text) == "<sip:user0000417@example.com>")
        #expect(field("Call-ID", text).hasPrefix("0000417-00-"))
        #expect(field("Contact", text).hasPrefix("<sip:user0000417@192.0.2.10:5000"))
    }

    @Test("bindings beyond the users are further devices of the same users")
    func device() {
        let plan = makePlan {
            $0.users = 10
            $0.contactsEach = 3
        }
        let text = requestText(plan, binding: 27)
        #expect(field("To", text) == "<sip:user0000007@example.com>")
        #expect(field("Call-ID", text).hasPrefix("0000007-02-"))
        #expect(field("Contact", text).contains(":5002"))
    }

    @Test(
        "the CSeq number has ten digits",
        arguments: [(0, "0000000000"), (7, "0000000007"), (0x7fff_ffff, "2147483647")]
            as [(UInt32, String)])
    func sequence(_ number: UInt32, _ digits: String) {
        let text = requestText(makePlan(), binding: 0, sequence: number)
        #expect(field("CSeq", text) == "\(digits) REGISTER")
    }

    @Test("the branch holds run, slot and generation")
    func branch() {
        let ticket = Ticket(slot: 0x12ab, generation: 0xffff_ffff)
        let text = requestText(makePlan(), binding: 0, ticket: ticket)
        #expect(
            field("Via", text)
                == "SIP/2.0/UDP 127.0.0.1:40000;rport;branch=z9hG4bKrl00000abc000012abffffffff")
    }

    @Test("over TCP the Via and the Contact say so")
    func overTCP() {
        let text = requestText(makePlan { $0.isTCP = true }, binding: 0)
        #expect(field("Via", text).hasPrefix("SIP/2.0/TCP "))
        #expect(field("Contact", text).contains(";transport=tcp>"))
    }

    @Test("an IPv6 address stands in brackets")
    func overIPv6() {
        let local = PeerAddress(high: 0, low: 1, port: 40_001)
        let text = requestText(makePlan(), binding: 0, local: local)
        #expect(field("Via", text).hasPrefix("SIP/2.0/UDP [::1]:40001;"))
    }

    @Test("domain, prefix and life come from the plan")
    func words() {
        let plan = makePlan {
            $0.domain = "sip.test"
            $0.userPrefix = "phone-"
            $0.expires = 0
        }
        let text = requestText(plan, binding: 1)
        #expect(text.hasPrefix("REGISTER sip:sip.test SIP/2.0\r\n"))
        #expect(field("To", text) == "<sip:phone-0000001@sip.test>")
        #expect(field("Contact", text).hasSuffix(">;expires=0"))
    }

    @Test("requests behind each other in one buffer do not touch each other")
    func neighbours() {
        let plan = makePlan()
        let template = RequestTemplate(
            plan: plan, local: PeerAddress(ipv4: 0x7f00_0001, port: 40_000), run: 0xabc)
        var writer = ByteWriter(capacity: 16)
        for binding in 0..<3 {
            template.append(
                RequestTemplate.Request(
                    binding: binding, sequence: 7, ticket: Ticket(slot: 1, generation: 2)),
                to: &writer)
        }
        let expected = (0..<3).map { requestText(plan, binding: $0) }.joined()
        #expect(writer.text == expected)
    }
}

@Suite("Order of the bindings")
struct BindingOrderTests {
    @Test(
        "every binding has its turn once a round",
        arguments: [1, 2, 3, 4, 10, 97, 100, 1_000, 4_096], [0, 1, 2, 77, UInt64.max])
    func permutation(_ count: Int, _ seed: UInt64) {
        let order = BindingOrder(count: count, seed: seed)
        #expect(Set((0..<count).map { order.binding(at: $0) }) == Set(0..<count))
        #expect(order.binding(at: count) == order.binding(at: 0))
    }

    @Test("seed 0 keeps them in order")
    func inOrder() {
        let order = BindingOrder(count: 50, seed: 0)
        #expect((0..<50).map { order.binding(at: $0) } == Array(0..<50))
    }

    @Test("the same seed gives the same order, another seed another")
    func seeded() {
        func turns(_ seed: UInt64) -> [Int] {
            let order = BindingOrder(count: 1_000, seed: seed)
            return (0..<1_000).map { order.binding(at: $0) }
        }
        #expect(turns(5) == turns(5))
        #expect(turns(5) != turns(6))
    }
}
