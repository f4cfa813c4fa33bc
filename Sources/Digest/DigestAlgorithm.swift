public import Basics
internal import Crypto
internal import FoundationEssentials

/// Digests of bytes, computed by swift-crypto.
///
/// No digest is computed in this program: what others have checked is not written again. A digest
/// costs one allocation, that of swift-crypto's state, and its bytes go straight into a writer.
public enum DigestAlgorithm: Sendable, Hashable, CaseIterable {
    /// MD5 (RFC 1321), for scripts and for digest authentication with old telephones.
    ///
    /// It is broken as a signature; nothing here relies on it against forgers.
    case md5
    /// SHA-256 (FIPS 180-4 6.2).
    case sha256
    /// SHA-384 (FIPS 180-4 6.5).
    case sha384
    /// SHA-512 (FIPS 180-4 6.4).
    case sha512

    /// Number of bytes of a digest: 16, 32, 48 or 64.
    public var byteCount: Int {
        switch self {
        case .md5: Insecure.MD5.byteCount
        case .sha256: SHA256.byteCount
        case .sha384: SHA384.byteCount
        case .sha512: SHA512.byteCount
        }
    }

    /// Appends the digest of `input`, `byteCount` bytes, to a writer.
    public func write(_ input: Span<UInt8>, to writer: inout ByteWriter) {
        digest(input) { writer.append($0) }
    }

    /// Appends the digest of `input` in lower-case hexadecimal: two digits a byte.
    public func writeHexadecimal(_ input: Span<UInt8>, to writer: inout ByteWriter) {
        digest(input) { writer.append(hexadecimal: $0) }
    }

    /// Hands the bytes of the digest to `body`.
    private func digest(_ input: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        switch self {
        case .md5: Self.hash(Insecure.MD5.self, input, body)
        case .sha256: Self.hash(SHA256.self, input, body)
        case .sha384: Self.hash(SHA384.self, input, body)
        case .sha512: Self.hash(SHA512.self, input, body)
        }
    }

    /// Hashes with one of swift-crypto's functions.
    ///
    /// Its digests are sequences too, but iterating over one copies it into an array first.
    private static func hash<Function: HashFunction>(
        _: Function.Type, _ input: Span<UInt8>, _ body: (Span<UInt8>) -> Void
    ) {
        let digest = unsafe input.withUnsafeBytes { bytes in
            var function = Function()
            unsafe function.update(bufferPointer: bytes)
            return function.finalize()
        }
        unsafe digest.withUnsafeBytes { bytes in
            assert(bytes.count == Function.Digest.byteCount, "swift-crypto's size of a digest")
            let bound = unsafe bytes.bindMemory(to: UInt8.self)
            unsafe body(Span(_unsafeElements: bound))
        }
    }
}
