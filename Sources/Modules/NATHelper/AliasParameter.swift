import Basics
import SIPSyntax

/// An alias parameter within a URI.
struct AliasParameter {
    /// The value.
    let value: ByteRange
    /// The parameter with the semicolon in front of it.
    let whole: ByteRange

    /// The first or the last parameter of the name in a URI that has a value; nil without one.
    static func find(
        _ name: [UInt8], in uri: SIPURI, _ bytes: Span<UInt8>, last: Bool
    ) -> AliasParameter? {
        var found: AliasParameter?
        var pairs = uri.parameterPairs(in: bytes)
        while let pair = pairs.next() {
            // A parameter without value is no alias; others may use the name for a flag.
            guard let value = pair.value, !value.isEmpty, bytes.part(pair.name).matches(name.span)
            else { continue }
            found = AliasParameter(
                value: value,
                whole: ByteRange(
                    offset: pair.name.start - 1, count: value.end - pair.name.start + 1))
            if !last { break }
        }
        return found
    }
}
