import Basics
import EventDocuments
public import ModuleKit
import Presence
import Subscriptions

/// Module `presence_mwi`: what waits in mailboxes, event package `message-summary` (RFC 3842).
///
/// It is the smallest package there is, and shows what one is made of: a declaration that a module
/// adds to `presence`.
public final class PresenceMWIModule: ServerModule {
    /// The settings.
    public struct Parameters: Sendable {
        /// Seconds that a publication or subscription lives that does not say how long.
        public var expiresSeconds = 3_600
    }

    /// The settings that hold when the configuration says nothing.
    public static let defaults = Parameters()

    /// The module's declaration.
    public static let manifest = Manifest<PresenceMWIModule>(
        "presence_mwi", "Event package message-summary: what waits in mailboxes.",
        requires: ["presence"],
        parameters: [
            ParameterRow(
                "default_expires", \.expiresSeconds, 1...Int(Int32.max),
                "Seconds that a request lives that has no Expires.")
        ])

    /// Adds the package.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        guard let presence = setup.services.module(PresenceModule.self) else {
            throw StartFailure("presence_mwi: load module presence before")
        }
        try presence.add(Self.package(setup.parameters))
    }

    /// The package: summaries pass as they are published, and nobody must be allowed to see them.
    static func package(_ parameters: Parameters) -> EventPackage {
        var package = EventPackage("message-summary", contentType: MessageSummary.contentType)
        package.defaultExpiresSeconds = parameters.expiresSeconds
        package.check = { body in
            do throws(DocumentError) {
                try MessageSummary.check(body)
                return .accepted(DocumentFacts())
            } catch {
                return .malformed
            }
        }
        return package
    }
}
