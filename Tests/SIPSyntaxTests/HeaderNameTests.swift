import Basics
import SIPSyntax
import Testing

/// The one table of header fields, and finding them in it.
@Suite("Header names")
struct HeaderNameTests {
    private func find(_ text: String) -> HeaderName { with(text) { HeaderName(name: $0) } }

    @Test("every name is found in any case", arguments: HeaderName.allCases)
    func names(header: HeaderName) {
        guard header != .other else { return }
        let name = header.name.description
        #expect(find(name) == header)
        #expect(find(name.uppercased()) == header)
        #expect(find(name.lowercased()) == header)
        #expect(find(name + "x") == .other)
        if name.count > 2 { #expect(find(String(name.dropLast())) != header) }
    }

    @Test(
        "compact forms are those of the RFCs",
        arguments: [
            ("v", HeaderName.via),
            ("f", .from),
            ("t", .to),
            ("i", .callID),
            ("m", .contact),
            ("l", .contentLength),
            ("c", .contentType),
            ("k", .supported),
            ("s", .subject),
            ("e", .contentEncoding),
            ("o", .event),
            ("u", .allowEvents),
            ("r", .referTo),
            ("b", .referredBy),
            ("x", .sessionExpires),
            ("y", .identity),
            ("a", .other),
        ])
    func compact(form: String, header: HeaderName) {
        #expect(find(form) == header)
        #expect(find(form.uppercased()) == header)
    }

    @Test("compact forms are one letter and unique")
    func unique() {
        let forms = HeaderName.allCases.map(\.row.compact).filter { $0 != 0 }
        #expect(Set(forms).count == forms.count)
        for form in forms { #expect(form >= 97 && form <= 122) }
        #expect(HeaderName.count == HeaderName.allCases.count)
    }

    @Test("what is no name of ours is other")
    func others() {
        for text in ["", "X-Foo", "Vi", "Viaa", "C%6Fntact", "Content_Length", "Call\rID", "\r"] {
            #expect(find(text) == .other)
        }
        #expect(find(String(repeating: "a", count: 25)) == .other)
        #expect(find(String(repeating: "a", count: 24)) == .other)
    }

    @Test("the fields that must stand alone are no lists")
    func rows() {
        for header in HeaderName.allCases {
            #expect(!(header.row.isList && header.row.isSingle), "\(header)")
        }
        for header in [HeaderName.from, .to, .callID, .cSeq, .maxForwards, .contentLength] {
            #expect(header.row.isSingle)
        }
        for header in [HeaderName.via, .contact, .route, .path, .supported, .require] {
            #expect(header.row.isList)
        }
    }
}

/// Methods and Kamailio's bits for them.
@Suite("Methods")
struct SIPMethodTests {
    @Test(
        "the bits are those that Kamailio stores for Allow",
        arguments: [
            ("INVITE", 1),
            ("CANCEL", 2),
            ("ACK", 4),
            ("BYE", 8),
            ("INFO", 16),
            ("REGISTER", 32),
            ("SUBSCRIBE", 64),
            ("NOTIFY", 128),
            ("MESSAGE", 256),
            ("OPTIONS", 512),
            ("PRACK", 1024),
            ("UPDATE", 2048),
            ("REFER", 4096),
            ("PUBLISH", 8192),
            ("FOO", 524_288),
            ("INVITE, ACK, BYE", 13),
            ("INVITE, BYE", 9),
            ("", 0),
            (",,", 0),
            ("invite", 1),
            ("ACK,ACK , ack", 4),
            ("INVITE,FOO", 524_289),
        ])
    func bits(list: String, value: UInt32) {
        #expect(with(list) { MethodSet(list: $0) }.rawValue == value)
    }

    @Test("names are found with regard to case", arguments: SIPMethod.allCases)
    func names(method: SIPMethod) {
        guard method != .other else { return }
        let name = method.name.description
        #expect(with(name) { SIPMethod(name: $0) } == method)
        #expect(with(name.lowercased()) { SIPMethod(name: $0) } == .other)
        #expect(with(name.lowercased()) { SIPMethod(anyCase: $0) } == method)
        #expect(with(name + "X") { SIPMethod(name: $0) } == .other)
        #expect(with(String(name.dropLast())) { SIPMethod(name: $0) } == .other)
    }

    @Test("Allow is read across fields")
    func allow() throws {
        let message = try loaded(Sample.request("Allow: INVITE, ACK", "Allow: BYE"))
        #expect(message.allow?.rawValue == 13)
        let without = try loaded(Sample.request())
        #expect(without.allow == nil)
    }
}
