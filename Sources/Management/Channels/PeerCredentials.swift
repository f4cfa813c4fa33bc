internal import Glibc

/// What the system says about the process at the other end of a Unix stream socket.
struct PeerCredentials: Sendable {
    /// Its number; 0 when it lives in another namespace.
    let process: Int32
    /// Its user's number.
    let userID: UInt32

    /// Asks the system; nil when it says nothing.
    init?(_ descriptor: Int32) {
        // `struct ucred`: process, user and group, 32 bits each.
        var numbers: [UInt32] = [0, 0, 0]
        var size = socklen_t(12)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &numbers, &size) == 0,
            size == 12
        else { return nil }
        process = Int32(bitPattern: numbers[0])
        userID = numbers[1]
    }

    /// Process and user for the record of changes.
    var text: String { "unix:pid \(process) uid \(userID)" }

    /// The user's name, nil when the number has none.
    var user: String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var room = [CChar](repeating: 0, count: 4_096)
        guard unsafe getpwuid_r(userID, &entry, &room, room.count, &found) == 0,
            let found = unsafe found, let name = unsafe found.pointee.pw_name
        else { return nil }
        return unsafe String(cString: name)
    }

    /// The program's name as the kernel has it, at most 15 bytes; nil when it cannot be read.
    var program: String? {
        guard process > 0 else { return nil }
        let file = unsafe open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = unsafe read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).filter { $0 != 10 }, as: UTF8.self)
    }
}
