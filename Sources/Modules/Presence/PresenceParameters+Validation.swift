internal import ModuleKit
internal import SIPSyntax

/// What no row of a parameter sees.
extension PresenceParameters {
    /// Refuses settings that cannot work, by the name of the parameter to change.
    func validate() throws(StartFailure) {
        if let serverAddress {
            let bytes = Array(serverAddress.utf8)
            guard Self.isURI(bytes) else {
                throw StartFailure(
                    "presence server_address must be a sip URI, not \"\(serverAddress)\"")
            }
        }
        guard expiresMin <= max(expiresMax, 0) || expiresMax <= 0 else {
            throw StartFailure("presence min_expires is above max_expires")
        }
    }

    private static func isURI(_ bytes: [UInt8]) -> Bool {
        do throws(SyntaxError) { return try SIPURI(parsing: bytes.span).isSIP } catch {
            return false
        }
    }
}
