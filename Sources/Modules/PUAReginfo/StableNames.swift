internal import Basics
internal import Digest
internal import Glibc

/// Names of registrations and contacts that stay the same over restarts and tell nothing.
///
/// RFC 3680 5.1 wants an `id` to stay the same as long as the contact lives. Here a contact lives
/// longer than the process when it is kept in a database, and its unique name says when the server
/// started; so the names are a hash under a key that only this machine can work out: of its
/// machine-id, which is meant for that (machine-id(5)), and of the database's URL, which holds a
/// password. Where nothing outlives the process the key is drawn at random.
struct StableNames: Sendable {
    private let hash: KeyedHash

    /// Names of a server that keeps its contacts in a database, or in memory alone.
    init(database: String?, server: String) {
        guard let database, let machine = Self.machine() else {
            hash = KeyedHash(
                key0: UInt64.random(in: 0...UInt64.max), key1: UInt64.random(in: 0...UInt64.max))
            return
        }
        var text = ByteWriter(capacity: 256)
        for part in ["roost reginfo names", machine, database, server] {
            text.append(part)
            text.append(0)
        }
        var digest = ByteWriter(capacity: 64)
        DigestAlgorithm.sha256.write(text.span, to: &digest)
        hash = KeyedHash(key0: Self.word(digest.span, 0), key1: Self.word(digest.span, 8))
    }

    /// Names under a key, for tests.
    init(key: UInt64) { hash = KeyedHash(key0: key, key1: ~key) }

    /// The name of a registration.
    func registration(table: String, aor: [UInt8]) -> String {
        name("r", [Array(table.utf8), aor])
    }

    /// The name of a contact.
    func contact(aor: [UInt8], ruid: [UInt8]) -> String { name("c", [aor, ruid]) }

    /// The number of another server, as unique names of contacts have it; never 0.
    func peer(host: [UInt8], serverID: Int) -> UInt32 {
        let value = number(UInt8(ascii: "p"), [host, Array(String(serverID).utf8)])
        return max(1, UInt32(truncatingIfNeeded: value))
    }

    /// The number of a dialog.
    func dialog(callID: [UInt8], local: [UInt8], remote: [UInt8]) -> UInt64 {
        number(UInt8(ascii: "d"), [callID, local, remote])
    }

    private func name(_ kind: Character, _ parts: [[UInt8]]) -> String {
        let value = String(number(kind.asciiValue ?? 0, parts), radix: 16)
        return "\(kind)\(String(repeating: "0", count: 16 - value.utf8.count))\(value)"
    }

    /// A hash of several texts; each is preceded by its length, so that no two lists look alike.
    private func number(_ kind: UInt8, _ parts: [[UInt8]]) -> UInt64 {
        var text = ByteWriter(capacity: 128)
        text.append(kind)
        for part in parts {
            text.append(decimal: part.count)
            text.append(UInt8(ascii: ":"))
            text.append(part)
        }
        return hash.hash(text.span)
    }

    private static func word(_ bytes: Span<UInt8>, _ start: Int) -> UInt64 {
        precondition(start + 8 <= bytes.count)
        var word: UInt64 = 0
        for place in start..<start + 8 { word = word << 8 | UInt64(bytes[place]) }
        return word
    }

    /// The machine's own number; nil where it has none.
    private static func machine() -> String? {
        guard let file = unsafe fopen("/etc/machine-id", "re") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        let text = bytes.prefix(count).prefix { $0 > 0x20 }
        return text.count >= 16 ? String(decoding: text, as: UTF8.self) : nil
    }
}
