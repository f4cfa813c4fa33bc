internal import ModuleKit

/// The settings of `nathelper`, with the defaults of its documentation.
public struct NATHelperParameters: Sendable {
    // MARK: Rewriting

    /// The `$avp` that `fix_nated_register` fills.
    public var receivedVariable: String? {
        didSet { receivedAttribute = Self.attribute(receivedVariable) ?? [] }
    }
    /// The name of that attribute; empty without one.
    private(set) var receivedAttribute: [UInt8] = []
    /// The SDP line that says that a body was rewritten; empty for none.
    public var marker = "a=nortpproxy:yes\r\n"
    /// Whether the address that was replaced in SDP is noted in the body.
    public var keepsOldAddress = true
    /// Whether addresses count as private that are reserved for other uses (192.0.0.0/24).
    public var countsReserved = true
    /// Name of the URI parameter that holds an alias.
    public var aliasName = "" {
        didSet { aliasBytes = Array((aliasName.isEmpty ? "alias" : aliasName).utf8) }
    }
    /// The same as bytes.
    private(set) var aliasBytes = Array("alias".utf8)

    // MARK: Pings

    /// Seconds in which each contact is pinged once; 0 is never.
    public var interval = 0
    /// Whether contacts that are not marked as behind a NAT are left alone.
    public var pingsNATOnly = false
    /// Whether contacts that other servers took are left alone.
    public var filtersServerID = false
    /// Number of the branch flag with which a contact is never pinged; -1 for none.
    public var disablingFlag = -1
    /// Number of the branch flag with which a contact is pinged by a request; -1 for none.
    public var requestFlag = -1
    /// URI of From in such requests; nil when there are none.
    public var requestFrom: String?
    /// Their method.
    public var requestMethod = "OPTIONS"
    /// Seconds without an answer after which a binding ends; 0 is never.
    public var timeout = 0
    /// Whether contacts behind a proxy are pinged through its Path.
    public var pingsThroughPath = false
    /// The socket that pings leave by, `address:port`; nil for that of the registration.
    public var forcedSocket: String?
    /// The same under the name of an older parameter.
    public var sourceSocket: String?
    /// Parameters that were given and mean nothing here.
    public var ignored: [String] = []

    /// The defaults.
    public init() {}

    /// The name of an attribute as `modparam` spells it: `$avp(name)`; nil when it is none.
    private static func attribute(_ text: String?) -> [UInt8]? {
        guard let text, text.hasPrefix("$avp("), text.hasSuffix(")") else { return nil }
        return AttributeName.parse(Array(text.dropFirst(5).dropLast().utf8))
    }
}
