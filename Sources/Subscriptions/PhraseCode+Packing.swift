internal import Basics

/// From a text to its packed form.
extension PhraseCode {
    /// Bits on their way into a writer, lowest first.
    private struct Bits {
        var bits: UInt64 = 0
        var count = 0

        mutating func append(_ value: UInt64, _ width: Int, to writer: inout ByteWriter) {
            bits |= value << UInt64(count)
            count += width
            while count >= 8 {
                writer.append(UInt8(truncatingIfNeeded: bits))
                bits >>= 8
                count -= 8
            }
        }

        mutating func finish(into writer: inout ByteWriter) {
            if count > 0 { writer.append(UInt8(truncatingIfNeeded: bits)) }
        }
    }

    /// What stands before a place as it stands there.
    private struct Match {
        /// Number of bytes; 0 for none.
        var count = 0
        /// How far before.
        var distance = 0
    }

    /// Appends the packed form of a text, which may be longer than the text in bad cases.
    ///
    /// - Parameters:
    ///   - text: The text, at most 65,535 bytes.
    ///   - writer: Where to append.
    func pack(_ text: Span<UInt8>, into writer: inout ByteWriter) {
        precondition(text.count <= Int(UInt16.max), "a text that is too long")
        var bits = Bits()
        // By hash of four bytes: the last place in the text where they stood, plus one.
        var seen = InlineArray<1_024, UInt16>(repeating: 0)
        var place = 0
        while place < text.count {
            var match = Match()
            if place + Self.matchMin <= text.count {
                let hash = Self.hash(text, place)
                match = matchInText(text, place, Int(seen[hash]) - 1)
                seen[hash] = UInt16(place + 1)
                matchInPhrases(text, place, hash, &match)
            }
            guard match.count > 0 else {
                append(Int(text[place]), to: &bits, &writer)
                place += 1
                continue
            }
            append(match, to: &bits, &writer)
            place += match.count
        }
        bits.finish(into: &writer)
    }

    /// What is repeated from a place in the text itself.
    private func matchInText(_ text: Span<UInt8>, _ place: Int, _ candidate: Int) -> Match {
        guard candidate >= 0, place - candidate <= Self.distanceMax else { return Match() }
        let most = min(Self.matchMax, text.count - place)
        var count = 0
        while count < most, text[candidate + count] == text[place + count] { count += 1 }
        guard count >= Self.matchMin else { return Match() }
        return Match(count: count, distance: place - candidate)
    }

    /// Takes a longer repetition of phrases, if there is one.
    private func matchInPhrases(
        _ text: Span<UInt8>, _ place: Int, _ hash: Int, _ best: inout Match
    ) {
        var candidate = Int(heads[hash]) - 1
        var looks = Self.candidatesMax
        while candidate >= 0, looks > 0 {
            let distance = place + phrases.count - candidate
            // Those that follow in the chain are farther still.
            guard distance <= Self.distanceMax else { return }
            let most = min(phrases.count - candidate, text.count - place)
            var count = 0
            while count < most, phrases[candidate + count] == text[place + count] { count += 1 }
            if count >= Self.matchMin, count > best.count {
                best = Match(count: count, distance: distance)
            }
            candidate = Int(chain[candidate]) - 1
            looks -= 1
        }
    }

    private func append(_ symbol: Int, to bits: inout Bits, _ writer: inout ByteWriter) {
        let word = symbols.word(symbol)
        bits.append(UInt64(word.bits), word.count, to: &writer)
    }

    private func append(_ match: Match, to bits: inout Bits, _ writer: inout ByteWriter) {
        assert(match.count >= Self.matchMin && match.count <= Self.matchMax)
        let rest = match.count - Self.matchMin
        let width = Int.bitWidth - rest.leadingZeroBitCount
        append(256 + width, to: &bits, &writer)
        // The highest bit is known from the width.
        if width > 1 {
            bits.append(UInt64(rest & (1 << (width - 1) - 1)), width - 1, to: &writer)
        }
        bits.append(UInt64(match.distance - 1), Self.distanceBits, to: &writer)
    }
}
