internal import Basics
internal import Glibc

/// Sends every datagram back as it came: what the kernel alone costs, the limit for any server.
///
/// It reads and writes with the same two system calls and the same batch as the server does, and
/// touches no byte in between. Whatever a REGISTER costs beyond this is grammar, rules and store.
public final class EchoServer: Sendable {
    private let socket: SocketHandle
    /// Port that it listens on.
    public let port: UInt16

    /// Listens on 127.0.0.1, or ::1; port 0 lets the system choose.
    public init(port: UInt16, isIPv6: Bool = false) throws(LoadError) {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { throw LoadError.fromErrno("cannot open a socket") }
        socket = SocketHandle(descriptor: descriptor)
        let address =
            isIPv6
            ? PeerAddress(high: 0, low: 1, port: port) : PeerAddress(ipv4: 0x7f00_0001, port: port)
        try socket.bind(to: address)
        self.port = try socket.localAddress().port
        socket.set(SOL_SOCKET, SO_RCVBUF, DatagramLanes.receiveBufferBytes)
        // The wait ends now and then, so that the caller is asked whether to go on.
        var patience = timeval(tv_sec: 0, tv_usec: 100_000)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Echoes until `isWanted` says no, which it is asked ten times a second; returns how many.
    @discardableResult
    public func run(while isWanted: () -> Bool) -> Int {
        var inbox = DatagramInbox(keepsNames: true)
        var echoed = 0
        while true {
            let status = inbox.receive(socket, isWaiting: true)
            if status > 0 {
                echoed += inbox.sendBack(socket)
            } else if !isWanted() {
                return echoed
            }
        }
    }
}
