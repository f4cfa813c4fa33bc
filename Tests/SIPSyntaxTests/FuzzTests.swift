import Basics
import Foundation
import FuzzTargets
import TestSupport
import Testing

/// The parsers are total: whatever the bytes are, nothing traps and no range leaves its message.
@Suite("Hostile bytes")
struct FuzzTests {
    static func corpus() throws -> [[UInt8]] {
        let files = try Sample.files("Fuzz/corpus/sip") + Sample.files("Torture", suffix: ".dat")
        return try files.map { [UInt8](try Data(contentsOf: $0)) }
    }

    @Test("the corpus of the fuzzer is replayed")
    func replay() throws {
        let inputs = try Self.corpus()
        #expect(inputs.count > 100)
        for input in inputs { SIPFuzz.run(input.span) }
    }

    @Test("every prefix of a message is read without a trap")
    func prefixes() throws {
        let bytes = Array(Sample.register.utf8)
        for length in 0...bytes.count { SIPFuzz.run(bytes.span.extracting(0..<length)) }
    }

    @Test("every byte of a message may be any of the bytes that matter")
    func everyByte() {
        let text = Sample.request("Contact: \"x\" <sip:a@b>;q=0.5", "Path: <sip:p;lr>")
        var bytes = Array(text.utf8)
        for place in bytes.indices {
            let original = bytes[place]
            for byte in [0, 10, 13, 32, 34, 44, 58, 59, 60, 62, 92, 255] as [UInt8] {
                bytes[place] = byte
                SIPFuzz.run(bytes.span)
            }
            bytes[place] = original
        }
    }

    @Test("random mutations of valid messages are read without a trap", arguments: [1, 2, 3, 4])
    func mutations(seed: UInt64) throws {
        var generator = SeededNumbers(seed: seed)
        let corpus = try Self.corpus()
        for _ in 0..<120 {
            guard var bytes = corpus.randomElement(using: &generator) else { return }
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                mutate(&bytes, &generator)
            }
            SIPFuzz.run(bytes.span)
        }
    }

    /// Changes a byte, or moves, doubles or removes a stretch of bytes.
    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededNumbers) {
        guard bytes.count > 2 else { return }
        let start = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 1...20, using: &generator))
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[start] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[start] ^= 0x20
        case 2: bytes.removeSubrange(start..<end)
        case 3: bytes.insert(contentsOf: Array(bytes[start..<end]), at: start)
        default:
            let piece = Array(bytes[start..<end])
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            bytes.insert(contentsOf: piece, at: place)
        }
    }

    @Test("random bytes are read without a trap", arguments: [11, 12])
    func random(seed: UInt64) {
        var generator = SeededNumbers(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...200, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            SIPFuzz.run(bytes.span)
        }
    }

    @Test("a message full of list separators costs time in proportion to its length")
    func manyParts() {
        let text = Sample.request("Contact: " + String(repeating: ",;<>\",", count: 5000))
        let textBytes = Array(text.utf8)
        SIPFuzz.run(textBytes.span)
        let parameters = Sample.request(
            "Contact: <sip:a" + String(repeating: ";p", count: 10_000) + ">")
        let parameterBytes = Array(parameters.utf8)
        SIPFuzz.run(parameterBytes.span)
    }
}
