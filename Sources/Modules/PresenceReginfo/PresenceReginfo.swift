import Basics
import EventDocuments
public import ModuleKit
import Presence
import Subscriptions

/// Module `presence_reginfo`: who is registered where, event package `reg` (RFC 3680).
public final class PresenceReginfoModule: ServerModule {
    /// The settings.
    public struct Parameters: Sendable {
        /// Seconds that a publication or subscription lives that does not say how long.
        public var expiresSeconds = 3_600
        /// Whether all documents of a presentity are put together.
        public var mergesDocuments = false
    }

    /// The settings that hold when the configuration says nothing.
    public static let defaults = Parameters()

    /// The module's declaration.
    public static let manifest = Manifest<PresenceReginfoModule>(
        "presence_reginfo", "Event package reg: who is registered where.",
        requires: ["presence"],
        parameters: [
            ParameterRow(
                "default_expires", \.expiresSeconds, 1...Int(Int32.max),
                "Seconds that a request lives that has no Expires."),
            ParameterRow(
                "aggregate_presentities", \.mergesDocuments,
                "Whether the documents of all publishers are merged, or the last one is sent."),
        ])

    /// Adds the package.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        guard let presence = setup.services.module(PresenceModule.self) else {
            throw StartFailure("presence_reginfo: load module presence before")
        }
        try presence.add(Self.package(setup.parameters))
    }

    /// The package.
    ///
    /// Nobody must be allowed to watch: who asks is a server of the same house mostly, and a script
    /// decides whose SUBSCRIBE it takes. Versions count from 0 (RFC 3680 5.2).
    static func package(_ parameters: Parameters) -> EventPackage {
        var package = EventPackage("reg", contentType: RegistrationInfo.contentType)
        package.defaultExpiresSeconds = parameters.expiresSeconds
        package.firstVersion = 0
        package.check = { body in
            do throws(DocumentError) {
                try RegistrationInfo.check(body)
                return .accepted(DocumentFacts())
            } catch {
                return .unsupported
            }
        }
        let merges = parameters.mergesDocuments
        package.compose = { compose($0, merges: merges) }
        return package
    }

    /// The document of a presentity.
    ///
    /// Versions count for each watcher also where a document passes as it was published:
    /// pua_reginfo writes the same number always, and a watcher would take each change for an old
    /// one. Who published the only document and withdraws it leaves terminated registrations.
    private static func compose(_ composition: Composition, merges: Bool) -> ComposedDocument? {
        let withdrawn = composition.withdrawn.map { Array(copying: $0.span) }
        guard let last = composition.documents.last else {
            return withdrawn.map { composed(RegistrationInfo.compose([], withdrawn: $0)) }
        }
        guard merges, composition.documents.count > 1 || withdrawn != nil else {
            return composed(RegistrationInfo.versioned(Array(copying: last.span)))
        }
        let documents = composition.documents.map { Array(copying: $0.span) }
        return composed(RegistrationInfo.compose(documents, withdrawn: withdrawn))
    }

    /// A document as the engine takes it.
    private static func composed(_ document: VersionedDocument) -> ComposedDocument {
        ComposedDocument(bytes: document.bytes, versionPlace: document.version?.indices)
    }
}
