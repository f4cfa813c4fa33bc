internal import Glibc

/// A socket that is connected to a server on the loopback address; every wait has a limit.
public final class ClientSocket: Sendable {
    /// Datagrams or a stream.
    public enum Kind: Sendable, Hashable {
        /// UDP.
        case datagrams
        /// TCP.
        case stream
    }

    /// What it carries.
    public let kind: Kind
    /// Whether it goes to `::1`, not to 127.0.0.1.
    public let isIPv6: Bool
    /// The port it sends from.
    public let localPort: UInt16
    /// The system's socket, closed with the last reference.
    private let descriptor: Int32

    /// Connects to a port of 127.0.0.1 or ::1.
    public init(_ kind: Kind, port: UInt16, isIPv6: Bool = false) throws {
        self.kind = kind
        self.isIPv6 = isIPv6
        let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
        let family = isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        // A burst of replies must not be lost here and blamed on the server.
        var room: Int32 = 4 << 20
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        let address = SocketAddress(isIPv6: isIPv6, port: port)
        let isConnected = unsafe address.withPointer { unsafe connect(descriptor, $0, $1) == 0 }
        guard isConnected else {
            close(descriptor)
            throw StartedProgram.Failure(description: "nobody listens on port \(port)")
        }
        self.descriptor = descriptor
        localPort = Self.localPort(of: descriptor, isIPv6: isIPv6)
    }

    deinit { close(descriptor) }

    /// Sends bytes; on a stream all of them, or false when the peer does not take them in time.
    @discardableResult
    public func send(_ bytes: [UInt8], seconds: Double = 5) -> Bool {
        let end = monotonicSeconds() + seconds
        var sent = 0
        repeat {
            guard waits(for: POLLOUT, until: end) else { return false }
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return unsafe Glibc.send(
                    descriptor, rest.baseAddress, rest.count,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0 {
                // UDP reports here that an earlier datagram found no server; this one was not sent.
                guard errno == EAGAIN || errno == EINTR else { return false }
            } else {
                sent += count
            }
        } while sent < bytes.count
        return true
    }

    /// What comes next: a datagram or a piece of the stream.
    ///
    /// Empty when the peer has closed the stream, nil when nothing comes in time.
    public func receive(seconds: Double) -> [UInt8]? {
        let end = monotonicSeconds() + seconds
        while waits(for: POLLIN, until: end) {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if count >= 0 { return Array(buffer[..<count]) }
            if errno == EAGAIN || errno == EINTR { continue }
            if kind == .stream { return [] }
            // "Connection refused" of a datagram: the server is not there, or not yet.
            usleep(1_000)
        }
        return nil
    }

    /// Says that nothing more will be sent.
    public func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Waits until the socket is ready; false at the end of the time.
    private func waits(for event: Int32, until end: Double) -> Bool {
        while true {
            let milliseconds = max(0, (end - monotonicSeconds()) * 1_000).rounded(.up)
            var place = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let status = unsafe poll(&place, 1, Int32(min(milliseconds, 3_600_000)))
            // A signal, such as that a stopped child goes on, ends the wait before its time.
            if status < 0, errno == EINTR { continue }
            return status > 0
        }
    }

    /// The port that the system chose, which a Via or a Contact of this client has to name.
    private static func localPort(of descriptor: Int32, isIPv6: Bool) -> UInt16 {
        var name = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe withUnsafeMutablePointer(to: &name) { pointer in
            _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        // The port stands in the same place for both families.
        return UInt16(bigEndian: name.sin6_port)
    }
}
