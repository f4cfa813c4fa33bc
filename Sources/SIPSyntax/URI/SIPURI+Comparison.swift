import Basics

/// Comparing URIs by the rules of RFC 3261 19.1.4.
extension SIPURI {
    /// Whether two URIs are equivalent; each comes with the bytes it was parsed from.
    ///
    /// The relation is not transitive (19.1.4 says so). URIs of other schemes are equal when their
    /// bytes are, but for the case of letters; so are URIs longer than `longestCompared`.
    public static func areEquivalent(
        _ one: SIPURI, in left: Span<UInt8>, _ two: SIPURI, in right: Span<UInt8>
    ) -> Bool {
        assert(one.whole.end <= left.count && two.whole.end <= right.count)
        guard one.scheme == two.scheme else { return false }
        // Also for URIs that are not equivalent to themselves by the letter: `;a=1;a=2`.
        if left.part(one.whole).equals(right.part(two.whole)) { return true }
        guard one.isSIP, one.whole.count <= longestCompared, two.whole.count <= longestCompared
        else {
            return left.part(one.whole).matches(right.part(two.whole))
        }
        guard one.port == two.port,
            left.part(one.host).matches(right.part(two.host)),
            sameText(one.user, left, two.user, right),
            sameText(one.password, left, two.password, right)
        else { return false }
        return sameParameters(one, left, two, right) && sameHeaders(one, left, two, right)
    }

    /// Longest URI in bytes whose parameters are compared one by one: the work is quadratic.
    public static let longestCompared = 2048

    /// User and password are compared with regard to case.
    private static func sameText(
        _ one: ByteRange?, _ left: Span<UInt8>, _ two: ByteRange?, _ right: Span<UInt8>
    ) -> Bool {
        guard let one, let two else { return one == nil && two == nil }
        return EscapedText.equals(left.part(one), right.part(two))
    }

    /// A parameter of both must match; of `user`, `ttl`, `method`, `maddr` and `transport` none may
    /// be in one URI only.
    private static func sameParameters(
        _ one: SIPURI, _ left: Span<UInt8>, _ two: SIPURI, _ right: Span<UInt8>
    ) -> Bool {
        assert(one.isSIP && two.isSIP)
        return covers(one, left, two, right) && covers(two, right, one, left)
    }

    /// Whether each parameter of one URI is in the other with the same value, or may be missing.
    ///
    /// Unknown parameters in one URI only are ignored (19.1.4): a phone that adds one keeps its
    /// binding.
    private static func covers(
        _ one: SIPURI, _ left: Span<UInt8>, _ two: SIPURI, _ right: Span<UInt8>
    ) -> Bool {
        var pairs = one.parameterPairs(in: left)
        while let pair = pairs.next() {
            let name = left.part(pair.name)
            guard let other = two.parameter(named: name, in: right) else {
                if mustBeInBoth(name) { return false }
                continue
            }
            switch (pair.value, other.value) {
            case (nil, nil): continue
            case (let value?, let otherValue?):
                if !EscapedText.matches(left.part(value), right.part(otherValue)) { return false }
            default: return false
            }
        }
        return true
    }

    /// The parameters that change where or how a request is sent, so their absence differs too.
    private static func mustBeInBoth(_ name: Span<UInt8>) -> Bool {
        name.matches("user") || name.matches("ttl") || name.matches("method")
            || name.matches("maddr") || name.matches("transport")
    }

    /// Headers are never ignored: each of one URI must be in the other.
    private static func sameHeaders(
        _ one: SIPURI, _ left: Span<UInt8>, _ two: SIPURI, _ right: Span<UInt8>
    ) -> Bool {
        assert(one.isSIP && two.isSIP)
        guard one.headers.isEmpty == two.headers.isEmpty else { return false }
        return hasHeaders(one, left, two, right) && hasHeaders(two, right, one, left)
    }

    /// Whether each header of one URI is in the other with the same value, in any order.
    private static func hasHeaders(
        _ one: SIPURI, _ left: Span<UInt8>, _ two: SIPURI, _ right: Span<UInt8>
    ) -> Bool {
        assert(one.headers.end <= left.count && two.headers.end <= right.count)
        var pairs = one.headerPairs(in: left)
        while let pair = pairs.next() {
            var others = two.headerPairs(in: right)
            var found = false
            while !found, let other = others.next() {
                guard EscapedText.matches(left.part(pair.name), right.part(other.name)) else {
                    continue
                }
                guard let value = pair.value, let otherValue = other.value else { continue }
                found = EscapedText.equals(left.part(value), right.part(otherValue))
            }
            if !found { return false }
        }
        return true
    }
}
