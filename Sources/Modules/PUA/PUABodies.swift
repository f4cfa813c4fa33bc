internal import Basics
internal import EventDocuments
internal import Publications

/// The event packages that module `pua` knows from the start, and how their bodies are made ready.
enum PUABodies {
    /// The packages, with the numbering that the parameters ask for.
    static func packages(_ parameters: PUAParameters) -> PUAEventTable {
        var table = PUAEventTable()
        let all: [PUAEventDeclaration] = [
            PUAEventDeclaration(
                .presence, "presence", contentType: PIDF.contentType, prepare: identified),
            PUAEventDeclaration(
                .watcherInfo, "presence.winfo", contentType: nil, prepare: nil),
            PUAEventDeclaration(
                .sharedLine, "dialog;sla", contentType: DialogInfo.contentType,
                prepare: numbered("dialog-info")),
            PUAEventDeclaration(
                .messageSummary, "message-summary",
                contentType: "application/simple-message-summary", prepare: unchanged),
            PUAEventDeclaration(
                .conference, "conference", contentType: "application/conference-info+xml",
                prepare: unchanged),
            PUAEventDeclaration(
                .dialog, "dialog", contentType: DialogInfo.contentType,
                prepare: parameters.numbersDialogs ? numbered("dialog-info") : unchanged),
            PUAEventDeclaration(
                .registration, "reg", contentType: RegistrationInfo.contentType,
                prepare: parameters.numbersRegistrations ? numbered("reginfo") : unchanged),
            PUAEventDeclaration(
                .documentChanges, "xcap-diff", contentType: "application/xcap-diff+xml",
                prepare: nil),
        ]
        for declaration in all {
            let isNew = table.add(declaration)
            assert(isNew, "each is there once")
        }
        return table
    }

    private static let unchanged: PUAEventDeclaration.Preparation = { body, _ in
        PreparedBody(Array(copying: body))
    }

    /// A presence document whose tuples have ids: the one of the documents before, if there is no
    /// other.
    private static let identified: PUAEventDeclaration.Preparation = { body, facts in
        guard let made = PIDF.identified(body, id: facts.tupleID ?? facts.freshID) else {
            return nil
        }
        return PreparedBody(made.bytes, tupleID: made.tupleID)
    }

    /// A document with the version of its record.
    private static func numbered(_ root: StaticString) -> PUAEventDeclaration.Preparation {
        { body, facts in
            DocumentVersion.numbered(body, root: root, version: facts.version)
                .map { PreparedBody($0) }
        }
    }
}
