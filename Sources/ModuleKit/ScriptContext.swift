public import Basics
public import SIPSyntax

/// What a script runs on: one message, where it came from, and what is to be sent.
///
/// Each worker owns one context for its life and never shares it; between messages `reset` empties
/// it. Functions of modules get it as their argument and reach the server through `services`.
public final class ScriptContext {
    /// The message that the script works on.
    public var message: SIPMessage
    /// Where it came from.
    public var origin: Origin
    /// Wall-clock time as of this message.
    public var now: WallTime
    /// What is to be sent; replies are written in place.
    public var outbox: Outbox
    /// Header lines, each with its CRLF, that the next reply carries (`append_to_reply`).
    public var replyHeaders: ByteWriter
    /// Bytes that live until the message is done.
    public var scratch: ByteWriter
    /// What a text in `scratch` is copied to while another is made of it.
    var workbench = ByteWriter(capacity: 1024)
    /// `$rc`: the value of the last function or route.
    public var returnCode = 0
    /// The value of the last action: what a route that falls off its end returns.
    public var actionValue = 1
    /// Whether the expression at hand has no value: a division by zero, a string that is too long.
    public var hasFailed = false
    /// Whether `exit`, `drop` or a function's 0 has ended the script.
    public var isStopped = false
    /// Whether `drop` was executed.
    public var isDropped = false
    /// Depth of blocks and route calls, bounded by `Limits.scriptDepthMax`.
    public var depth = 0
    /// Message flags (`setflag`), one bit each.
    public var flags: UInt32 = 0
    /// Branch flags of branch 0 (`setbflag`).
    public var branchFlags: UInt32 = 0
    /// The request URI after the script has changed it; nil while it is the message's.
    public var rewrittenURI: [UInt8]?
    /// The destination URI (`$du`), if set.
    public var destinationURI: [UInt8]?
    /// `$var(name)` by the slot that the compiler gave the name; they outlive messages.
    public var variables: [ScriptValue] = []
    /// Further targets of the request beside its URI.
    public var branches: [ScriptBranch] = []
    /// What a binding says about the way to branch 0; nil until `lookup` has found one.
    public var target: BranchTarget?
    /// Priority of branch 0 in thousandths, -1 when unset (`$ru_q`).
    public var requestQ = -1
    /// `$avp(name)`: they live as long as the message.
    public var attributes = AttributeList()
    /// `$xavp(root=>name)`.
    public var structured = StructuredAttributes()
    /// `$xavu(root=>name)`: at most one value of each name.
    public var uniqueAttributes = StructuredAttributes()
    /// `$xavi(root=>name)`: names are compared without regard to case.
    public var caselessAttributes = StructuredAttributes(ignoresCase: true)
    /// Changes of the message that wait to be made (`append_hf`, `remove_hf` and their like).
    public var edits = MessageEdits()
    /// The Record-Route field that the message gets when it is sent on; nil for none.
    public var recordRoute: RecordRoute?
    /// The body of the next reply (`set_reply_body`); nil for none.
    public var replyBody: ReplyBody?
    /// Number of the message at hand, from 1: what a module keeps in its workspace for one message
    /// is stale under another number.
    public private(set) var messageNumber: UInt64 = 0
    /// What listeners are told of the changes of bindings that the message causes.
    public var bindingMarks: BindingMarks = []
    /// Whether rport is to be honoured although the request has none (`force_rport`).
    public var forcesRport = false
    /// The server transaction of the request, once there is one: its replies go through it.
    public var transaction: (any ServerTransaction)?
    /// Who hears of the responses to the request; nil for nobody.
    public var responseObserver: (any ResponseObserver)?
    /// What the script wants of how its messages are sent.
    public var sending = SendingWishes()
    /// Requests that were sent on for this message.
    public var forwardedRequests = 0
    /// Replies that were sent on for this message.
    public var forwardedReplies = 0
    /// Asked before a message is sent on; false keeps it (`onsend_route`).
    ///
    /// Nil lets all leave.
    public var mayLeave: ((ScriptContext, Origin) -> Bool)?
    /// Where the request is being sent while `onsend_route` runs (`$snd`); nil outside of it.
    public var sendingTo: Origin?
    /// Status of the last reply that was sent for this message, 0 before.
    public var repliedStatus = 0
    /// The header line that names the server in replies, with its CRLF; empty for none.
    public var serverHeader: [UInt8] = []
    /// Core parameter `server_id`, 0 when unset.
    public var serverID = 0
    /// The key of To-tags: one for the process, from a source of true randomness.
    public var tagKey: UInt64 = 0
    /// State of this worker's generator of random numbers; never 0.
    private var randomState: UInt64
    /// What modules keep for each worker, by the index of their settings.
    private var workspaces: [AnyObject?] = []
    /// Counts what `reply` sends.
    public let replyCounters: ReplyCounters
    /// The server, as far as modules may ask of it.
    public let services: any Services
    /// The settings of all modules as of this message.
    package var settings: [SettingsBox]
    private var settingsGeneration: UInt64
    /// Settings that the script has read by name since they changed last, by their slots.
    var runtimeSettings: [ScriptValue?] = []
    /// The instances of groups that the script has selected for this message.
    var selectedInstances: [String: UInt32] = [:]

    /// A context of one worker.
    public init(services: any Services) {
        self.services = services
        replyCounters = services.replyCounters
        message = SIPMessage(capacity: 4096)
        origin = Origin(
            transport: .udp, socket: .none, source: PeerAddress(ipv4: 0, port: 0))
        now = WallTime(seconds: 0)
        outbox = Outbox()
        replyHeaders = ByteWriter(capacity: 1024)
        scratch = ByteWriter(capacity: 4096)
        settingsGeneration = services.settings.generation
        settings = services.settings.boxes.map { $0.copy() }
        randomState = UInt64.random(in: 1...UInt64.max)
    }

    /// Empties what belongs to one message and takes up new settings.
    public func reset(origin: Origin, now: WallTime) {
        self.origin = origin
        self.now = now
        messageNumber &+= 1
        if recordRoute != nil { recordRoute = nil }
        if replyBody != nil { replyBody = nil }
        replyHeaders.removeAll()
        scratch.removeAll()
        returnCode = 0
        actionValue = 1
        hasFailed = false
        isStopped = false
        isDropped = false
        depth = 0
        flags = 0
        branchFlags = 0
        if rewrittenURI != nil { rewrittenURI = nil }
        if destinationURI != nil { destinationURI = nil }
        if !branches.isEmpty { branches.removeAll(keepingCapacity: true) }
        if target != nil { target = nil }
        requestQ = -1
        attributes.removeAll()
        structured.removeAll()
        uniqueAttributes.removeAll()
        caselessAttributes.removeAll()
        edits.removeAll()
        forcesRport = false
        bindingMarks = []
        if transaction != nil { transaction = nil }
        if responseObserver != nil { responseObserver = nil }
        if !sending.isEmpty { sending = SendingWishes() }
        repliedStatus = 0
        forwardedRequests = 0
        forwardedReplies = 0
        if !selectedInstances.isEmpty {
            selectedInstances.removeAll(keepingCapacity: true)
            // No generation has this number, so the settings of the groups come back.
            settingsGeneration = 0
        }
        refreshSettings()
    }

    /// Takes up new settings: one acquire load when there are none.
    public func refreshSettings() {
        let generation = services.settings.generation
        guard generation != settingsGeneration else { return }
        settingsGeneration = generation
        settings = services.settings.boxes.map { $0.copy() }
        runtimeSettings.removeAll(keepingCapacity: true)
    }

    /// Reads the settings of a module, as plain fields.
    public func with<P: Sendable, R>(_ handle: SettingsHandle<P>, _ body: (borrowing P) -> R) -> R {
        let box = unsafe unsafeDowncast(settings[handle.index], to: TypedSettingsBox<P>.self)
        return body(box.value)
    }

    /// What a module keeps for this worker: buffers that outlive messages.
    ///
    /// `make` runs once.
    public func workspace<P: Sendable, W: AnyObject>(
        _ handle: SettingsHandle<P>, _ make: () -> W
    ) -> W {
        if handle.index < workspaces.count, let kept = workspaces[handle.index] {
            return unsafe unsafeDowncast(kept, to: W.self)
        }
        while workspaces.count <= handle.index { workspaces.append(nil) }
        let made = make()
        workspaces[handle.index] = made
        return made
    }

    /// A random number for jitter; not for secrets (xorshift64*).
    public func random() -> UInt64 {
        randomState ^= randomState >> 12
        randomState ^= randomState << 25
        randomState ^= randomState >> 27
        return randomState &* 0x2545_f491_4f6c_dd1d
    }

    /// The bytes of a text, for as long as `body` runs.
    public func withBytes<R, E: Error>(
        of text: ScriptText, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        switch text {
        case .message(let range): try Self.lend(message, range, body)
        case .scratch(let range): try Self.lend(scratch, range, body)
        case .owned(let bytes): try body(bytes.span)
        }
    }

    /// Lends the message to `body`.
    ///
    /// A span of `context.message` cannot leave the access to that
    /// property, so whoever wants spans takes the message as a borrowed argument.
    public func withMessage<R, E: Error>(
        _ body: (borrowing SIPMessage) throws(E) -> R
    ) throws(E) -> R {
        try body(message)
    }

    private static func lend<R, E: Error>(
        _ message: borrowing SIPMessage, _ range: ByteRange,
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        // A range from before `applyChanges` may end behind a message that has become shorter.
        try body(message[range.end <= message.bytes.count ? range : .empty])
    }

    private static func lend<R, E: Error>(
        _ writer: borrowing ByteWriter, _ range: ByteRange,
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        try body(writer.span(range))
    }

    /// Lends what was written of the message that was begun last in the outbox.
    public func withBegun<R, E: Error>(
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        try Self.lend(outbox, body)
    }

    /// Lends the bytes that live until the message is done.
    public func withScratch<R>(_ body: (Span<UInt8>) -> R) -> R { Self.lend(scratch, body) }

    /// Lends the header lines that the next reply carries.
    public func withReplyHeaders<R>(_ body: (Span<UInt8>) -> R) -> R {
        Self.lend(replyHeaders, body)
    }

    private static func lend<R>(
        _ writer: borrowing ByteWriter, _ body: (Span<UInt8>) -> R
    ) -> R {
        body(writer.span)
    }

    private static func lend<R, E: Error>(
        _ outbox: borrowing Outbox, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        try body(outbox.begun)
    }

    /// Writes a text into the scratch buffer and returns it as a value.
    public func compose(_ body: (inout ByteWriter) -> Void) -> ScriptText {
        let start = scratch.count
        body(&scratch)
        return .scratch(ByteRange(offset: start, count: scratch.count - start))
    }

    /// The text of a value: numbers in decimal; nil for null.
    public func text(_ value: ScriptValue) -> ScriptText? {
        switch value {
        case .null: nil
        case .integer(let number): compose { $0.append(decimal: number) }
        case .text(let text): text
        }
    }

    /// The integer of a value: a text is parsed, "" is 0; nil for null and for other texts.
    public func integer(_ value: ScriptValue) -> Int? {
        switch value {
        case .null: nil
        case .integer(let number): number
        case .text(let text):
            withBytes(of: text) { bytes in
                bytes.isEmpty ? 0 : ScriptNumber.convert(bytes)
            }
        }
    }

    /// A text as a Swift string, for logs and other edges.
    public func string(_ text: ScriptText) -> String {
        withBytes(of: text) { String(copying: $0) }
    }
}
