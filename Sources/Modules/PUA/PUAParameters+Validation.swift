internal import Basics
internal import ModuleKit
internal import Publications
internal import SIPSyntax

extension PUAParameters {
    /// Refuses what rows cannot know one by one.
    func validate() throws(StartFailure) {
        if (1...5).contains(updatePeriod) {
            throw StartFailure(
                "module pua: update_period \(updatePeriod) leaves no time for a refresh; "
                    + "it must be 0 (none) or 6 and more seconds")
        }
        if mode == .databaseOnly, updatePeriod == 0 {
            throw StartFailure(
                "module pua: update_period 0 would never look at the table of db_mode 2; "
                    + "it must be 6 or more seconds")
        }
        if let outboundProxy, !PUAChecks.isURI(Array(outboundProxy.utf8)) {
            throw StartFailure(
                "module pua: outbound_proxy \"\(outboundProxy)\" is no SIP URI; "
                    + "write sip:host or sip:host:port;transport=tcp")
        }
        for text in credentials where Self.credentials(text) == nil {
            // The text holds a password, so it is not shown.
            throw StartFailure(
                "module pua: a value of credential is not user:realm:password; "
                    + "an empty realm stands for any")
        }
    }

    /// The values of `credential`.
    static func credentials(_ text: String) -> PUACredentials? {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        let isClean = text.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
        guard parts.count == 3, !parts[0].isEmpty, isClean else { return nil }
        return PUACredentials(
            realm: Array(parts[1].utf8), user: Array(parts[0].utf8),
            password: Array(parts[2].utf8))
    }

    /// What the engine goes by.
    func engineSettings(_ routes: [PUASourceRoute]) -> PUASettings {
        var settings = PUASettings()
        settings.minExpires = max(minExpires, 0)
        // Kamailio takes less than ten minutes for a mistake.
        settings.defaultExpires = defaultExpires < 600 ? 3_600 : defaultExpires
        settings.outboundProxy = outboundProxy.map { Array($0.utf8) }
        settings.credentials = credentials.compactMap { Self.credentials($0) }
        settings.routes = routes
        settings.checksRemoteContact = checksRemoteContact
        settings.refreshAheadSeconds = updatePeriod
        settings.jobsMax = Limits.userAgentJobsMax
        settings.placesAtStart = hashSize > 1 ? 1 << hashSize : 512
        settings.authorise = { PUADigest.answer($0) }
        return settings
    }
}
