import Basics
import Glibc
import TestSupport
import Testing

/// Addresses, compared with what the C library makes of the same text.
@Suite("Address literals and the C library")
struct AddressOracleTests {
    /// The 16 bytes of inet_pton, as two numbers; nil when it refuses the text.
    private func system(_ text: String) -> [UInt64]? {
        var address = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        let bytes = unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
        return [0, 8].map { half in
            bytes[half..<(half + 8)].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private func ours(_ text: String) -> [UInt64]? {
        let bytes = Array(text.utf8)
        return PeerAddress.ipv6(bytes.span).map { [$0.high, $0.low] }
    }

    /// A text that is an IPv6 address, or nearly one.
    private func candidate(_ random: inout SeededNumbers) -> String {
        var groups: [String] = []
        for _ in 0..<Int.random(in: 0...9, using: &random) {
            let number =
                random.next() & [0xffff, 0xff, 0, 0xf][Int.random(in: 0...3, using: &random)]
            let digits = String(number, radix: 16)
            groups.append(Bool.random(using: &random) ? digits : digits.uppercased())
        }
        // Zeros ahead of the numbers of an embedded IPv4 address are ours alone to accept.
        if Int.random(in: 0...3, using: &random) == 0 { groups.append("192.12.1.254") }
        if Int.random(in: 0...2, using: &random) > 0 {
            groups.insert("", at: Int.random(in: 0...groups.count, using: &random))
        }
        var text = groups.joined(separator: ":")
        if text.hasPrefix(":") { text = ":" + text }
        if text.hasSuffix(":"), !text.hasSuffix("::") { text += ":" }
        guard Int.random(in: 0...3, using: &random) == 0, !text.isEmpty else { return text }
        let place = text.index(
            text.startIndex, offsetBy: Int.random(in: 0..<text.count, using: &random))
        if Bool.random(using: &random) {
            text.remove(at: place)
        } else {
            let letters: [Character] = [":", ".", "g", "1", "f", " ", "%", "/"]
            text.insert(letters[Int.random(in: 0..<letters.count, using: &random)], at: place)
        }
        return text
    }

    @Test(
        "a text is an IPv6 address here when it is one there",
        arguments: 1...4 as ClosedRange<UInt64>)
    func ipv6(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var accepted = 0
        for _ in 0..<2_000 {
            let text = candidate(&random)
            let expected = system(text)
            #expect(ours(text) == expected, "\(text)")
            if expected != nil { accepted += 1 }
        }
        #expect(accepted > 300 && accepted < 1_900, "both sides are tried")
    }

    @Test("what is written is what the C library writes", arguments: [5, 6] as [UInt64])
    func writing(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<1_000 {
            let masks: [UInt64] = [.max, 0, 0xffff_0000_ffff_0000, 0xffff, 0x0000_ffff_0000_0000]
            let high = random.next() & masks[Int.random(in: 0..<masks.count, using: &random)]
            // Without ::ffff:0:0/96 and ::/96, which the C library writes with dots.
            let low =
                random.next() & masks[Int.random(in: 0..<masks.count, using: &random)] | 1 << 56
            let address = PeerAddress(high: high, low: low, port: 1)
            var raw = in6_addr()
            unsafe withUnsafeMutableBytes(of: &raw) { bytes in
                for place in 0..<16 {
                    let half = place < 8 ? high : low
                    unsafe bytes[place] = UInt8(
                        truncatingIfNeeded: half >> UInt64(56 - place % 8 * 8))
                }
            }
            var text = [CChar](repeating: 0, count: 64)
            _ = unsafe inet_ntop(AF_INET6, &raw, &text, 64)
            let expected = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            #expect(address.hostText == expected)
        }
    }

    @Test("every number of an IPv4 address is read and written, and none beyond 255")
    func ipv4() {
        for place in 0..<4 {
            for number in 0...1_000 {
                var parts = ["1", "22", "133", "254"]
                parts[place] = "\(number)"
                let text = parts.joined(separator: ".")
                let bytes = Array(text.utf8)
                let address = PeerAddress.ipv4(bytes.span)
                #expect((address != nil) == (number < 256), "\(text)")
                guard let address else { continue }
                #expect(PeerAddress(ipv4: address, port: 0).hostText == text)
            }
        }
    }

    @Test("an address and its port are written with brackets only where they are needed")
    func withPort() {
        var random = SeededNumbers(seed: 7)
        for _ in 0..<200 {
            let port = UInt16.random(in: 0 ... .max, using: &random)
            let four = PeerAddress(ipv4: UInt32(truncatingIfNeeded: random.next()), port: port)
            #expect(four.text == "\(four.hostText):\(port)")
            let six = PeerAddress(high: random.next(), low: random.next(), port: port)
            #expect(six.text == "[\(six.hostText)]:\(port)")
            let bytes = Array("[\(six.hostText)]".utf8)
            let again = PeerAddress(literal: bytes.span, port: port)
            #expect(again == six)
        }
    }
}
