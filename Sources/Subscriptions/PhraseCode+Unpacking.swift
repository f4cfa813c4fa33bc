/// From the packed form back to the text.
extension PhraseCode {
    /// The bits of a packed text, lowest first; zeros behind its end.
    private struct Bits: ~Escapable {
        private let packed: Span<UInt8>
        private var place = 0
        private var bits: UInt64 = 0
        private var count = 0

        @_lifetime(copy packed)
        init(_ packed: Span<UInt8>) { self.packed = packed }

        /// The next bits, at least 32 of them.
        @_lifetime(self: copy self)
        mutating func peek() -> UInt64 {
            while count <= 56, place < packed.count {
                bits |= UInt64(packed[place]) << UInt64(count)
                count += 8
                place += 1
            }
            return bits
        }

        /// Passes over bits that were looked at.
        @_lifetime(self: copy self)
        mutating func skip(_ width: Int) {
            bits >>= UInt64(width)
            count = max(0, count - width)
        }

        /// Takes bits of those that the last `peek` has brought.
        @_lifetime(self: copy self)
        mutating func take(_ width: Int) -> Int {
            let value = Int(bits & (1 << UInt64(width) - 1))
            skip(width)
            return value
        }
    }

    /// Writes the text that `pack` made `packed` of.
    ///
    /// - Parameters:
    ///   - packed: What `pack` of this code has made.
    ///   - text: Where to write, exactly as long as the text was.
    func unpack(_ packed: Span<UInt8>, into text: inout MutableSpan<UInt8>) {
        var bits = Bits(packed)
        var place = 0
        while place < text.count {
            let (symbol, width) = symbols.symbol(bits.peek())
            bits.skip(width)
            if symbol < 256 {
                text[place] = UInt8(symbol)
                place += 1
                continue
            }
            // At most 12 + 11 + 12 bits belong to a repetition, and 56 were looked at.
            let rest = symbol - 256
            var count = Self.matchMin + (rest == 0 ? 0 : 1 << (rest - 1))
            if rest > 1 { count += bits.take(rest - 1) }
            let distance = bits.take(Self.distanceBits) + 1
            precondition(count <= text.count - place, "packed by another code")
            place = copy(count, from: place - distance, to: place, in: &text)
        }
    }

    /// Repeats what stands at `source`, which lies in the phrases when it is negative; returns the
    /// place behind the copy.
    private func copy(
        _ count: Int, from source: Int, to place: Int, in text: inout MutableSpan<UInt8>
    ) -> Int {
        precondition(source >= -phrases.count && source < place, "packed by another code")
        // A repetition in the phrases ends with them; one in the text may run into its own copy.
        var source = source
        var place = place
        let end = place + count
        while place < end {
            text[place] = source < 0 ? phrases[phrases.count + source] : text[source]
            source += 1
            place += 1
        }
        return place
    }
}
