import Glibc

/// A TCP socket of 127.0.0.1 that listens, at a port that the system has chosen.
///
/// Whoever has it closes it.
struct LoopbackListener {
    let descriptor: Int32
    let port: UInt16

    init() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe bind(listener, $0, size)
                _ = listen(listener, 64)
                _ = unsafe getsockname(listener, $0, &size)
            }
        }
        descriptor = listener
        port = UInt16(bigEndian: address.sin_port)
    }
}
