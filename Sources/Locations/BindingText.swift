internal import Basics

/// The variable text of a binding, as runs of bytes that lie somewhere else.
public struct BindingText: ~Escapable {
    /// The contact's URI, without angle brackets.
    public var uri: Span<UInt8>
    /// The Call-ID of the registration.
    public var callID: Span<UInt8>
    /// The User-Agent of the registration.
    public var userAgent: Span<UInt8>
    /// The URI of the address that the registration came from, empty when it is not recorded.
    public var received: Span<UInt8>
    /// The Path vector (RFC 3327), empty without one.
    public var path: Span<UInt8>
    /// The value of `+sip.instance` with its angle brackets (RFC 5626 4.1), empty without one.
    public var instance: Span<UInt8>
    /// What a script stores with it, as `ContactAttributes` packs it; empty without any.
    public var attributes: Span<UInt8>

    /// The text of a binding.
    @_lifetime(copy uri, copy callID, copy userAgent, copy received, copy path, copy instance)
    public init(
        uri: Span<UInt8>, callID: Span<UInt8>, userAgent: Span<UInt8>, received: Span<UInt8>,
        path: Span<UInt8>, instance: Span<UInt8>
    ) {
        attributes = Span()
        self.uri = uri
        self.callID = callID
        self.userAgent = userAgent
        self.received = received
        self.path = path
        self.instance = instance
    }

    /// Whether no field is longer than the column that holds it.
    public var fits: Bool {
        uri.count <= Limits.contactBytesMax && callID.count <= Limits.callIDBytesMax
            && userAgent.count <= Limits.userAgentBytesMax
            && received.count <= Limits.receivedBytesMax && path.count <= Limits.pathBytesMax
            && instance.count <= Limits.instanceBytesMax
            && attributes.count <= Limits.contactAttributesBytesMax
    }

    /// Number of bytes of all fields.
    var count: Int {
        uri.count + callID.count + userAgent.count + received.count + path.count + instance.count
            + attributes.count
    }
}
