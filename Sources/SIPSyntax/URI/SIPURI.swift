public import Basics

/// Where the parts of a URI are; the bytes stay with whoever owns them.
///
/// Offsets count in the span that was parsed. What it accepts is RFC 3261 19.1 for `sip` and
/// `sips`, RFC 3966 for `tel`, and any scheme with visible characters behind it as `other`.
public struct SIPURI: Sendable, Hashable {
    /// The schemes that the server tells apart.
    public enum Scheme: UInt8, Sendable, Hashable, CaseIterable {
        /// RFC 3261.
        case sip
        /// RFC 3261, over TLS only.
        case sips
        /// RFC 3966.
        case tel
        /// Any other.
        case other
    }

    /// Which scheme.
    public var scheme: Scheme
    /// The scheme as written, without the colon.
    public var schemeRange: ByteRange
    /// The user part, escaped as sent; nil without `@`.
    ///
    /// Of a `tel` URI the number.
    public var user: ByteRange?
    /// The password; nil without one.
    public var password: ByteRange?
    /// The host; an IPv6 address with its brackets.
    ///
    /// Empty for `tel` and `other`.
    public var host: ByteRange
    /// What the host is; nil for `tel` and `other`.
    public var hostKind: Host?
    /// The port; nil without one.
    public var port: UInt16?
    /// The parameters without the first `;`; empty without any.
    public var parameters: ByteRange
    /// The headers without the `?`; empty without any.
    public var headers: ByteRange
    /// The whole URI.
    public var whole: ByteRange

    /// Whether it is `sip` or `sips`.
    public var isSIP: Bool { scheme == .sip || scheme == .sips }

    /// The port, or the default port of the scheme.
    public var portOrDefault: UInt16 { port ?? (scheme == .sips ? 5061 : 5060) }

    /// What identifies a SIP URI's user at its host: `user[:password]@host[:port]`, without
    /// parameters and headers.
    public var userAndHost: ByteRange {
        let start = user?.start ?? host.start
        let end =
            parameters.isEmpty
            ? (headers.isEmpty ? whole.end : headers.start - 1)
            : parameters.start - 1
        assert(start <= end && end <= whole.end)
        return ByteRange(offset: start, count: max(0, end - start))
    }
}
