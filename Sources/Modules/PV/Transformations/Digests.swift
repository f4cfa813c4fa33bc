internal import Basics
internal import Digest
internal import ModuleKit

/// `{s.md5}` and its like: digests in lower-case hexadecimal.
extension Transformations {
    /// Digests and hashes.
    static var digests: [TransformationRow] {
        [
            digest("s.md5", .md5, "MD5 in hexadecimal."),
            digest("s.sha256", .sha256, "SHA-256 in hexadecimal."),
            digest("s.sha384", .sha384, "SHA-384 in hexadecimal."),
            digest("s.sha512", .sha512, "SHA-512 in hexadecimal."),
            .number(
                "s.corehash", [TransformationParameter("n", .integer, isOptional: true)],
                "A hash of 32 bits, the same as Kamailio's; with n, a power of two, its remainder."
            ) { bytes, size, _ in
                let hash = coreHash(bytes)
                return size > 0 ? Int(hash) & (size - 1) : Int(hash)
            },
        ]
    }

    private static func digest(
        _ name: String, _ algorithm: DigestAlgorithm, _ summary: String
    ) -> TransformationRow {
        .plain(name, summary) { algorithm.writeHexadecimal($0, to: &$1) }
    }

    /// The hash that scripts spread users with: words of four bytes, big-endian, folded.
    private static func coreHash(_ bytes: Span<UInt8>) -> UInt32 {
        var hash: UInt32 = 0
        var word: UInt32 = 0
        for place in bytes.indices {
            word = word << 8 &+ UInt32(bytes[place])
            if place % 4 == 3 {
                hash &+= word ^ word >> 3
                word = 0
            }
        }
        hash &+= word ^ word >> 3
        return hash &+ hash >> 11 &+ (hash >> 13 &+ hash >> 23)
    }
}
