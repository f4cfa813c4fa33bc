internal import Basics
internal import Glibc

/// A full `ul.dump` by Debian's kamcmd, which takes 128 KiB of a reply: it asks for page after page
/// over one connection.
struct KamcmdDump {
    /// The control socket in kamcmd's spelling.
    private let address: String
    /// Contacts that a whole dump has.
    private let users: Int

    /// A dump from the socket at `address` that must name every user.
    init(_ address: String, users: Int) {
        self.address = address
        self.users = users
    }

    /// Seconds from the start of kamcmd to its end; nil when it is not installed.
    func seconds() throws(RigError) -> Double? {
        let places: [String] = ["/usr/sbin/kamcmd", "/usr/bin/kamcmd"]
        guard places.contains(where: { unsafe access($0, X_OK) == 0 }) else { return nil }
        let folder = try ScratchDirectory(prefix: "roost-kamcmd")
        // A page holds some two hundred contacts; to ask once too often costs nothing.
        let pages = users / 100 + 10
        let words = "ul.dump\n" + String(repeating: "ctl.more\n", count: pages)
        try TextFile.write(words, to: folder.file("input"))
        let start = SystemClock.monotonic()
        let program = try ChildProcess(
            ["kamcmd", "-s", address], output: folder.file("output"), input: folder.file("input"))
        defer { program.end(graceSeconds: 0) }
        let isOver = Patience(seconds: Double(30 + users / 1_000)).wait { !program.isRunning }
        let seconds = Double(SystemClock.monotonic().since(start)) / 1e9
        guard isOver else { throw RigError(.late, "kamcmd has not ended its dump") }
        let found = try Self.count("Address: ", in: folder.file("output"))
        guard found == users else {
            throw RigError(.answer, "kamcmd has shown \(found) of \(users) contacts")
        }
        return seconds
    }

    /// How often a text occurs in a file, which may be larger than memory should be.
    private static func count(_ text: String, in path: String) throws(RigError) -> Int {
        let pattern = Array(text.utf8)
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RigError(.system, "cannot read \(path)") }
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        var found = 0
        var matched = 0
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { return found }
            for byte in chunk[..<count] {
                // No prefix of the text occurs within it again, so a miss starts from its first.
                matched = byte == pattern[matched] ? matched + 1 : (byte == pattern[0] ? 1 : 0)
                guard matched == pattern.count else { continue }
                found += 1
                matched = 0
            }
        }
    }
}
