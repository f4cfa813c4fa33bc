import Basics
import EventDocuments
public import ModuleKit
import Presence
import Subscriptions

/// Module `presence_dialoginfo`: who is on the phone, event package `dialog` (RFC 4235).
public final class PresenceDialoginfoModule: ServerModule {
    /// The settings.
    public struct Parameters: Sendable {
        /// Seconds that a publication or subscription lives that does not say how long.
        public var expiresSeconds = 3_600
        /// Whether watchers are shown one dialog only, the one that matters most.
        public var showsSingle = false
        /// Whether watchers are shown an ended dialog where there is none.
        public var showsDummy = false
    }

    /// The settings that hold when the configuration says nothing.
    public static let defaults = Parameters()

    /// The module's declaration.
    public static let manifest = Manifest<PresenceDialoginfoModule>(
        "presence_dialoginfo", "Event package dialog: who is on the phone.",
        requires: ["presence"],
        parameters: [
            ParameterRow(
                "default_expires", \.expiresSeconds, 1...Int(Int32.max),
                "Seconds that a request lives that has no Expires."),
            ParameterRow(
                "force_single_dialog", \.showsSingle,
                "Whether only the dialog that matters most is shown: early, confirmed, trying."),
            ParameterRow(
                "force_dummy_dialog", \.showsDummy,
                "Whether a dialog that has ended is shown where nothing is published."),
        ])

    /// Adds the package.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        guard let presence = setup.services.module(PresenceModule.self) else {
            throw StartFailure("presence_dialoginfo: load module presence before")
        }
        try presence.add(Self.package(setup.parameters))
    }

    /// The package.
    ///
    /// Versions count from 0 (RFC 4235 4.3). Nobody must be allowed to watch: lamps on desk phones
    /// show who is on the phone to the whole office, and a script decides whose SUBSCRIBE it takes.
    static func package(_ parameters: Parameters) -> EventPackage {
        var package = EventPackage("dialog", contentType: DialogInfo.contentType)
        package.defaultExpiresSeconds = parameters.expiresSeconds
        package.firstVersion = 0
        package.check = check
        package.compose = { compose($0, parameters) }
        return package
    }

    /// Judges a published document; one that tells of several dialogs goes by its first.
    private static func check(_ body: Span<UInt8>) -> DocumentVerdict {
        do throws(DocumentError) {
            let facts = try DialogInfo.check(body)
            let id = facts.dialogIDs.first { !$0.isEmpty }.map { Array($0.utf8) }
            return .accepted(DocumentFacts(dialogID: id, isTerminated: facts.isTerminated))
        } catch {
            return .unsupported
        }
    }

    /// The dialogs of all devices of a presentity; nil, which is no body, where there is nothing.
    ///
    /// A single document passes but for its version, also when it is a partial one of a device that
    /// counts on its watchers to have the rest: then it is said to be full, as it is all there is.
    private static func compose(
        _ composition: Composition, _ parameters: Parameters
    ) -> ComposedDocument? {
        let presentity = String(copying: composition.presentity.span)
        if composition.documents.isEmpty, composition.withdrawn == nil {
            return parameters.showsDummy ? composed(DialogInfo.dummy(of: presentity)) : nil
        }
        return composed(
            DialogInfo.compose(
                composition.documents.map { Array(copying: $0.span) },
                withdrawn: composition.withdrawn.map { Array(copying: $0.span) },
                presentity: presentity, isSingle: parameters.showsSingle))
    }

    private static func composed(_ document: VersionedDocument) -> ComposedDocument {
        ComposedDocument(bytes: document.bytes, versionPlace: document.version?.indices)
    }
}
