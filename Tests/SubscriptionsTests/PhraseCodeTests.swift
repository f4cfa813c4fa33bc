import Basics
import Testing

@testable import Subscriptions

@Suite("PhraseCode")
struct PhraseCodeTests {
    static let code = PhraseCode(
        phrases: "<presence><tuple id=\"\"><status><basic>open</basic></status></tuple></presence>",
        sample: "the quick brown fox jumps over the lazy dog 0123456789")

    static func packed(_ text: [UInt8], _ code: PhraseCode = code) -> [UInt8] {
        var writer = ByteWriter()
        code.pack(text.span, into: &writer)
        return Array(copying: writer.span)
    }

    static func unpacked(_ packed: [UInt8], _ count: Int, _ code: PhraseCode = code) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: count)
        var span = text.mutableSpan
        code.unpack(packed.span, into: &span)
        return text
    }

    static func text(_ count: Int, of alphabet: String, _ dice: inout Dice) -> [UInt8] {
        let letters = Array(alphabet.utf8)
        return (0..<count).map { _ in letters[dice.roll(letters.count)] }
    }

    static func returns(_ text: [UInt8]) -> Bool {
        unpacked(packed(text), text.count) == text
    }

    @Test(
        "a text comes back as it was",
        arguments: [
            "", "a", "abc", "abcd", "<presence>", "</presence></presence>",
            "<presence><tuple id=\"a\"><status><basic>closed</basic></status></tuple></presence>",
            "......................................................", "abababababababababab",
            "\r\n\t\u{1}ÄÖÜ€\u{10FFFF}",
        ])
    func roundTrip(text: String) { #expect(Self.returns(Array(text.utf8))) }

    @Test("every single byte and every pair with an A comes back")
    func singles() {
        for byte in UInt8.min...UInt8.max {
            #expect(Self.returns([byte]))
            #expect(Self.returns([65, byte]))
            #expect(Self.returns([UInt8](repeating: byte, count: 300)))
        }
    }

    @Test("texts of few letters come back, whatever repetitions they have", arguments: 0..<300)
    func random(seed: Int) {
        var dice = Dice(UInt64(seed))
        let alphabet = ["ab", "<presnc>/", "abcdefghij 0123", "\u{0}~"][seed % 4]
        #expect(Self.returns(Self.text(dice.roll(2_000), of: alphabet, &dice)))
    }

    @Test("texts of any bytes come back", arguments: 0..<50)
    func noise(seed: Int) {
        var dice = Dice(UInt64(seed) + 1_000)
        let text = (0..<(seed * 40)).map { _ in UInt8(dice.roll(256)) }
        #expect(Self.returns(text))
    }

    @Test("the longest text, with repetitions longer and farther than one symbol tells")
    func longest() {
        var dice = Dice(9)
        var text = [UInt8](repeating: 46, count: 5_000)
        text += Self.text(5_000, of: "abcdefghijklmnopqrstuvwxyz", &dice)
        text += text.prefix(10_000)
        text += [UInt8](repeating: 47, count: Int(UInt16.max) - text.count)
        #expect(text.count == Int(UInt16.max))
        #expect(Self.returns(text))
        #expect(Self.packed([UInt8](repeating: 46, count: 60_000)).count < 200)
    }

    @Test("phrases cost a few bytes, and a repetition costs a few bytes more")
    func phrases() {
        let text = "<status><basic>open</basic></status></tuple></presence>"
        #expect(Self.packed(Array(text.utf8)).count <= 5)
        #expect(Self.packed(Array((text + text).utf8)).count <= 10)
    }

    @Test("letters that are frequent in the sample are shorter than others")
    func letters() {
        let frequent = Self.packed(Array("the dog over the fox".utf8))
        let rare = Self.packed(Array("%&$!%!$&%$!&&%!$&$%!".utf8))
        #expect(frequent.count < 14)
        #expect(rare.count > 20)
    }

    @Test("what another code has packed is refused before it reads or writes anywhere else")
    func foreign() async {
        await #expect(processExitsWith: .failure) {
            // One repetition, from farther than the phrases reach.
            let code = PhraseCode(phrases: "abcdefgh", sample: "abc")
            let far = PhraseCode(
                phrases: "12345678" + String(repeating: "x", count: 900), sample: "abc")
            let packed = Self.packed(Array("12345678".utf8), far)
            _ = Self.unpacked(packed, 8, code)
        }
    }
}

@Suite("SymbolCode")
struct SymbolCodeTests {
    @Test(
        "every symbol is read back as it was written",
        arguments: [
            [1, 1], [1, 2, 3],
            [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192],
            [Int](repeating: 1, count: 1_024), [Int](repeating: 7, count: 268),
        ])
    func prefixes(weights: [Int]) {
        let code = SymbolCode(weights: weights)
        for symbol in weights.indices {
            let word = code.word(symbol)
            #expect(word.count >= 1 && word.count <= SymbolCode.bitsMax)
            for noise: UInt64 in [0, .max] {
                let bits = UInt64(word.bits) | noise << UInt64(word.count)
                let read = code.symbol(bits)
                #expect(read.symbol == symbol && read.count == word.count)
            }
        }
    }

    @Test("heavier symbols are not longer than lighter ones")
    func order() {
        let code = SymbolCode(weights: [1, 50, 3, 900, 20, 20])
        #expect(code.word(3).count <= code.word(1).count)
        #expect(code.word(1).count <= code.word(4).count)
        #expect(code.word(4).count <= code.word(2).count)
        #expect(code.word(2).count <= code.word(0).count)
    }
}
