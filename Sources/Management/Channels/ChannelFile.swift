internal import Glibc

/// A socket or named pipe that this process made, so that it removes no other's at its end.
struct ChannelFile: Sendable {
    /// Its path.
    let path: String
    private let device: UInt
    private let number: UInt

    /// What stands at a path now; nil when nothing does.
    init?(_ path: String) {
        var found = stat()
        guard unsafe lstat(path, &found) == 0 else { return nil }
        self.path = path
        device = UInt(found.st_dev)
        number = UInt(found.st_ino)
    }

    /// Removes it, unless something else stands there by now.
    func remove() {
        guard let now = ChannelFile(path), now.device == device, now.number == number else {
            return
        }
        unsafe unlink(path)
    }

    /// Whether a file of a kind stands at a path; a link to one is none.
    static func isKind(_ path: String, _ kind: mode_t) -> Bool {
        var found = stat()
        return unsafe lstat(path, &found) == 0 && found.st_mode & S_IFMT == kind
    }
}

/// Addresses of Unix sockets as the system takes them.
enum UnixAddress {
    /// Calls `body` with the address of a path, which `ChannelAddress` has measured.
    @unsafe static func with<R>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        precondition(path.utf8.count <= ChannelAddress.pathBytesMax)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            for (place, byte) in path.utf8.enumerated() { unsafe room[place] = byte }
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, size)
            }
        }
    }

    /// The path within an address that the system filled in; empty for a socket without a name.
    @unsafe static func path(_ address: sockaddr_un, _ size: socklen_t) -> String {
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        var address = address
        return unsafe withUnsafeBytes(of: &address.sun_path) { room in
            let count = max(0, min(Int(size) - start, room.count))
            var bytes: [UInt8] = []
            for place in 0..<count {
                if unsafe room[place] == 0, place > 0 { break }
                // A name in the abstract namespace begins with a zero byte; it is shown as @.
                bytes.append(unsafe room[place] == 0 ? UInt8(ascii: "@") : unsafe room[place])
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
