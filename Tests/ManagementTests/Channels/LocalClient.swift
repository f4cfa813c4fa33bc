import Basics
import Glibc

@testable import Management

/// A client of a Unix socket, so that tests see what travels.
final class LocalClient {
    let descriptor: Int32

    /// Connects to a stream socket, or makes a datagram socket bound to `own`; nil when refused.
    init?(_ path: String, datagramsTo own: String? = nil) {
        let kind = own == nil ? SOCK_STREAM : SOCK_DGRAM
        descriptor = socket(AF_UNIX, Int32(kind.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if let own { _ = unsafe UnixAddress.with(own) { unsafe bind(descriptor, $0, $1) } }
        guard unsafe UnixAddress.with(path, { unsafe connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = unsafe Glibc.send(descriptor, bytes, bytes.count, 0x4000) }

    /// At least `count` bytes, fewer when the other side closes or stays silent.
    func receive(_ count: Int = 1) -> [UInt8] {
        var found: [UInt8] = []
        while found.count < count {
            var piece = [UInt8](repeating: 0, count: 70_000)
            let size = unsafe recv(descriptor, &piece, piece.count, 0)
            guard size > 0 else { break }
            found += piece.prefix(size)
        }
        return found
    }
}

/// What stands at a path.
func fileMode(_ path: String) -> UInt32? {
    var found = stat()
    return unsafe lstat(path, &found) == 0 ? found.st_mode : nil
}
