import Basics
import TestSupport
import Testing

/// A cursor reads what a walk over an array reads, and compares bytes as tables do.
@Suite("Laws of cursors and bytes")
struct CursorPropertyTests {
    @Test(
        "it never leaves its range, whatever it is asked", arguments: 1...3 as ClosedRange<UInt64>)
    func bounds(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<200 {
            let bytes = random.bytes(0...30, of: "ab:1 ")
            let start = Int.random(in: 0...bytes.count, using: &random)
            let count = Int.random(in: 0...(bytes.count - start), using: &random)
            let end = start + count
            var cursor = Cursor(bytes.span, in: ByteRange(offset: start, count: count))
            var place = start
            for _ in 0..<20 {
                switch Int.random(in: 0...6, using: &random) {
                case 0:
                    let step = Int.random(in: 0...5, using: &random)
                    cursor.advance(step)
                    place = min(end, place + step)
                case 1:
                    let took = cursor.take(UInt8(ascii: "a"))
                    let there = place < end && bytes[place] == UInt8(ascii: "a")
                    check(took == there)
                    if there { place += 1 }
                case 2:
                    let found = cursor.seek(UInt8(ascii: ":"))
                    let next = bytes[place..<end].firstIndex(of: UInt8(ascii: ":"))
                    check(found == (next != nil))
                    place = next ?? end
                case 3:
                    let skipped = cursor.skip(ByteSet("ab"))
                    let run = bytes[place..<end].prefix { $0 == 97 || $0 == 98 }.count
                    check(skipped == run)
                    place += run
                case 4:
                    let distance = Int.random(in: 0...40, using: &random)
                    let seen = cursor.peek(distance)
                    check(seen == (place + distance < end ? bytes[place + distance] : nil))
                case 5:
                    place = Int.random(in: 0...end, using: &random)
                    cursor.move(to: place)
                default:
                    let value = cursor.decimal()
                    let digits = bytes[place..<end].prefix { $0 &- 48 < 10 }
                    check(value == UInt64(String(decoding: digits, as: UTF8.self)))
                    place += digits.count
                }
                check(cursor.position == place && cursor.remaining == end - place)
                check(cursor.isAtEnd == (place >= end))
                check(cursor.current == (place < end ? bytes[place] : nil))
            }
        }
    }

    @Test("digits are the number that Swift makes of them, up to the last that fits")
    func decimals() {
        var random = SeededNumbers(seed: 9)
        var texts = ["18446744073709551615", "18446744073709551616", "18446744073709551619"]
        texts += ["18446744073709551620", "28446744073709551615", "184467440737095516150"]
        texts += ["00000000000000000000000000000001", "099999999999999999999"]
        for _ in 0..<2_000 {
            texts.append(String(decoding: random.bytes(1...24, of: "0123456789"), as: UTF8.self))
        }
        for text in texts {
            let bytes = Array(text.utf8)
            let found = bytes.span.decimal()
            #expect(found == UInt64(text), "\(text)")
            let limited = bytes.span.decimal(upTo: 65_535)
            #expect(limited == UInt64(text).flatMap { $0 <= 65_535 ? $0 : nil }, "\(text)")
        }
    }

    @Test("two bytes match when they are the same letter in any case, and else when they are equal")
    func everyPair() {
        func lower(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
        var wrong = 0
        for one in UInt8.min ... .max {
            for two in UInt8.min ... .max {
                let left: [UInt8] = [one]
                let right: [UInt8] = [two]
                if left.span.matches(right.span) != (lower(one) == lower(two)) { wrong += 1 }
                if left.span.equals(right.span) != (one == two) { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test("a set holds what its text holds, a union what either holds", arguments: [true, false])
    func sets(beyond: Bool) {
        let one = ByteSet("abc019?\u{0}\u{7f}", beyond: beyond)
        let two = ByteSet("@xyz/", beyond: false)
        let both = one.union(two)
        for byte in UInt8.min ... .max {
            let inOne = byte < 128 ? "abc019?\u{0}\u{7f}".utf8.contains(byte) : beyond
            let inTwo = byte < 128 && "@xyz/".utf8.contains(byte)
            #expect(one.contains(byte) == inOne)
            #expect(two.contains(byte) == inTwo)
            #expect(both.contains(byte) == (inOne || inTwo))
        }
        #expect(both == two.union(one))
    }

    @Test("a prefix is one in any case, and the whole is a prefix of itself")
    func prefixes() {
        let bytes = Array("z9hG4bK776".utf8)
        let span = bytes.span
        let results = [
            span.hasPrefix(matching: ""), span.hasPrefix(matching: "Z9HG4BK"),
            span.hasPrefix(matching: "z9hg4bk776"), span.hasPrefix(matching: "z9hg4bk7766"),
            span.hasPrefix(matching: "9hg"),
        ]
        #expect(results == [true, true, true, false, false])
        let empty: [UInt8] = []
        let none = [empty.span.hasPrefix(matching: ""), empty.span.hasPrefix(matching: "a")]
        #expect(none == [true, false])
    }

    @Test("a match and its captures are the same places", arguments: [1, 2] as [UInt64])
    func expressions(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let patterns = ["a(b*)(c)?", "(^|,)([^,]*)", "(a|b)+$", "x*", "[0-9]+(:)?", "(a)(b)(c)"]
        for pattern in patterns {
            let expression = try RegularExpression(pattern, ignoresCase: false)
            for _ in 0..<100 {
                let bytes = random.bytes(0...20, of: "aabbcc,:01x")
                let start = Int.random(in: 0...bytes.count, using: &random)
                let match = expression.match(bytes.span, from: start)
                let captures = expression.captures(bytes.span, from: start)
                #expect((match == nil) == (captures == nil))
                guard let match, let captures else { continue }
                for group in 0..<RegularExpression.groupsMax {
                    let place = captures[group] ?? 0..<0
                    #expect(match[group].indices == place, "\(pattern) group \(group)")
                    #expect(place.upperBound <= bytes.count)
                }
                #expect(match[0].start >= start)
            }
        }
    }
}

/// Small types that are their constants and their limits.
@Suite("Names, numbers and threads")
struct SmallTypeTests {
    @Test("transports are named in any case, and only those")
    func transports() {
        for transport in TransportProtocol.allCases {
            let name = "\(transport.name)"
            for spelling in [
                name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst(),
            ] {
                let bytes = Array(spelling.utf8)
                #expect(TransportProtocol.named(bytes.span) == transport)
            }
            let longer = Array((name + "x").utf8)
            #expect(TransportProtocol.named(longer.span) == nil)
        }
        for other in ["", "u", "ud", "tls-sctp", "udp "] {
            let bytes = Array(other.utf8)
            #expect(TransportProtocol.named(bytes.span) == nil)
        }
    }

    @Test("the number of a socket has sixteen bits, one of which is for none")
    func sockets() async {
        #expect(SocketIndex(65_534).value == 65_534)
        #expect(!SocketIndex(65_534).isNone)
        await #expect(processExitsWith: .failure) { _ = SocketIndex(65_535) }
        await #expect(processExitsWith: .failure) { _ = SocketIndex(-1) }
    }

    @Test("a range has a start, an end and a length that agree")
    func ranges() {
        for offset in 0..<20 {
            for count in 0..<20 {
                let range = ByteRange(offset: offset, count: count)
                #expect(range.start == offset && range.end == offset + count)
                #expect(range.indices == offset..<(offset + count))
                #expect(range.isEmpty == (count == 0))
            }
        }
        let largest = ByteRange(offset: Int(UInt32.max), count: Int(UInt32.max))
        #expect(largest.end == 2 * Int(UInt32.max))
    }

    @Test("the banner is name, version and platform")
    func banner() {
        let banner = ProductVersion.banner
        #expect(banner.hasPrefix("\(ProductVersion.name) \(ProductVersion.number) ("))
        #expect(banner.hasSuffix("/linux)"))
        #expect(ProductVersion.number.split(separator: ".").compactMap { Int($0) }.count == 3)
        #expect(ProductVersion.architecture != "unknown")
        #expect(ProductVersion.compiler.hasPrefix("Swift 6"))
        #expect(!ProductVersion.flags.isEmpty)
    }

    @Test("what runs lowered has run when the call returns, once, under any name")
    func lowered() {
        for name in ["", "short", "a name of more than fifteen bytes"] {
            let counter = Counter()
            ThreadPriority.runLowered(name) { counter.add() }
            #expect(counter.value == 1)
        }
    }

    @Test("a counter that is set says what it held, and counts on from there")
    func counters() {
        let counter = Counter(5)
        counter.add(-7)
        #expect(counter.value == -2)
        #expect(counter.set(40) == -2)
        counter.add(2)
        #expect(counter.value == 42)
        #expect(counter.set(.max) == 42)
        counter.add(1)
        #expect(counter.value == .min, "a counter wraps and does not stop the program")
    }

    @Test("limits that depend on each other keep their relations")
    func limits() {
        #expect(Limits.headerSectionBytesMax < Limits.messageBytesMax)
        #expect(Limits.messageBytesMax <= Int(UInt16.max), "the index has offsets of two bytes")
        #expect(Limits.headersMax < Int(UInt8.max), "the number of a header field is one byte")
        #expect(Limits.aorBytesMax + Limits.contactBytesMax < Limits.headerSectionBytesMax)
        #expect(Limits.scriptTextBytesMax <= Limits.scratchBytesMax)
        #expect(Limits.base58BytesMax <= Limits.scriptTextBytesMax)
        #expect(Limits.connectQueueBytesMax <= Limits.streamQueueBytesMax)
        #expect(Limits.messageBytesMax <= Limits.connectQueueBytesMax)
        #expect(Limits.httpConnectionsPerAddressMax <= Limits.httpConnectionsMax)
        #expect(Limits.includeNameBytesMax < Limits.configurationBytesMax)
        #expect(Limits.hashTableKeyBytesMax <= Limits.scriptTextBytesMax)
    }
}
