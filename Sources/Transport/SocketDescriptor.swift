internal import Basics
internal import CLinux
internal import Glibc

/// The system calls that make a socket, with their errors as values.
enum SocketDescriptor {
    /// Opens a socket for an address's family; an IPv6 one takes no IPv4.
    static func open(_ address: PeerAddress, stream: Bool) throws(SystemError) -> CInt {
        let kind = stream ? SOCK_STREAM : SOCK_DGRAM
        let flags = CInt(kind.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.isIPv6 ? AF_INET6 : AF_INET, flags, 0)
        guard descriptor >= 0 else { throw .last }
        guard address.isIPv6 else { return descriptor }
        do throws(SystemError) {
            try set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Sets an option that is a number.
    static func set(
        _ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt
    ) throws(SystemError) {
        var value = value
        let size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe setsockopt(descriptor, level, option, &value, size) == 0 else { throw .last }
    }

    /// Reads an option that is a number; 0 when it cannot be read.
    static func get(_ descriptor: CInt, _ level: CInt, _ option: CInt) -> Int {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard unsafe getsockopt(descriptor, level, option, &value, &size) == 0 else { return 0 }
        return Int(value)
    }

    /// Binds a socket to an address.
    static func bind(_ descriptor: CInt, to address: PeerAddress) throws(SystemError) {
        let result = unsafe KernelAddress.withPointer(to: address) { pointer, length in
            unsafe Glibc.bind(descriptor, pointer, length)
        }
        guard result == 0 else { throw .last }
    }

    /// The address that a socket is bound to.
    static func boundAddress(_ descriptor: CInt) throws(SystemError) -> PeerAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe getsockname(descriptor, generic, &length) == 0
                    ? KernelAddress.read(generic, length: Int(length)) : nil
            }
        }
        guard let address else { throw .last }
        return address
    }

    /// Binds a stream socket and starts to take connections, which wait until they are accepted.
    static func listen(on address: PeerAddress) throws(SystemError) -> CInt {
        let descriptor = try open(address, stream: true)
        do throws(SystemError) {
            try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            try bind(descriptor, to: address)
            guard Glibc.listen(descriptor, CInt(Limits.acceptBacklog)) == 0 else { throw .last }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }
}
