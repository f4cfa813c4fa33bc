internal import Basics
internal import CLinux
internal import Glibc
internal import NIOCore

extension PeerAddress {
    /// An address as SwiftNIO has it; nil if it is neither IPv4 nor IPv6.
    init?(_ address: NIOCore.SocketAddress) {
        let peer = unsafe address.withSockAddr { pointer, length in
            unsafe KernelAddress.read(pointer, length: length)
        }
        guard let peer else { return nil }
        self = peer
    }
}

extension NIOCore.SocketAddress {
    /// An address as SwiftNIO wants it.
    init(_ peer: PeerAddress) {
        self = unsafe KernelAddress.withPointer(to: peer) { pointer, _ in
            let raw = unsafe UnsafeRawPointer(pointer)
            return peer.isIPv6
                ? unsafe NIOCore.SocketAddress(raw.load(as: sockaddr_in6.self))
                : unsafe NIOCore.SocketAddress(raw.load(as: sockaddr_in.self))
        }
    }
}
