internal import Basics
internal import SIPSyntax

/// A request as a script has left it, for when the answer of a name server is there.
///
/// Everything that `forward` and `onsend_route` look at is in it; ranges of the message and of the
/// scratch buffer stay what they are, since both are kept whole.
struct KeptRequest: Sendable {
    private let bytes: [UInt8]
    private let scratch: [UInt8]
    private let origin: Origin
    private let now: WallTime
    private let rewrittenURI: [UInt8]?
    private let destinationURI: [UInt8]?
    private let target: BranchTarget?
    private let edits: MessageEdits
    private let recordRoute: RecordRoute?
    private let forcesRport: Bool
    private let sending: SendingWishes
    private let flags: UInt32
    private let branchFlags: UInt32
    private let requestQ: Int
    private let attributes: AttributeList
    private let structured: StructuredAttributes
    private let uniqueAttributes: StructuredAttributes
    private let caselessAttributes: StructuredAttributes

    /// Keeps what is at hand in a context.
    init(_ context: ScriptContext) {
        bytes = context.withMessage { Array(copying: $0.bytes) }
        scratch = Array(copying: context.scratch.span)
        origin = context.origin
        now = context.now
        rewrittenURI = context.rewrittenURI
        destinationURI = context.destinationURI
        target = context.target
        edits = context.edits
        recordRoute = context.recordRoute
        forcesRport = context.forcesRport
        sending = context.sending
        flags = context.flags
        branchFlags = context.branchFlags
        requestQ = context.requestQ
        attributes = context.attributes
        structured = context.structured
        uniqueAttributes = context.uniqueAttributes
        caselessAttributes = context.caselessAttributes
    }

    /// Puts it into another context; false when its message cannot be read any more.
    func restore(into context: ScriptContext) -> Bool {
        context.reset(origin: origin, now: now)
        do throws(SyntaxError) { try context.message.load(bytes.span) } catch { return false }
        context.scratch.append(scratch)
        context.rewrittenURI = rewrittenURI
        context.destinationURI = destinationURI
        context.target = target
        context.edits = edits
        context.recordRoute = recordRoute
        context.forcesRport = forcesRport
        context.sending = sending
        context.flags = flags
        context.branchFlags = branchFlags
        context.requestQ = requestQ
        context.attributes = attributes
        context.structured = structured
        context.uniqueAttributes = uniqueAttributes
        context.caselessAttributes = caselessAttributes
        return true
    }
}
