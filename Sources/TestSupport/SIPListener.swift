internal import Basics
internal import Glibc
internal import Synchronization

/// Someone with a UDP port of 127.0.0.1 whom servers can send to: another server, or a phone that
/// has not spoken first.
public final class SIPListener: Sendable {
    /// The port that it listens on.
    public let port: UInt16
    /// The system's socket, closed with the last reference.
    private let descriptor: Int32
    /// Whom it answers: the port of who sent last.
    private let peer = Guarded<UInt16>(0)
    private let received = Guarded(ReceivedRequests())

    /// Takes a free port.
    public init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var taken: UInt16?
        for port in try FreePorts.take(4) where taken == nil {
            let address = SocketAddress(isIPv6: false, port: port)
            if unsafe address.withPointer({ unsafe bind(descriptor, $0, $1) == 0 }) { taken = port }
        }
        guard let taken else {
            close(descriptor)
            throw StartedProgram.Failure(description: "no port to listen on")
        }
        self.descriptor = descriptor
        port = taken
    }

    deinit { close(descriptor) }

    /// The next request; nil when none comes in time.
    ///
    /// What comes again is passed over, as what has been answered is.
    public func incoming(seconds: Double = 10) -> SIPRequest? {
        let end = monotonicSeconds() + seconds
        while let bytes = receive(until: end) {
            guard let request = SIPRequest(bytes) else { continue }
            if received.withLock({ $0.isNew(request) }) { return request }
        }
        return nil
    }

    /// Sends a message to who sent last.
    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        let address = SocketAddress(isIPv6: false, port: peer.withLock { $0 })
        _ = unsafe bytes.withUnsafeBytes { buffer in
            unsafe address.withPointer {
                unsafe sendto(descriptor, buffer.baseAddress, buffer.count, 0, $0, $1)
            }
        }
    }

    /// Waits for a datagram and remembers its sender.
    private func receive(until end: Double) -> [UInt8]? {
        var place = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = max(0, (end - monotonicSeconds()) * 1_000).rounded(.up)
        guard unsafe poll(&place, 1, Int32(milliseconds)) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe withUnsafeMutablePointer(to: &sender) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe recvfrom(descriptor, bytes.baseAddress, bytes.count, 0, $0, &length)
                }
            }
        }
        guard count >= 0 else { return nil }
        let port = UInt16(bigEndian: sender.sin_port)
        peer.withLock { $0 = port }
        return Array(buffer[..<count])
    }
}
