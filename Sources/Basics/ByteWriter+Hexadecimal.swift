/// Bytes as hexadecimal digits.
extension ByteWriter {
    /// Appends each byte as two lower-case digits, the high one first.
    public mutating func append(hexadecimal bytes: Span<UInt8>) {
        reserve(bytes.count * 2)
        for place in bytes.indices {
            append(hexadecimal: UInt64(bytes[place]), width: 2)
        }
    }

    /// Appends a number as lower-case digits without leading zeros, the least significant digit
    /// first: the form that Kamailio's unique names have.
    public mutating func append(backwardHexadecimal number: UInt32) {
        var rest = number
        repeat {
            let digit = UInt8(rest & 15)
            append(digit < 10 ? 48 + digit : 87 + digit)
            rest >>= 4
        } while rest > 0
    }
}
