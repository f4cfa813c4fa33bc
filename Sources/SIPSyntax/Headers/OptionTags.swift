public import Basics

/// Supported, Require, Proxy-Require and Unsupported: lists of option tags (RFC 3261 19.2).
extension SIPMessage {
    /// Whether one of the lists of a header field names an option tag, without regard to case.
    public func lists(_ tag: StaticString, in name: HeaderName) -> Bool {
        assert(name.row.isList)
        var values = values(name)
        while let value = values.next() {
            if bytes.part(value).matches(tag) { return true }
        }
        return false
    }

    /// Whether Supported names an option tag.
    public func supports(_ tag: StaticString) -> Bool { lists(tag, in: .supported) }

    /// Writes the tags that a header field requires and `isSupported` does not know, separated by
    /// commas, and returns how many there were: what a 420 says in Unsupported (RFC 3261 8.2.2.3).
    @discardableResult
    public func writeUnsupported(
        _ name: HeaderName, into writer: inout ByteWriter, isSupported: (Span<UInt8>) -> Bool
    ) -> Int {
        assert(name == .require || name == .proxyRequire)
        var count = 0
        var values = values(name)
        while let value = values.next() {
            let tag = bytes.part(value)
            if isSupported(tag) { continue }
            if count > 0 { writer.append(", ") }
            writer.append(tag)
            count += 1
        }
        return count
    }
}
