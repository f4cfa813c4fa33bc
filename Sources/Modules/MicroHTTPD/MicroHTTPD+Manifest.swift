public import ModuleKit

extension MicroHTTPD {
    /// The settings without `modparam`.
    public static var defaults: Parameters { Parameters() }

    /// The declaration.
    public static let manifest = Manifest<MicroHTTPD>(
        "microhttpd", "HTTP port for management: JSON-RPC under /RPC when jsonrpcs is loaded",
        parameters: [
            ParameterRow("listen_addr", \.listenAddress, "Address to listen on"),
            ParameterRow(
                "listen_port", \.listenPort, 0...65535, "Port to listen on; 0 for any free one"),
            ParameterRow(
                "allowed_ips", \.allowedIPs,
                "Addresses and prefixes that may connect, separated by commas; empty for all"),
        ])
}
