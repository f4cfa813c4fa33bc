internal import Glibc

/// Whether two runs of bytes are equal.
func sameBytes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBufferPointer { first in
        unsafe right.withUnsafeBufferPointer { second in
            guard let one = first.baseAddress, let two = second.baseAddress else { return true }
            return unsafe memcmp(one, two, first.count) == 0
        }
    }
}

/// Whether bytes spell a literal.
func sameBytes(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
    guard bytes.count == literal.utf8CodeUnitCount else { return false }
    for place in bytes.indices where unsafe literal.utf8Start[place] != bytes[place] {
        return false
    }
    return true
}

/// The value of `+sip.instance` without its angle brackets, so that both spellings are equal.
@_lifetime(copy instance)
public func withoutBrackets(_ instance: Span<UInt8>) -> Span<UInt8> {
    let count = instance.count
    guard count >= 2, instance[0] == UInt8(ascii: "<") else { return instance }
    guard instance[count - 1] == UInt8(ascii: ">") else { return instance }
    return instance.extracting(1..<count - 1)
}
