internal import Basics
internal import CLinux
internal import Glibc

/// Room for one address of the kernel, IPv4 or IPv6, and its translation to a `PeerAddress`.
///
/// `sockaddr_in6` is the larger of the two, so one slot of it holds either; the first two bytes
/// are the family in both. The fields are read by their place in memory, because the hot path would
/// otherwise copy the structure to look at it under another type; the tests compare the places
/// with those that the C headers declare.
enum KernelAddress {
    /// Bytes of one slot.
    static let bytes = MemoryLayout<sockaddr_in6>.size
    /// Bytes of an IPv4 address of the kernel.
    static let bytesIPv4 = MemoryLayout<sockaddr_in>.size
    /// Where the port is, in both.
    static let portOffset = 2
    /// Where the address of an IPv4 one is.
    static let ipv4Offset = 4
    /// Where the address of an IPv6 one is.
    static let ipv6Offset = 8
    /// Where the interface index of an IPv6 one is.
    static let scopeOffset = 24

    /// Reads an address; nil when it is neither IPv4 nor IPv6, or too short for what it says.
    static func read(_ raw: UnsafeRawPointer, length: Int) -> PeerAddress? {
        guard length >= bytesIPv4 else { return nil }
        let family = unsafe raw.load(as: sa_family_t.self)
        let port = unsafe UInt16(
            bigEndian: raw.loadUnaligned(fromByteOffset: portOffset, as: UInt16.self))
        if Int32(family) == AF_INET {
            let number = unsafe raw.loadUnaligned(fromByteOffset: ipv4Offset, as: UInt32.self)
            return PeerAddress(ipv4: UInt32(bigEndian: number), port: port)
        }
        guard Int32(family) == AF_INET6, length >= bytes else { return nil }
        let high = unsafe raw.loadUnaligned(fromByteOffset: ipv6Offset, as: UInt64.self)
        let low = unsafe raw.loadUnaligned(fromByteOffset: ipv6Offset + 8, as: UInt64.self)
        let scope = unsafe raw.loadUnaligned(fromByteOffset: scopeOffset, as: UInt32.self)
        return normalised(
            PeerAddress(
                high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: port, scope: scope
            ))
    }

    /// Writes an address into a slot of `bytes` bytes and returns how many of them count.
    static func write(_ address: PeerAddress, to raw: UnsafeMutableRawPointer) -> socklen_t {
        unsafe raw.storeBytes(
            of: address.port.bigEndian, toByteOffset: portOffset, as: UInt16.self)
        guard address.isIPv6 else {
            let number = UInt32(truncatingIfNeeded: address.low)
            unsafe raw.storeBytes(of: sa_family_t(AF_INET), as: sa_family_t.self)
            unsafe raw.storeBytes(of: number.bigEndian, toByteOffset: ipv4Offset, as: UInt32.self)
            unsafe raw.storeBytes(of: 0, toByteOffset: ipv6Offset, as: UInt64.self)
            return socklen_t(bytesIPv4)
        }
        unsafe raw.storeBytes(of: sa_family_t(AF_INET6), as: sa_family_t.self)
        unsafe raw.storeBytes(of: 0, toByteOffset: ipv4Offset, as: UInt32.self)
        unsafe raw.storeBytes(
            of: address.high.bigEndian, toByteOffset: ipv6Offset, as: UInt64.self)
        unsafe raw.storeBytes(
            of: address.low.bigEndian, toByteOffset: ipv6Offset + 8, as: UInt64.self)
        unsafe raw.storeBytes(of: address.scope, toByteOffset: scopeOffset, as: UInt32.self)
        return socklen_t(bytes)
    }

    /// An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`, RFC 4291 2.5.5.2) as the IPv4 one it means.
    static func normalised(_ address: PeerAddress) -> PeerAddress {
        guard address.isIPv6, address.high == 0, address.low >> 32 == 0xffff else { return address }
        return PeerAddress(
            ipv4: UInt32(truncatingIfNeeded: address.low), port: address.port)
    }

    /// Calls `body` with an address as the kernel wants it.
    static func withPointer<R>(
        to address: PeerAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        unsafe withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 8) { slot in
            guard let base = slot.baseAddress else { preconditionFailure("an empty slot") }
            let length = unsafe write(address, to: base)
            return unsafe body(UnsafePointer(base.assumingMemoryBound(to: sockaddr.self)), length)
        }
    }
}
