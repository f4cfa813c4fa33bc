public import Basics

/// A binding as a value: a copy of all that a view shows, to be kept as long as one likes.
public struct BindingCopy: Sendable, Hashable {
    /// The contact's URI, without angle brackets.
    public var uri: [UInt8]
    /// Call-ID of the last registration.
    public var callID: [UInt8]
    /// User-Agent of the last registration.
    public var userAgent: [UInt8]
    /// URI of the address that the registration came from, empty when it is not recorded.
    public var received: [UInt8]
    /// The Path vector, empty without one.
    public var path: [UInt8]
    /// The value of `+sip.instance` as it was sent, empty without one.
    public var instance: [UInt8]
    /// The unique name.
    public var ruid: [UInt8]
    /// Who made the binding, as its unique name says.
    public var maker: RuidPrefix
    /// All columns that are not text.
    public var values: ContactValues

    /// A copy of a binding.
    public init(_ binding: borrowing BindingView) {
        var name = ByteWriter(capacity: 48)
        binding.writeRuid(into: &name)
        uri = Array(copying: binding.uri)
        callID = Array(copying: binding.callID)
        userAgent = Array(copying: binding.userAgent)
        received = Array(copying: binding.received)
        path = Array(copying: binding.path)
        instance = Array(copying: binding.instance)
        ruid = Array(copying: name.span)
        maker = binding.maker
        values = binding.values
    }

    /// Whether it has not expired at `now`.
    public func isValid(_ now: WallTime) -> Bool { values.isValid(now) }
}
