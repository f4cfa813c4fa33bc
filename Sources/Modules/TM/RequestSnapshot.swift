internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// A request as the script had it when it was sent on: its bytes, and all that the script has done
/// to it.
///
/// Failure routes, later branches and names that are still looked up find it as it was.
struct RequestSnapshot: Sendable {
    /// Its bytes as they were received.
    let bytes: [UInt8]
    /// Where it came from.
    let origin: Origin
    private let edits: MessageEdits
    private let recordRoute: RecordRoute?
    private let forcesRport: Bool
    private let replyHeaders: [UInt8]
    private let sending: SendingWishes
    /// The request URI as the script had rewritten it.
    private(set) var rewrittenURI: [UInt8]?
    /// `$du`.
    private(set) var destinationURI: [UInt8]?
    private let target: BranchTarget?
    private let requestQ: Int
    private let branchFlags: UInt32
    private var state: AttributeState

    /// The request at hand.
    init(of context: ScriptContext) {
        bytes = context.withMessage { Array(copying: $0.bytes) }
        origin = context.origin
        edits = context.edits
        recordRoute = context.recordRoute
        forcesRport = context.forcesRport
        replyHeaders = context.withReplyHeaders { Array(copying: $0) }
        sending = context.sending
        rewrittenURI = context.rewrittenURI
        destinationURI = context.destinationURI
        target = context.target
        requestQ = context.requestQ
        branchFlags = context.branchFlags
        state = AttributeState(of: context)
    }

    /// Makes it the context's message again; false when it cannot be read, which it could once.
    func restore(to context: ScriptContext) -> Bool {
        let now = context.now
        context.reset(origin: origin, now: now)
        guard TMModule.load(bytes.span, into: context) else { return false }
        context.edits = edits
        context.recordRoute = recordRoute
        context.forcesRport = forcesRport
        context.replyHeaders.append(replyHeaders)
        context.sending = sending
        context.rewrittenURI = rewrittenURI
        context.destinationURI = destinationURI
        context.target = target
        context.requestQ = requestQ
        context.branchFlags = branchFlags
        state.restore(to: context)
        return true
    }

    /// The message flags as the last block has left them.
    var flags: UInt32 { state.flags }
    /// Takes over attributes and flags as a block has left them.
    mutating func keepState(of context: ScriptContext) { state = AttributeState(of: context) }
    /// Gives attributes and flags to the context of another message of the transaction.
    func lendState(to context: ScriptContext) { state.restore(to: context) }
}

/// The attributes and flags of a transaction, which its request, its responses and its failures
/// share.
struct AttributeState: Sendable {
    private var attributes: AttributeList
    private var structured: StructuredAttributes
    private var unique: StructuredAttributes
    private var caseless: StructuredAttributes
    fileprivate var flags: UInt32
    /// The texts that the attributes are ranges of.
    private var scratch: [UInt8]

    /// Those of a context.
    init(of context: ScriptContext) {
        attributes = context.attributes
        structured = context.structured
        unique = context.uniqueAttributes
        caseless = context.caselessAttributes
        flags = context.flags
        let isEmpty =
            attributes.entries.isEmpty && structured.roots.isEmpty && unique.roots.isEmpty
            && caseless.roots.isEmpty
        scratch = isEmpty ? [] : context.withScratch { Array(copying: $0) }
    }

    /// Gives them to a context, in place of its own.
    func restore(to context: ScriptContext) {
        context.scratch.removeAll()
        context.scratch.append(scratch)
        context.attributes = attributes
        context.structured = structured
        context.uniqueAttributes = unique
        context.caselessAttributes = caseless
        context.flags = flags
    }
}
