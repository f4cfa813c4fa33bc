/// Bytes as hexadecimal digits.
extension ByteWriter {
    /// Appends each byte as two lower-case digits, the high one first.
    public mutating func append(hexadecimal bytes: Span<UInt8>) {
        reserve(bytes.count * 2)
        for place in bytes.indices {
            append(hexadecimal: UInt64(bytes[place]), width: 2)
        }
    }
}
