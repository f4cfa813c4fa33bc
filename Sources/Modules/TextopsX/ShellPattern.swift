/// Patterns as shells have them for names of files: `*`, `?` and `[a-z]`.
struct ShellPattern {
    /// The bytes of the pattern.
    let pattern: [UInt8]
    /// Whether the case of ASCII letters does not matter.
    let ignoresCase: Bool

    /// Whether the pattern covers the whole text.
    ///
    /// Only the last `*` is tried again, so the work is bounded by the product of both lengths.
    func matches(_ text: [UInt8]) -> Bool {
        var (place, at) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place + 1, at)
                place += 1
            } else if let next = step(place, text[at]) {
                place = next
                at += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (place, at) = (last.pattern, last.text + 1)
            } else {
                return false
            }
        }
        // Stars cover nothing as well.
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on behind what covers one byte; nil when nothing does.
    private func step(_ place: Int, _ byte: UInt8) -> Int? {
        guard place < pattern.count else { return nil }
        switch pattern[place] {
        case UInt8(ascii: "?"): return place + 1
        // A bracket without its end is a byte like others, as POSIX has it.
        case UInt8(ascii: "["):
            return set(place, byte) ?? (byte == pattern[place] ? place + 1 : nil)
        case UInt8(ascii: "\\") where place + 1 < pattern.count:
            return folded(pattern[place + 1]) == folded(byte) ? place + 2 : nil
        default: return folded(pattern[place]) == folded(byte) ? place + 1 : nil
        }
    }

    /// `[a-z]` and `[!a-z]`; nil when it does not cover the byte or has no end.
    private func set(_ start: Int, _ byte: UInt8) -> Int? {
        var place = start + 1
        var isInverted = false
        // `!` is what POSIX says, `^` what most shells take too.
        if place < pattern.count, pattern[place] == 33 || pattern[place] == 94 {
            isInverted = true
            place += 1
        }
        let first = place
        var isIn = false
        // A `]` in the first place is one of the set, not its end.
        while place < pattern.count, pattern[place] != UInt8(ascii: "]") || place == first {
            var upper = pattern[place]
            let lower = upper
            if place + 2 < pattern.count, pattern[place + 1] == UInt8(ascii: "-"),
                pattern[place + 2] != UInt8(ascii: "]")
            {
                upper = pattern[place + 2]
                place += 2
            }
            if folded(lower) <= folded(byte), folded(byte) <= folded(upper) { isIn = true }
            place += 1
        }
        return place < pattern.count && isIn != isInverted ? place + 1 : nil
    }

    private func folded(_ byte: UInt8) -> UInt8 {
        ignoresCase && byte >= 65 && byte <= 90 ? byte | 0x20 : byte
    }
}
