internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The settings of module `pua_reginfo`, with the defaults of its documentation.
public struct PUAReginfoParameters: Sendable {
    /// Host of an address-of-record that has none of its own.
    public var defaultDomain = ""
    /// Whether registrations of this server are published.
    public var publishes = true
    /// The URI of the next hop of PUBLISH and SUBSCRIBE; empty for none.
    public var outboundProxy = ""
    /// The URI that this server subscribes as: From and Contact.
    public var serverAddress = ""

    /// The defaults.
    public init() {}

    /// The next hop as requests take it.
    var nextHop: [UInt8]? { outboundProxy.isEmpty ? nil : Array(outboundProxy.utf8) }

    /// Whether the settings go together; the error names the one that is missing.
    func validate() throws(StartFailure) {
        if serverAddress.isEmpty {
            throw StartFailure(
                "pua_reginfo: server_address must be set to this server's SIP URI")
        }
        if publishes, defaultDomain.isEmpty {
            throw StartFailure(
                "pua_reginfo: default_domain must be set while publish_reginfo is 1")
        }
    }

    /// The rows of the manifest.
    static var rows: [ParameterRow<PUAReginfoParameters>] {
        [
            ParameterRow(
                "default_domain", \.defaultDomain,
                "Host of the presentity where an AoR has none; needed to publish.",
                fault: hostFault),
            ParameterRow(
                "publish_reginfo", \.publishes,
                "Whether each change of a registration is published as event reg."),
            ParameterRow(
                "outbound_proxy", \.outboundProxy,
                "URI of the next hop of PUBLISH and SUBSCRIBE.", fault: uriFault),
            ParameterRow(
                "server_address", \.serverAddress,
                "URI that this server subscribes as: From and Contact.", fault: uriFault),
        ]
    }

    private static func hostFault(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.presenceNameBytesMax, Host.kind(of: bytes.span) != nil else {
            return "is a host"
        }
        return nil
    }

    private static func uriFault(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.presentityBytesMax,
            let uri = try? SIPURI(parsing: bytes.span), uri.isSIP
        else { return "is a SIP URI" }
        return nil
    }
}
