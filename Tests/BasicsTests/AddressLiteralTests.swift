import Basics
import Testing

/// Addresses in text form, read strictly.
@Suite("Address literals")
struct AddressLiteralTests {
    @Test(
        "a literal is read and written in its canonical form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"),
            ("0.0.0.0", "0.0.0.0"),
            ("255.255.255.255", "255.255.255.255"),
            ("010.001.0.09", "10.1.0.9"),
            ("::", "::"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("2001:db8::9:1", "2001:db8::9:1"),
            ("[2001:DB8::9:1]", "2001:db8::9:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("fe80::1", "fe80::1"),
            ("1::", "1::"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:c000:201]", "192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ])
    func valid(text: String, canonical: String) {
        let bytes = Array(text.utf8)
        let address = PeerAddress(literal: bytes.span, port: 5060)
        #expect(address?.hostText == canonical)
        #expect(address?.port == 5060)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.1234",
            "1.2.3.",
            ".1.2.3.4",
            "1..2.3",
            "a.b.c.d",
            "1.2.3.4 ",
            "[1.2.3.4]",
            ":",
            ":::",
            "1:2",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "12345::",
            "g::",
            "1:2:3:4:5:6:7:8::",
            "[::1",
            "::1]",
            "[]",
            "1:2:3:4:5:6:7:",
            ":1:2:3:4:5:6:7:8",
            "::1%eth0",
            "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "::1.2.3.256",
            "1.2.3.4::",
            "example.com",
            "fe80:",
            "::1:",
        ])
    func invalid(text: String) {
        let bytes = Array(text.utf8)
        let address = PeerAddress(literal: bytes.span, port: 0)
        #expect(address == nil)
    }

    @Test("an address that is written can be read again")
    func roundTrip() {
        var state: UInt64 = 42
        for _ in 0..<500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // Masks with zero groups, so that `::` appears in every place.
            let mask = [UInt64.max, 0xffff_0000_0000_ffff, 0, 0xffff][Int(state >> 62)]
            let address = PeerAddress(
                high: state & mask, low: (state &* 31) & ~mask | 1 << 40, port: 1)
            let text = address.hostText
            let bytes = Array(text.utf8)
            let again = PeerAddress(literal: bytes.span, port: 1)
            #expect(again == address, "\(text)")
        }
    }
}
