import Basics

/// A set of methods as one number: Kamailio's column `methods`.
public struct MethodSet: OptionSet, Sendable, Hashable {
    /// One bit for each method; the bits are the raw values of `SIPMethod`.
    public var rawValue: UInt32
    /// A set of given bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The set of one method.
    public init(_ method: SIPMethod) { rawValue = method.rawValue }

    /// Every method, known or not.
    public static let all = MethodSet(rawValue: .max)

    /// The methods of a comma list, as Allow and the Contact parameter `methods` have it; names
    /// that are not known count as `other`.
    public init(list bytes: Span<UInt8>) {
        var cursor = Cursor(bytes)
        rawValue = 0
        while !cursor.isAtEnd {
            let part = cursor.listPart()
            if !part.isEmpty { insert(name: bytes.part(part)) }
        }
    }

    /// Adds a method by its name.
    ///
    /// Unlike in a request line, case does not matter here.
    mutating func insert(name: Span<UInt8>) {
        assert(!name.isEmpty)
        insert(MethodSet(SIPMethod(anyCase: name)))
    }
}

extension SIPMessage {
    /// The methods that Allow names (RFC 3261 20.5); nil when there is no such header field.
    public var allow: MethodSet? {
        guard has(.allow) else { return nil }
        var set = MethodSet()
        var values = values(.allow)
        while let value = values.next() { set.insert(name: bytes.part(value)) }
        return set
    }
}
