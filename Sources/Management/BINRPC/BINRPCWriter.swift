public import Basics

/// Writes the records of a BINRPC body, every number in as few bytes as it needs.
///
/// The caller opens and closes structures in order; what is written may be taken out of `bytes`
/// between two calls.
public struct BINRPCWriter: ~Copyable, Sendable {
    /// The records so far.
    public var bytes: ByteWriter

    /// A writer with room for `capacity` bytes.
    public init(capacity: Int = 1_024) { bytes = ByteWriter(capacity: capacity) }

    /// Opens a structure.
    public mutating func beginStructure() { bytes.append(0x03) }
    /// Closes the structure opened last.
    public mutating func endStructure() { bytes.append(0x83) }

    /// Writes a member's name; its value must follow.
    public mutating func name(_ name: Span<UInt8>) { text(name, type: 5) }

    /// Writes text.
    public mutating func string(_ text: Span<UInt8>) { self.text(text, type: 1) }

    /// Writes text.
    public mutating func string(_ text: String) { self.text(text.utf8.span, type: 1) }

    /// Writes a number of 32 bits.
    public mutating func int(_ value: Int32) {
        let rest = UInt32(bitPattern: value)
        let width = (32 - rest.leadingZeroBitCount + 7) / 8
        bytes.append(UInt8(width) << 4)
        for place in (0..<width).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: rest >> UInt32(8 * place)))
        }
    }

    /// Writes an integer: as a number of 32 bits where it fits, and as a double where it does not.
    ///
    /// kamcmd prints a double without fraction like an integer, so a large one reads as it is; as a
    /// number of 32 bits it would read as a negative one. Only 32 ones, which stand for -1 where C
    /// has an unsigned type (all methods, no connection), stay -1, as Kamailio sends them.
    public mutating func integer(_ value: Int64) {
        if let small = Int32(exactly: value) { return int(small) }
        if value == Int64(UInt32.max) { return int(-1) }
        let (product, overflow) = value.multipliedReportingOverflow(by: 1000)
        thousandths(overflow ? (value < 0 ? .min : .max) : product)
    }

    /// Writes a double, rounded to thousandths; what they cannot hold becomes the nearest they can.
    public mutating func double(_ value: Double) {
        let scaled = (value * 1000).rounded()
        guard !scaled.isNaN else { return thousandths(0) }
        thousandths(Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max))
    }

    /// Writes a whole value.
    public mutating func value(_ value: BINRPCValue) {
        switch value {
        case .int(let number): int(number)
        case .string(let text): string(text)
        case .double(let number): double(number)
        case .structure(let items):
            beginStructure()
            for item in items {
                if let name = item.name { self.name(name.utf8.span) }
                self.value(item.value)
            }
            endStructure()
        case .array(let values):
            bytes.append(0x04)
            for value in values { self.value(value) }
            bytes.append(0x84)
        case .bytes(let content):
            head(content.count, type: 6)
            bytes.append(content)
        }
    }

    /// Writes a double that is given in thousandths; its size takes all four upper bits.
    private mutating func thousandths(_ value: Int64) {
        let rest = UInt64(bitPattern: value)
        let width = (64 - rest.leadingZeroBitCount + 7) / 8
        bytes.append(UInt8(width) << 4 | 2)
        for place in (0..<width).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: rest >> UInt64(8 * place)))
        }
    }

    /// Writes text with the zero byte that ends it; zero bytes within would end it too early, and
    /// are left out.
    private mutating func text(_ text: Span<UInt8>, type: UInt8) {
        if text.firstIndex(of: 0) == nil {
            head(text.count + 1, type: type)
            bytes.append(text)
        } else {
            var count = 0
            for place in text.indices where text[place] != 0 { count += 1 }
            head(count + 1, type: type)
            for place in text.indices where text[place] != 0 { bytes.append(text[place]) }
        }
        bytes.append(0)
    }

    /// Writes the first byte of a record and, where it does not hold it, the length.
    private mutating func head(_ length: Int, type: UInt8) {
        assert(length >= 0 && length <= Limits.binrpcBodyBytesMax)
        guard length > 7 else { return bytes.append(UInt8(length) << 4 | type) }
        let width = (64 - UInt64(length).leadingZeroBitCount + 7) / 8
        bytes.append(0x80 | UInt8(width) << 4 | type)
        for place in (0..<width).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: length >> (8 * place)))
        }
    }
}
