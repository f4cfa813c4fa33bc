import Basics
import Testing

@testable import SIPSyntax

@Suite("Addresses as address~port~number, and addresses-of-record in URIs")
struct NumberedAddressTests {
    private func text(_ body: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter(capacity: 64)
        body(&writer)
        return String(copying: writer.span)
    }

    @Test(
        "an address is read, and written as a URI and as it was",
        arguments: [
            ("192.0.2.1~5060~1", "sip:192.0.2.1:5060", "192.0.2.1~5060~1"),
            ("192.0.2.1~5061~2", "sip:192.0.2.1:5061;transport=tcp", "192.0.2.1~5061~2"),
            ("[2001:db8::1]~80~5", "sip:[2001:db8::1]:80;transport=ws", "[2001:db8::1]~80~5"),
            ("2001:db8::1~443~6", "sip:[2001:db8::1]:443;transport=ws", "[2001:db8::1]~443~6"),
        ])
    func good(written: String, uri: String, again: String) throws {
        let bytes = Array(written.utf8)
        let read = NumberedAddress(parsing: bytes.span)
        let address = try #require(read)
        #expect(text { address.writeURI(into: &$0) } == uri)
        #expect(text { address.write(brackets: true, into: &$0) } == again)
        let bare = again.filter { $0 != "[" && $0 != "]" }
        #expect(text { address.write(brackets: false, into: &$0) } == bare)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "~", "~~", "192.0.2.1~5060", "192.0.2.1~0~1", "192.0.2.1~65536~1",
            "192.0.2.1~5060~0", "192.0.2.1~5060~7", "192.0.2.1~5060~256", "name~5060~1",
            "192.0.2.1~5060~1~", "192.0.2.1~~1", "192.0.2.1~50a~1",
        ])
    func bad(written: String) {
        let bytes = Array(written.utf8)
        let read = NumberedAddress(parsing: bytes.span)
        #expect(read == nil)
    }

    @Test(
        "an AoR becomes an address again, cut at its last @ and escaped",
        arguments: [
            ("alice@example.com", true, "alice@example.com"),
            ("a b\r\n@example.com", true, "a%20b%0d%0a@example.com"),
            ("a@b@example.com", true, "a%40b@example.com"),
            ("alice@ex>ample", true, "alice@ex%3eample"), ("example.com", true, "example.com"),
            ("alice", false, "alice@home"), ("a@b", false, "a%40b@home"), ("", false, "home"),
        ])
    func addressOfRecord(aor: String, hasDomain: Bool, expected: String) {
        let written = text { writer in
            URIBytes.write(
                aor: Array(aor.utf8).span, hasDomain: hasDomain, domain: "home", into: &writer)
        }
        #expect(written == expected)
    }
}
