public import Basics
public import SIPSyntax

/// The branch of a request that we sent, which is at the same time the handle of its transaction.
///
/// It is written as 32 hexadecimal digits behind the magic cookie: shard and place, generation, and
/// 64 secret bits that nobody who has not seen the request can guess. A response is matched by
/// looking at that place and comparing (RFC 3261 17.1.3), without a table.
public struct ClientBranch: Sendable, Hashable, BitwiseCopyable {
    /// The shard in the lowest bits, the place within it above.
    public let index: UInt32
    /// Counts what lived at that place.
    public let generation: UInt32
    /// The secret.
    public let secret: UInt64

    /// Digits of a branch behind its magic cookie.
    public static let digitCount = 32
    /// Bits of `index` that name the shard.
    static let shardBits: UInt32 = 4

    /// A branch of its parts.
    init(index: UInt32, generation: UInt32, secret: UInt64) {
        self.index = index
        self.generation = generation
        self.secret = secret
    }

    /// A branch of a place in a shard.
    init(shard: Int, _ handle: SlabHandle, secret: UInt64) {
        assert(shard >= 0 && shard < 1 << Self.shardBits)
        assert(handle.index < 1 << (32 - Self.shardBits))
        self.init(
            index: handle.index << Self.shardBits | UInt32(shard),
            generation: handle.generation, secret: secret)
    }

    /// Reads the value of the parameter `branch` of a response; nil when it is none of ours.
    ///
    /// What follows the digits after a dot is the sender's own, for instance a loop mark (RFC 3261
    /// 16.6 step 8); it is not looked at.
    public init?(parsing text: Span<UInt8>) {
        let end = 7 + Self.digitCount
        guard text.count >= end, text.hasPrefix(matching: "z9hG4bK") else { return nil }
        guard text.count == end || text[end] == UInt8(ascii: ".") else { return nil }
        guard let first = Self.word(text, at: 7), let second = Self.word(text, at: 23) else {
            return nil
        }
        self.init(
            index: UInt32(truncatingIfNeeded: first >> 32),
            generation: UInt32(truncatingIfNeeded: first), secret: second)
    }

    /// Reads the branch of a message's topmost Via; nil when it is none of ours.
    public init?(ofTopmostVia message: borrowing SIPMessage) {
        let via: Via?
        do throws(SyntaxError) { via = try message.topVia } catch { return nil }
        guard let text = via?.branch else { return nil }
        self.init(parsing: message[text])
    }

    /// Writes the digits, without the magic cookie, which `RequestWriter` writes itself.
    public func write(into writer: inout ByteWriter) {
        writer.append(hexadecimal: UInt64(index) << 32 | UInt64(generation), width: 16)
        writer.append(hexadecimal: secret, width: 16)
    }

    /// Number of the shard.
    var shard: Int { Int(index & (1 << Self.shardBits - 1)) }
    /// Where it is within its shard.
    var handle: SlabHandle {
        SlabHandle(index: index >> Self.shardBits, generation: generation)
    }

    /// Sixteen hexadecimal digits in lower case as a number; nil for other bytes.
    private static func word(_ text: Span<UInt8>, at start: Int) -> UInt64? {
        assert(start + 16 <= text.count)
        var value: UInt64 = 0
        for place in start..<start + 16 {
            guard let digit = hexadecimal(text[place]) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
