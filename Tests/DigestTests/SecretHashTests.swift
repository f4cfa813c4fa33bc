import Digest
import Testing

@Suite("hashes of secrets")
struct SecretHashTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("a password matches its hash, also after it was written and read")
    func password() throws {
        let hash = SecretHash(password: bytes("secret"))
        let read = try #require(SecretHash(text: hash.text))
        #expect(read == hash)
        #expect(read.matches(bytes("secret")))
        #expect(!read.matches(bytes("Secret")))
        #expect(!read.matches([]))
        #expect(read.isSlow)
        #expect(hash.text.hasPrefix("$scrypt$ln=14,r=8,p=5$"))
    }

    @Test("the same password has another hash each time")
    func salt() {
        #expect(SecretHash(password: bytes("x")).text != SecretHash(password: bytes("x")).text)
    }

    /// RFC 7914 12: the second vector has N = 1024, r = 8, p = 16.
    @Test("scrypt is that of RFC 7914")
    func vector() throws {
        let salt = "4e61436c"  // "NaCl", lengthened below: salts of fewer than 8 bytes are refused
        #expect(SecretHash(text: "$scrypt$ln=10,r=8,p=16$\(salt)$00") == nil)
        let text =
            "$scrypt$ln=14,r=8,p=1$536f6469756d43686c6f72696465$"
            + "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        let hash = try #require(SecretHash(text: text))
        #expect(hash.matches(bytes("pleaseletmein")))
        #expect(!hash.matches(bytes("pleaseletmeout")))
    }

    @Test("a token has 43 characters, another one each time, and matches its digest")
    func token() throws {
        let token = SecretHash.newToken()
        #expect(token.utf8.count == 43 && token != SecretHash.newToken())
        let hash = try #require(SecretHash(text: SecretHash(token: bytes(token)).text))
        #expect(hash.matches(bytes(token)) && !hash.matches(bytes("x" + token)))
        #expect(!hash.isSlow)
        #expect(
            SecretHash(token: bytes("abc")).text
                == "$sha256$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(
        "what is no hash is refused, and what would cost too much",
        arguments: [
            "", "x", "$", "$$", "$sha256$", "$sha256$00", "$sha256$zz", "$md5$00",
            "$scrypt$ln=14,r=8,p=1$0011223344556677",
            "$scrypt$ln=21,r=8,p=1$0011223344556677$"
                + "00112233445566770011223344556677",
            "$scrypt$ln=20,r=32,p=1$0011223344556677$00112233445566770011223344556677",
            "$scrypt$ln=x,r=8,p=1$0011223344556677$00112233445566770011223344556677",
            "$scrypt$r=8,ln=14,p=1$0011223344556677$00112233445566770011223344556677",
        ])
    func refused(_ text: String) { #expect(SecretHash(text: text) == nil) }

    @Test("equal bytes are equal, and nothing else is")
    func comparison() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 3]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 2, 3]))
    }

    @Test("a keyed digest is the same for one key and another for another")
    func keyed() {
        let key = KeyedDigest()
        #expect(key.digest([1]) == key.digest([1]))
        #expect(key.digest([1]) != key.digest([2]))
        #expect(key.digest([1]) != KeyedDigest().digest([1]))
    }
}
