public import Basics

/// What a BINRPC packet begins with: its kind, the length of its body, and the caller's cookie.
///
/// Byte 0 has 0xA in its high nibble and the version, 1, in its low one. Byte 1 has the kind in its
/// high nibble, then two bits each for the number of bytes, less one, of the length and of the
/// cookie, which follow in network order.
public struct BINRPCHeader: Sendable, Hashable {
    /// What a packet is.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// A command with its parameters.
        case request = 0
        /// What a command answers.
        case reply = 1
        /// Why a command was refused: a code and a text.
        case fault = 3
    }
    /// What the packet is.
    public var kind: Kind
    /// Bytes that follow the header, at most `Limits.binrpcBodyBytesMax`.
    public var bodyCount: Int
    /// A number that the caller chose; the answer carries it back.
    public var cookie: UInt32

    /// A header.
    public init(_ kind: Kind, bodyCount: Int, cookie: UInt32) {
        precondition(bodyCount >= 0 && bodyCount <= Limits.binrpcBodyBytesMax)
        self.kind = kind
        self.bodyCount = bodyCount
        self.cookie = cookie
    }

    /// Bytes of the longest header.
    public static let bytesMax = 10

    /// Reads a header and says how long it is; nil while bytes of it are missing.
    ///
    /// The first two bytes are judged as soon as they are there, so that a stranger who speaks
    /// another protocol is not waited for.
    public static func read(
        _ bytes: Span<UInt8>
    ) throws(BINRPCError) -> (header: BINRPCHeader, count: Int)? {
        guard bytes.count > 0 else { return nil }
        guard bytes[0] == 0xA1 else { throw BINRPCError(.corrupted, at: 0) }
        guard bytes.count > 1 else { return nil }
        guard let kind = Kind(rawValue: bytes[1] >> 4) else {
            throw BINRPCError(.corrupted, at: 1)
        }
        let lengthBytes = Int(bytes[1] >> 2 & 3) + 1
        let cookieBytes = Int(bytes[1] & 3) + 1
        guard bytes.count >= 2 + lengthBytes else { return nil }
        let length = number(bytes, 2, lengthBytes)
        guard length <= UInt32(Limits.binrpcBodyBytesMax) else {
            throw BINRPCError(.corrupted, at: 2)
        }
        let end = 2 + lengthBytes + cookieBytes
        guard bytes.count >= end else { return nil }
        let cookie = number(bytes, 2 + lengthBytes, cookieBytes)
        return (BINRPCHeader(kind, bodyCount: Int(length), cookie: cookie), end)
    }

    /// Writes the header, its numbers in as few bytes as they need.
    public func write(into writer: inout ByteWriter) {
        let lengthBytes = Self.width(UInt32(bodyCount))
        let cookieBytes = Self.width(cookie)
        writer.append(0xA1)
        writer.append(
            kind.rawValue << 4 | UInt8(lengthBytes - 1) << 2 | UInt8(cookieBytes - 1))
        Self.append(UInt32(bodyCount), lengthBytes, &writer)
        Self.append(cookie, cookieBytes, &writer)
    }

    /// Bytes that a number needs: 1 to 4.
    private static func width(_ number: UInt32) -> Int {
        max(1, (32 - number.leadingZeroBitCount + 7) / 8)
    }

    private static func append(_ number: UInt32, _ width: Int, _ writer: inout ByteWriter) {
        for place in (0..<width).reversed() {
            writer.append(UInt8(truncatingIfNeeded: number >> UInt32(8 * place)))
        }
    }

    private static func number(_ bytes: Span<UInt8>, _ start: Int, _ width: Int) -> UInt32 {
        var number: UInt32 = 0
        for place in start..<(start + width) { number = number << 8 | UInt32(bytes[place]) }
        return number
    }
}
