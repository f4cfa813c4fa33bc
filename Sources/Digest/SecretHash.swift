internal import Basics
internal import Crypto
internal import CryptoExtras

/// A secret as it is stored: nobody who reads it can log in with it.
///
/// Passwords are derived with scrypt and a salt (RFC 7914), since people choose them and programs
/// guess them. Tokens are chosen by this program with 256 random bits, which nobody guesses; one
/// SHA-256 is enough for them, and each request can afford it.
///
///     $scrypt$ln=14,r=8,p=5$SALT$KEY      (salt and key in hexadecimal)
///     $sha256$DIGEST
public struct SecretHash: Sendable, Equatable {
    /// How it was made.
    private enum Scheme: Sendable, Equatable {
        case scrypt(rounds: Int, blockSize: Int, parallelism: Int, salt: [UInt8])
        case digest
    }

    private let scheme: Scheme
    private let value: [UInt8]

    /// What new passwords are derived with: 16 MiB, some 0.2 s; the recommendation of OWASP.
    private static let rounds = 14
    private static let blockSize = 8
    private static let parallelism = 5
    private static let keyBytes = 32

    /// Whether checking it takes long on purpose.
    public var isSlow: Bool { scheme != .digest }

    // MARK: Making

    /// The hash of a password, with a salt of random bytes.
    public init(password: [UInt8]) {
        let salt = Self.randomBytes(16)
        scheme = .scrypt(
            rounds: 1 << Self.rounds, blockSize: Self.blockSize, parallelism: Self.parallelism,
            salt: salt)
        value =
            Self.derive(
                password, 1 << Self.rounds, Self.blockSize, Self.parallelism, salt, Self.keyBytes)
            ?? []
        precondition(!value.isEmpty, "scrypt refused its own settings")
    }

    /// The hash of a token.
    public init(token: [UInt8]) {
        scheme = .digest
        value = Self.digest(token)
    }

    /// A new token: 43 letters, digits, `-` and `_`, of 256 random bits.
    public static func newToken() -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let bytes = randomBytes(43).map { alphabet[Int($0 & 63)] }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Text

    /// Reads what `text` wrote; nil when it is no hash, or one that would cost more than 256 MiB.
    public init?(text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].isEmpty else { return nil }
        switch (parts[1], parts.count) {
        case ("sha256", 3):
            guard let digest = Self.bytes(parts[2]), digest.count == 32 else { return nil }
            scheme = .digest
            value = digest
        case ("scrypt", 5):
            guard let numbers = Self.settings(parts[2]), let salt = Self.bytes(parts[3]),
                let key = Self.bytes(parts[4]), (8...64).contains(salt.count),
                (16...64).contains(key.count)
            else { return nil }
            scheme = .scrypt(
                rounds: numbers.rounds, blockSize: numbers.blockSize,
                parallelism: numbers.parallelism, salt: salt)
            value = key
        default: return nil
        }
    }

    /// The hash as configuration files hold it.
    public var text: String {
        switch scheme {
        case .digest: return "$sha256$\(Self.hexadecimal(value))"
        case .scrypt(let rounds, let blockSize, let parallelism, let salt):
            let settings = "ln=\(rounds.trailingZeroBitCount),r=\(blockSize),p=\(parallelism)"
            return "$scrypt$\(settings)$\(Self.hexadecimal(salt))$\(Self.hexadecimal(value))"
        }
    }

    // MARK: Checking

    /// Whether it is the hash of a secret; takes as long for a wrong one as for the right one.
    public func matches(_ secret: [UInt8]) -> Bool {
        switch scheme {
        case .digest: return ConstantTime.areEqual(Self.digest(secret), value)
        case .scrypt(let rounds, let blockSize, let parallelism, let salt):
            let key = Self.derive(secret, rounds, blockSize, parallelism, salt, value.count)
            return key.map { ConstantTime.areEqual($0, value) } ?? false
        }
    }

    // MARK: Parts

    private static func derive(
        _ secret: [UInt8], _ rounds: Int, _ blockSize: Int, _ parallelism: Int, _ salt: [UInt8],
        _ count: Int
    ) -> [UInt8]? {
        let key = try? KDF.Scrypt.deriveKey(
            from: secret, salt: salt, outputByteCount: count, rounds: rounds,
            blockSize: blockSize, parallelism: parallelism)
        return key.map { key in unsafe key.withUnsafeBytes { unsafe Array($0) } }
    }

    private static func digest(_ secret: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 32)
        DigestAlgorithm.sha256.write(secret.span, to: &writer)
        return Array(copying: writer.span)
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        // Swift's generator on Linux is getrandom(2).
        (0..<count).map { _ in UInt8.random(in: 0...255) }
    }

    /// `ln=14,r=8,p=5`.
    private static func settings(
        _ text: Substring
    ) -> (rounds: Int, blockSize: Int, parallelism: Int)? {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        guard words.count == 3, let rounds = number(words[0], "ln="),
            let blockSize = number(words[1], "r="), let parallelism = number(words[2], "p="),
            (10...20).contains(rounds), (1...32).contains(blockSize),
            (1...16).contains(parallelism), 128 * blockSize << rounds <= 256 << 20
        else { return nil }
        return (1 << rounds, blockSize, parallelism)
    }

    private static func number(_ text: Substring, _ name: String) -> Int? {
        text.hasPrefix(name) ? Int(text.dropFirst(name.count)) : nil
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        var writer = ByteWriter(capacity: bytes.count * 2)
        writer.append(hexadecimal: bytes.span)
        return writer.text
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard !digits.isEmpty, digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digit(digits[place]), let low = digit(digits[place + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 97...102: byte - 87
        default: nil
        }
    }
}

/// Comparisons that tell nothing by the time they take.
public enum ConstantTime {
    /// Whether two secrets are equal; only their lengths can be told from the time.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for place in left.indices { difference |= left[place] ^ right[place] }
        return difference == 0
    }
}

/// A name for bytes that only this process can make: what a cache of secrets is keyed by.
public struct KeyedDigest: Sendable {
    private let key = SymmetricKey(size: .bits256)

    /// A key of random bits.
    public init() {}

    /// HMAC-SHA-256 of bytes (RFC 2104).
    public func digest(_ bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }
}
