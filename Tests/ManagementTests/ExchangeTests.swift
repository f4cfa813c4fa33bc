import Basics
import JSONValue
import Testing

@testable import Management

/// A request's body while it arrives: what is kept, what is read and thrown away, what is refused.
@Suite("bodies of requests")
struct ExchangeTests {
    /// An exchange that keeps bodies of up to `most` bytes.
    private func exchange(most: Int, seconds: Int = 30) -> HTTPExchange {
        var configuration = HTTPServer.Configuration()
        configuration.bodyBytesMax = most
        configuration.requestSecondsMax = seconds
        return HTTPExchange(
            client: "127.0.0.1:1", method: "POST", path: "/RPC", configuration: configuration)
    }

    /// Gives bytes to an exchange; whether it wants more.
    private func give(_ exchange: HTTPExchange, _ count: Int, _ byte: UInt8 = 0x61) -> Bool {
        let bytes = [UInt8](repeating: byte, count: count)
        return unsafe bytes.withUnsafeBytes { unsafe exchange.take($0) }
    }

    @Test(
        "an announced length is judged at the limit, and at what is still read",
        arguments: [
            ("0", false, false), ("999", false, false), ("1000", false, false),
            ("1001", true, false), ("16777216", true, false), ("16777217", true, true),
            ("9223372036854775807", true, true), ("99999999999999999999", false, false),
            ("x", false, false), ("", false, false),
        ])
    func announced(_ length: String, _ isTooLarge: Bool, _ isHopeless: Bool) {
        let exchange = exchange(most: 1000)
        exchange.announce(length)
        #expect(exchange.isTooLarge == isTooLarge)
        #expect(exchange.isHopeless == isHopeless)
    }

    @Test("a body at its limit is kept whole, one byte more empties it")
    func limit() {
        let exchange = exchange(most: 1000)
        #expect(give(exchange, 600))
        #expect(give(exchange, 400, 0x62))
        #expect(exchange.body.count == 1000 && !exchange.isTooLarge)
        #expect(exchange.body[599] == 0x61 && exchange.body[600] == 0x62)
        #expect(give(exchange, 1))
        #expect(exchange.isTooLarge && exchange.body.isEmpty)
        #expect(give(exchange, 100))
        #expect(exchange.body.isEmpty)
    }

    @Test("a body that is thrown away is read to its limit and no further")
    func discarded() {
        let exchange = exchange(most: 1000)
        let piece = 1 << 20
        for _ in 0..<(Limits.discardedBodyBytesMax / piece) { #expect(give(exchange, piece)) }
        #expect(!give(exchange, 1))
    }

    @Test("a body that comes after its time is refused")
    func late() {
        #expect(!give(exchange(most: 1000, seconds: 0), 1))
    }

    @Test("a body that was handed on is forgotten")
    func forgotten() {
        let exchange = exchange(most: 1000)
        _ = give(exchange, 10)
        _ = exchange.takeBody()
        #expect(exchange.body.isEmpty && !exchange.isTooLarge)
        #expect(exchange.client == "127.0.0.1:1")
        #expect(exchange.method == "POST" && exchange.path == "/RPC")
    }

    @Test("the defaults are the limits of the server, on loopback only")
    func defaults() {
        let configuration = HTTPServer.Configuration()
        #expect(configuration.address == "127.0.0.1" && configuration.port == 8280)
        #expect(configuration.allowed.isEmpty)
        #expect(configuration.connectionsMax == Limits.httpConnectionsMax)
        #expect(configuration.connectionsPerAddressMax == Limits.httpConnectionsPerAddressMax)
        #expect(configuration.idleSecondsMax == Limits.httpIdleSecondsMax)
        #expect(configuration.requestSecondsMax == Limits.httpRequestSecondsMax)
        #expect(configuration.bodyBytesMax == Limits.requestBodyBytesMax)
        #expect(Limits.requestBodyBytesMax <= Limits.discardedBodyBytesMax)
    }
}

/// Prefixes of addresses, against a comparison bit by bit.
@Suite("address ranges in detail")
struct AddressRangeDetailTests {
    /// The bits of an address from the left.
    private static func bits(_ address: PeerAddress) -> [Bool] {
        if !address.isIPv6 { return (0..<32).map { address.low >> UInt64(31 - $0) & 1 == 1 } }
        return (0..<128).map { place in
            let half = place < 64 ? address.high : address.low
            return half >> UInt64(63 - place % 64) & 1 == 1
        }
    }

    /// A small generator of numbers.
    private struct Source {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let high = state >> 32
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return high << 32 | state >> 32
        }
    }

    @Test("an IPv4 prefix of any length is compared to its last bit", arguments: 0...32)
    func four(_ length: Int) throws {
        var source = Source(state: UInt64(length) + 1)
        for _ in 0..<20 {
            let base = UInt32(truncatingIfNeeded: source.next())
            let address = PeerAddress(ipv4: base, port: 0)
            let range = try #require(AddressRange("\(address.hostText)/\(length)"))
            for bit in 0..<32 {
                let other = PeerAddress(ipv4: base ^ (1 << UInt32(31 - bit)), port: 9)
                let same = Self.bits(other)[..<length] == Self.bits(address)[..<length]
                #expect(range.contains(other) == same)
            }
        }
    }

    @Test("an IPv6 prefix of any length is compared to its last bit", arguments: 0...128)
    func six(_ length: Int) throws {
        var source = Source(state: UInt64(length) + 7)
        let address = PeerAddress(high: source.next(), low: source.next(), port: 0)
        let range = try #require(AddressRange("\(address.hostText)/\(length)"))
        for bit in 0..<128 {
            let flip = UInt64(1) << UInt64(63 - bit % 64)
            let other = PeerAddress(
                high: bit < 64 ? address.high ^ flip : address.high,
                low: bit < 64 ? address.low : address.low ^ flip, port: 9)
            let same = Self.bits(other)[..<length] == Self.bits(address)[..<length]
            #expect(range.contains(other) == same)
        }
    }

    @Test("an address of the other family is in no range, not even in all of them")
    func families() throws {
        let four = PeerAddress(ipv4: 0, port: 0)
        let six = PeerAddress(high: 0, low: 0, port: 0)
        let allFour = try #require(AddressRange("0.0.0.0/0"))
        let allSix = try #require(AddressRange("::/0"))
        #expect(allFour.contains(four) && !allFour.contains(six))
        #expect(allSix.contains(six) && !allSix.contains(four))
    }

    @Test(
        "texts that are nearly ranges are none",
        arguments: [
            " 1.2.3.4", "1.2.3.4 ", "1.2.3.4/", "/8", "1.2.3.4/+8", "1.2.3.4/8 ", "1.2.3.4/x",
            "256.1.1.1", "1.2.3.4.5", "0x7f.1", "localhost", "[::1]", "::g", "1::2::3", "::1%lo",
            "1.2.3.4/99999999999999999999",
        ])
    func nearly(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        "the word at fault is thrown back as it stands", arguments: ["any", "1.2.3.4/33", "::1/"])
    func fault(_ word: String) {
        #expect(throws: AddressRangeError(word: word)) {
            try AddressRange.list("127.0.0.1, \(word); ::1")
        }
    }

    @Test("a list has a limit, at which it is read")
    func listLimit() throws {
        let most = Limits.allowedRangesMax
        let words = Array(repeating: "10.0.0.0/8", count: most).joined(separator: ",")
        #expect(try AddressRange.list(words).count == most)
        #expect(throws: AddressRangeError(word: "more than 256 ranges")) {
            try AddressRange.list(words + ",::1")
        }
    }
}
