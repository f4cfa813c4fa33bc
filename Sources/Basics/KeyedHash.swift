/// SipHash-1-3 under a secret key: a hash whose collisions nobody can aim.
///
/// Strangers choose the names that are hashed, so a table that they fill needs a hash they cannot
/// predict. The key comes from the caller; it is drawn at random when the server starts.
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
public struct KeyedHash: Sendable {
    private let key0: UInt64
    private let key1: UInt64

    /// A hash under a key of 128 bits.
    public init(key0: UInt64, key1: UInt64) {
        self.key0 = key0
        self.key1 = key1
    }

    /// The hash of some bytes.
    public func hash(_ bytes: Span<UInt8>) -> UInt64 {
        hash(bytes, compressionRounds: 1, finalRounds: 3)
    }

    /// SipHash with any number of rounds: the published test vectors are those of 2 and 4.
    func hash(_ bytes: Span<UInt8>, compressionRounds: Int, finalRounds: Int) -> UInt64 {
        assert(compressionRounds > 0 && finalRounds > 0)
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var state = State(key0, key1)
            let words = buffer.count / 8
            let raw = unsafe UnsafeRawPointer(buffer.baseAddress)
            for word in 0..<words {
                guard let raw = unsafe raw else { break }
                let value = unsafe raw.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)
                state.take(UInt64(littleEndian: value), rounds: compressionRounds)
            }
            var last = UInt64(truncatingIfNeeded: buffer.count) << 56
            for place in words * 8..<buffer.count {
                last |= unsafe UInt64(buffer[place]) << UInt64((place & 7) * 8)
            }
            state.take(last, rounds: compressionRounds)
            return state.finish(rounds: finalRounds)
        }
    }

    /// The four words that SipHash mixes.
    private struct State {
        var v0: UInt64
        var v1: UInt64
        var v2: UInt64
        var v3: UInt64

        init(_ key0: UInt64, _ key1: UInt64) {
            v0 = key0 ^ 0x736f_6d65_7073_6575
            v1 = key1 ^ 0x646f_7261_6e64_6f6d
            v2 = key0 ^ 0x6c79_6765_6e65_7261
            v3 = key1 ^ 0x7465_6462_7974_6573
        }

        mutating func take(_ word: UInt64, rounds: Int) {
            v3 ^= word
            for _ in 0..<rounds { mix() }
            v0 ^= word
        }

        mutating func finish(rounds: Int) -> UInt64 {
            v2 ^= 0xff
            for _ in 0..<rounds { mix() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        private mutating func mix() {
            v0 = v0 &+ v1
            v2 = v2 &+ v3
            v1 = rotate(v1, 13) ^ v0
            v3 = rotate(v3, 16) ^ v2
            v0 = rotate(v0, 32)
            v2 = v2 &+ v1
            v0 = v0 &+ v3
            v1 = rotate(v1, 17) ^ v2
            v3 = rotate(v3, 21) ^ v0
            v2 = rotate(v2, 32)
        }

        private func rotate(_ word: UInt64, _ places: UInt64) -> UInt64 {
            word << places | word >> (64 - places)
        }
    }
}
