import Basics

/// Header fields that are one number.
extension SIPMessage {
    /// Max-Forwards, 0 to 255 (RFC 3261 20.22).
    public var maxForwards: ParameterNumber {
        let found = number(.maxForwards)
        if case .value(let value) = found, value > 255 { return .malformed }
        return found
    }

    /// Expires in seconds (RFC 3261 20.19).
    public var expires: ParameterNumber { number(.expires) }

    /// Min-Expires in seconds (RFC 3261 20.23).
    public var minExpires: ParameterNumber { number(.minExpires) }

    /// Content-Length in bytes (RFC 3261 20.14).
    public var contentLength: ParameterNumber { number(.contentLength) }

    /// The number that is the whole value of a header field's first occurrence.
    public func number(_ name: HeaderName) -> ParameterNumber {
        guard let value = header(name) else { return .absent }
        assert(value.end <= bytes.count)
        return ParameterNumber(bytes, value)
    }
}
