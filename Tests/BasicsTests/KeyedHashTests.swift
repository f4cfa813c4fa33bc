import Testing

@testable import Basics

@Suite("KeyedHash")
struct KeyedHashTests {
    /// The key of the published vectors: bytes 0 to 15.
    private let published = KeyedHash(key0: 0x0706_0504_0302_0100, key1: 0x0f0e_0d0c_0b0a_0908)

    @Test(
        "SipHash-2-4 gives the vectors of its authors",
        arguments: [
            (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (7, 0xab02_00f5_8b01_d137),
            (8, 0x93f5_f579_9a93_2462), (15, 0xa129_ca61_49be_45e5),
        ] as [(Int, UInt64)])
    func vectors(length: Int, expected: UInt64) {
        let bytes = (0..<length).map { UInt8($0) }
        #expect(published.hash(bytes.span, compressionRounds: 2, finalRounds: 4) == expected)
    }

    @Test("the same bytes under the same key have the same hash")
    func stable() {
        let bytes = Array("alice@example.com".utf8)
        let again = Array("alice@example.com".utf8)
        #expect(published.hash(bytes.span) == published.hash(again.span))
    }

    @Test("another key gives another hash")
    func keyed() {
        let bytes = Array("alice@example.com".utf8)
        let other = KeyedHash(key0: 1, key1: 2)
        #expect(published.hash(bytes.span) != other.hash(bytes.span))
    }

    @Test("every single byte matters, and so does the length")
    func sensitive() {
        var hashes: Set<UInt64> = []
        for length in 0..<40 {
            let bytes = [UInt8](repeating: 0, count: length)
            hashes.insert(published.hash(bytes.span))
            for place in 0..<length {
                var changed = bytes
                changed[place] = 1
                hashes.insert(published.hash(changed.span))
            }
        }
        #expect(hashes.count == 40 + 39 * 40 / 2)
    }

    @Test("numbered names spread over all shards and tags")
    func spread() {
        var shards = [Int](repeating: 0, count: 64)
        for number in 0..<6_400 {
            let bytes = Array("user\(number)@example.com".utf8)
            shards[Int(published.hash(bytes.span) >> 58)] += 1
        }
        #expect(shards.allSatisfy { $0 > 50 && $0 < 160 })
    }
}
