internal import Glibc

/// A pattern that is no POSIX extended regular expression, in the C library's words.
public struct PatternError: Error, Sendable, Hashable {
    /// What is wrong with the pattern.
    public var message: String
}

/// A POSIX extended regular expression, as the routing script's `=~` and `#!subst` have them.
///
/// It searches bytes in place, without a closing zero byte. One expression may be used by several
/// threads: the C library never changes it after it is compiled, apart from a cache behind a lock
/// of its own. That is the proof that `@unchecked Sendable` asks for.
@safe
public final class RegularExpression: @unchecked Sendable {
    private let compiled: UnsafeMutablePointer<regex_t>
    /// The pattern it was made from.
    public let pattern: String
    /// Number of parts that `captures` returns at most: the whole match and nine groups.
    public static let groupsMax = 10

    /// Compiles a pattern of at most `Limits.patternBytesMax` bytes.
    ///
    /// With `byLines`, `^` and `$` match at line ends too, and `.` does not match a line end.
    public init(
        _ pattern: String, ignoresCase: Bool, byLines: Bool = false
    ) throws(PatternError) {
        guard pattern.utf8.count <= Limits.patternBytesMax, !pattern.utf8.contains(0) else {
            throw PatternError(message: "the pattern is too long or holds a zero byte")
        }
        let place = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
        unsafe place.initialize(to: regex_t())
        let flags =
            REG_EXTENDED | (ignoresCase ? REG_ICASE : 0) | (byLines ? REG_NEWLINE : 0)
        let status = unsafe regcomp(place, pattern, flags)
        guard status == 0 else {
            var text = [CChar](repeating: 0, count: 160)
            let size = text.count
            _ = unsafe regerror(status, place, &text, size)
            unsafe place.deallocate()
            let words = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw PatternError(message: String(decoding: words, as: UTF8.self))
        }
        unsafe compiled = place
        self.pattern = pattern
    }

    deinit {
        unsafe regfree(compiled)
        unsafe compiled.deallocate()
    }

    /// Whether the expression matches anywhere in the text.
    public func matches(_ text: Span<UInt8>) -> Bool {
        search(text, from: 0) != nil
    }

    /// The first match at or behind an offset: the whole match, then its groups; nil without one.
    public func captures(_ text: Span<UInt8>, from start: Int = 0) -> [Range<Int>?]? {
        precondition(start >= 0 && start <= text.count, "an offset within the text")
        guard let found = search(text, from: start) else { return nil }
        return found.indices.map { place in
            let part = found[place]
            return part.rm_so < 0 ? nil : Int(part.rm_so)..<Int(part.rm_eo)
        }
    }

    private func search(_ text: Span<UInt8>, from start: Int) -> InlineArray<10, regmatch_t>? {
        var places = InlineArray<10, regmatch_t>(repeating: regmatch_t())
        places[0].rm_so = regoff_t(start)
        places[0].rm_eo = regoff_t(text.count)
        let behindStart = start > 0 ? REG_NOTBOL : 0
        #if ROOST_ASAN
            // The sanitizer takes every text of regexec for a C string and looks for its end.
            let copy = Array(copying: text) + [0]
            let status = execute(copy.span, &places, behindStart)
        #else
            let status = execute(text, &places, behindStart)
        #endif
        return status == 0 ? places : nil
    }

    /// Searches between the bounds in the first of `places`, and fills them.
    ///
    /// REG_STARTEND takes the bounds from there, so the text needs no closing zero.
    private func execute(
        _ text: Span<UInt8>, _ places: inout InlineArray<10, regmatch_t>, _ flags: Int32
    ) -> Int32 {
        unsafe text.withUnsafeBufferPointer { bytes -> Int32 in
            var nothing: CChar = 0
            var span = places.mutableSpan
            return unsafe span.withUnsafeMutableBufferPointer { matches in
                unsafe withUnsafePointer(to: &nothing) { empty in
                    let base = unsafe UnsafeRawPointer(bytes.baseAddress)?
                        .assumingMemoryBound(to: CChar.self)
                    return unsafe regexec(
                        compiled, base ?? empty, matches.count, matches.baseAddress,
                        (1 << 2) | flags)
                }
            }
        }
    }
}
