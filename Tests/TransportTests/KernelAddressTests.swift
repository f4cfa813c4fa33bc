import Basics
import CLinux
import Glibc
import Testing

@testable import Transport

@Suite struct KernelAddressTests {
    @Test("the fields are where the C headers have them")
    func layout() {
        #expect(MemoryLayout<sockaddr_in>.offset(of: \.sin_family) == 0)
        #expect(MemoryLayout<sockaddr_in6>.offset(of: \.sin6_family) == 0)
        #expect(MemoryLayout<sockaddr_in>.offset(of: \.sin_port) == KernelAddress.portOffset)
        #expect(MemoryLayout<sockaddr_in6>.offset(of: \.sin6_port) == KernelAddress.portOffset)
        #expect(MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) == KernelAddress.ipv4Offset)
        #expect(MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) == KernelAddress.ipv6Offset)
        #expect(MemoryLayout<sockaddr_in6>.offset(of: \.sin6_scope_id) == KernelAddress.scopeOffset)
        #expect(MemoryLayout<sockaddr_in>.size == KernelAddress.bytesIPv4)
    }

    static let addresses = [
        PeerAddress(ipv4: 0x7f00_0001, port: 5060), PeerAddress(ipv4: .max, port: .max),
        PeerAddress(high: 0, low: 1, port: 5061),
        PeerAddress(high: 0x2001_0db8_0000_0000, low: 0xabcd, port: 1),
        PeerAddress(high: 0xfe80_0000_0000_0000, low: 7, port: 9, scope: 3),
    ]

    @Test("an address survives the way to the kernel and back", arguments: addresses)
    func roundTrip(address: PeerAddress) {
        let copy = unsafe KernelAddress.withPointer(to: address) { pointer, length in
            unsafe KernelAddress.read(pointer, length: Int(length))
        }
        #expect(copy == address)
    }

    @Test("an IPv4-mapped address is the IPv4 one")
    func mapped() {
        let mapped = PeerAddress(high: 0, low: 0xffff_c000_0201, port: 5060)
        let copy = unsafe KernelAddress.withPointer(to: mapped) { pointer, length in
            unsafe KernelAddress.read(pointer, length: Int(length))
        }
        #expect(copy == PeerAddress(ipv4: 0xc000_0201, port: 5060))
    }

    @Test("what is too short or of another family is no address", arguments: [0, 2, 15, 27])
    func short(length: Int) {
        let address = PeerAddress(high: 0, low: 1, port: 5060)
        let copy = unsafe KernelAddress.withPointer(to: address) { pointer, _ in
            unsafe KernelAddress.read(pointer, length: length)
        }
        #expect(copy == nil)
    }
}
