import Basics

/// A text that is looked for in other texts, whatever the case of its ASCII letters.
///
/// It is compared byte by byte: what phones send need not be UTF-8, and under the lock of a shard
/// nothing is converted.
struct SearchText: Sendable {
    private let bytes: [UInt8]

    /// A text to look for; every text holds the empty one.
    init(_ text: String) { bytes = Array(text.utf8) }

    /// Whether everything is found.
    var isEmpty: Bool { bytes.isEmpty }

    /// Whether it stands anywhere in a text.
    func stands(in text: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return true }
        guard text.count >= bytes.count else { return false }
        let wanted = bytes.span
        // Most places differ in the first letter, which needs no part of the text to be made.
        let first = Self.folded(wanted[0])
        for start in 0...(text.count - wanted.count) where Self.folded(text[start]) == first {
            if text.extracting(start..<(start + wanted.count)).matches(wanted) { return true }
        }
        return false
    }

    /// An ASCII letter in lower case; other bytes as they are.
    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
