internal import Basics
internal import CLinux
internal import Glibc

/// An open socket; the last one to forget it closes it.
///
/// A class, because a socket that is still used by someone must not be closed, and its number must
/// not be given to another one meanwhile.
final class SocketHandle: Sendable {
    /// The file descriptor.
    let descriptor: Int32

    /// Takes the descriptor over.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The address that the socket is bound to.
    func localAddress() throws(LoadError) -> PeerAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(descriptor, address, &length)
            }
        }
        guard status == 0 else { throw LoadError.fromErrno("cannot read a socket's address") }
        return PeerAddress(storage)
    }

    /// Binds to `address`, IPv4 or IPv6.
    func bind(to address: PeerAddress) throws(LoadError) {
        var (storage, length) = address.socketAddress
        let status = unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe Glibc.bind(descriptor, name, length)
            }
        }
        guard status == 0 else { throw LoadError.fromErrno("cannot bind to \(address.text)") }
    }

    /// Sets an integer option; what the system refuses is left as it was.
    func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(
            descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The error that is pending on the socket, 0 for none.
    func pendingError() -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length)
        return value
    }
}

extension PeerAddress {
    /// The address in a system structure; a family other than IPv6 is read as IPv4.
    init(_ storage: sockaddr_storage) {
        var storage = storage
        if storage.ss_family == sa_family_t(AF_INET6) {
            let name = unsafe withUnsafeBytes(of: &storage) {
                unsafe $0.load(as: sockaddr_in6.self)
            }
            let halves = unsafe withUnsafeBytes(of: name.sin6_addr) { bytes in
                unsafe (
                    bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                )
            }
            self.init(
                high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1),
                port: UInt16(bigEndian: name.sin6_port), scope: name.sin6_scope_id)
        } else {
            let name = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in.self) }
            self.init(
                ipv4: UInt32(bigEndian: name.sin_addr.s_addr),
                port: UInt16(bigEndian: name.sin_port))
        }
    }

    /// The address as a system structure and the length of the part that counts.
    var socketAddress: (storage: sockaddr_storage, length: socklen_t) {
        var storage = sockaddr_storage()
        guard isIPv6 else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.storeBytes(of: name, as: sockaddr_in.self)
            }
            return (storage, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        var name = sockaddr_in6()
        name.sin6_family = sa_family_t(AF_INET6)
        name.sin6_port = port.bigEndian
        name.sin6_scope_id = scope
        unsafe withUnsafeMutableBytes(of: &name.sin6_addr) {
            unsafe $0.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            unsafe $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe $0.storeBytes(of: name, as: sockaddr_in6.self)
        }
        return (storage, socklen_t(MemoryLayout<sockaddr_in6>.size))
    }
}
