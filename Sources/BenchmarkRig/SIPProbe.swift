internal import Glibc

/// Asks a server with OPTIONS whether it answers SIP.
///
/// One socket is kept for all attempts, so that a server which was busy loading is heard as soon as
/// it answers the first of them.
final class SIPProbe: Sendable {
    /// The system's socket.
    private let descriptor: Int32

    /// A probe of `port` on 127.0.0.1; each look waits at most a tenth of a second.
    init(port: UInt16) {
        let kind = Int32(SOCK_DGRAM.rawValue)
        descriptor = LoopbackName(port: port).connect(kind, waitSeconds: 0) ?? -1
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends one OPTIONS and waits for any reply; at once false while nobody listens.
    func isAnswered() -> Bool {
        let request = Array(Self.request.utf8)
        var reply = [UInt8](repeating: 0, count: 4_096)
        let sent = unsafe request.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, 0)
        }
        guard sent == request.count else { return false }
        let received = unsafe reply.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        return received > 12 && reply.starts(with: Array("SIP/2.0 ".utf8))
    }

    /// A minimal request (RFC 3261 8.1.1); the reply goes where it came from (RFC 3581).
    private static let request = """
        OPTIONS sip:ping@127.0.0.1 SIP/2.0\r
        Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKprobe\r
        Max-Forwards: 70\r
        From: <sip:probe@127.0.0.1>;tag=1\r
        To: <sip:probe@127.0.0.1>\r
        Call-ID: probe\r
        CSeq: 1 OPTIONS\r
        Content-Length: 0\r
        \r\n
        """
}
