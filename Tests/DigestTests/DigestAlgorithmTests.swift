import Basics
import Digest
import Testing

/// Values of RFC 1321 A.5, FIPS 180-4's examples, and lengths around a block's edge.
@Suite("Digests")
struct DigestAlgorithmTests {
    /// The digest of bytes in hexadecimal.
    private func hexadecimal(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> String {
        var writer = ByteWriter()
        algorithm.writeHexadecimal(bytes.span, to: &writer)
        return writer.text
    }

    private func hexadecimal(_ algorithm: DigestAlgorithm, _ text: String) -> String {
        hexadecimal(algorithm, Array(text.utf8))
    }

    @Test(
        "MD5 of the test suite of RFC 1321",
        arguments: [
            ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "d174ab98d277d9f5a5611c2c9f419d9f"
            ),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a"
            ),
        ])
    func md5(text: String, expected: String) {
        #expect(hexadecimal(.md5, text) == expected)
    }

    @Test("SHA-256, SHA-384 and SHA-512 of FIPS 180-4's example")
    func sha() {
        #expect(
            hexadecimal(.sha256, "abc")
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hexadecimal(.sha384, "abc")
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7")
        #expect(
            hexadecimal(.sha512, "abc")
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
    }

    @Test("SHA-256 of FIPS 180-4's example of two blocks")
    func twoBlocks() {
        #expect(
            hexadecimal(.sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test("lengths around the edge of a block", arguments: edgeCases)
    func edges(count: Int, md5: String, sha256: String, sha512: String) {
        let bytes = [UInt8](repeating: 97, count: count)
        #expect(hexadecimal(.md5, bytes) == md5)
        #expect(hexadecimal(.sha256, bytes).hasPrefix(sha256))
        #expect(hexadecimal(.sha512, bytes).hasPrefix(sha512))
    }

    @Test(
        "a digest has the length of its algorithm, raw and in hexadecimal",
        arguments: [
            (DigestAlgorithm.md5, 16), (.sha256, 32), (.sha384, 48), (.sha512, 64),
        ])
    func lengths(algorithm: DigestAlgorithm, bytes: Int) {
        #expect(algorithm.byteCount == bytes)
        for input in [[], [0], [UInt8](repeating: 0xff, count: 500)] {
            var writer = ByteWriter()
            algorithm.write(input.span, to: &writer)
            let raw = writer.count
            #expect(raw == bytes)
            #expect(hexadecimal(algorithm, input).utf8.count == 2 * bytes)
        }
    }

    @Test(
        "both forms are the same digest, behind what the writer holds",
        arguments: DigestAlgorithm.allCases)
    func forms(algorithm: DigestAlgorithm) {
        let input = Array("sip:alice@example.com".utf8)
        var raw = ByteWriter()
        raw.append("x" as StaticString)
        algorithm.write(input.span, to: &raw)
        var digits = ByteWriter()
        digits.append("x" as StaticString)
        algorithm.writeHexadecimal(input.span, to: &digits)
        var expected = "x"
        for place in 1..<raw.count {
            let byte = raw.span[place]
            expected += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(digits.text == expected)
    }

    @Test("part of a buffer is hashed, and nothing around it")
    func part() {
        let bytes = Array("xxabcyy".utf8)
        var writer = ByteWriter()
        DigestAlgorithm.md5.writeHexadecimal(bytes.span.extracting(2..<5), to: &writer)
        #expect(writer.text == "900150983cd24fb0d6963f7d28e17f72")
    }

    @Test("one bit changes the digest", arguments: DigestAlgorithm.allCases)
    func bits(algorithm: DigestAlgorithm) {
        let input = [UInt8](repeating: 0x55, count: 130)
        var seen: Set = [hexadecimal(algorithm, input)]
        for place in input.indices {
            var other = input
            other[place] ^= UInt8(1 << (place % 8))
            seen.insert(hexadecimal(algorithm, other))
        }
        #expect(seen.count == 131)
    }
}

private let edgeCases: [(Int, String, String, String)] = [
    (55, "ef1772b6dff9a122358552954ad0df65", "9f4390f8d30c2dd9", "b0220c772cbf6c18"),
    (56, "3b0c8ac703f828b04c6c197006d17218", "b35439a4ac6f0948", "962b64aae357d2a4"),
    (57, "652b906d60af96844ebd21b674f35e93", "f13b2d724659eb3b", "d3115798e872fc1c"),
    (63, "b06521f39153d618550606be297466d5", "7d3e74a05d7db15b", "c1b0f5c6d3b03dfe"),
    (64, "014842d480b571495a4a0363793f7367", "ffe054fe7ae0cb6d", "01d35c10c6c38c2d"),
    (65, "c743a45e0d2e6a95cb859adae0248435", "635361c48bb9eab1", "b83086cd8494e557"),
    (111, "089f243d1e831c5879aa375ee364a06e", "6374f73208854473", "fa9121c7b32b9e01"),
    (112, "9146ef3527c7cfcc66dc615c3986e391", "f54353008a255326", "c01d080efd492776"),
    (113, "d727cfdfc9ed0347e6917a68b982f7bc", "ba02731ae695aae5", "55ddd8ac210a6e18"),
    (127, "020406e1d05cdc2aa287641f7ae2cc39", "c57e9278af78fa3c", "828613968b501dc0"),
    (128, "e510683b3f5ffe4093d021808bc6ff70", "6836cf13bac400e9", "b73d1929aa615934"),
    (129, "b325dc1c6f5e7a2b7cf465b9feab7948", "c12cb024a2e5551c", "4f681e0bd53cda4b"),
    (1000, "cabe45dcc9ae5b66ba86600cca6b8ba8", "41edece42d63e8d9", "67ba5535a46e3f86"),
]
