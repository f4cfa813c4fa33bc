internal import Basics
internal import ModuleKit

/// `{s.md5}` and its like: digests in lower-case hexadecimal.
extension Transformations {
    /// Digests and hashes.
    static var digests: [TransformationRow] {
        [
            .plain("s.md5", "MD5 in hexadecimal.") { bytes, writer in
                let digest = MD5.digest(bytes)
                writeHexadecimal(digest.span, &writer)
            },
            .plain("s.sha256", "SHA-256 in hexadecimal.") { bytes, writer in
                let digest = SHA2.digest256(bytes)
                writeHexadecimal(digest.span, &writer)
            },
            .plain("s.sha384", "SHA-384 in hexadecimal.") { bytes, writer in
                let digest = SHA2.digest384(bytes)
                writeHexadecimal(digest.span, &writer)
            },
            .plain("s.sha512", "SHA-512 in hexadecimal.") { bytes, writer in
                let digest = SHA2.digest512(bytes)
                writeHexadecimal(digest.span, &writer)
            },
            .number(
                "s.corehash", [TransformationParameter("n", .integer, isOptional: true)],
                "A hash of 32 bits, the same as Kamailio's; with n, a power of two, its remainder."
            ) { bytes, size, _ in
                let hash = coreHash(bytes)
                return size > 0 ? Int(hash) & (size - 1) : Int(hash)
            },
        ]
    }

    /// Writes bytes as two digits each.
    static func writeHexadecimal(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) {
        for place in bytes.indices {
            writer.append(hexadecimal: UInt64(bytes[place]), width: 2)
        }
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
