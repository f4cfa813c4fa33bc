internal import Basics
internal import Logging
public import ModuleKit
internal import Synchronization

/// Module `dialog`: follows the calls that pass (RFC 3261 12).
///
/// A script says which (`dlg_manage`, or the flag of `dlg_flag`); from then on the responses to
/// the INVITE and the requests within the call say how far it is. Other modules hear of each
/// change and publish it. Calls live in memory only: what a restart forgets goes on talking.
public final class DialogModule: ServerModule {
    /// Its settings.
    public typealias Parameters = DialogParameters
    /// What holds without `modparam`.
    public static let defaults = DialogParameters()

    /// The settings of the start.
    let parameters: DialogParameters
    /// Where a worker finds its state.
    let settings: SettingsHandle<DialogParameters>
    /// The server.
    let services: any Services
    /// The calls.
    let table: DialogTable
    /// When they are to be looked at.
    let timers: Guarded<DialogTimers>
    /// The groups that calls are counted in.
    let profiles: Profiles
    /// Calls that were followed.
    let processed = Counter()
    /// Calls that lived too long.
    let expired = Counter()
    /// Calls that were never answered.
    let failed = Counter()
    private let listeners = Guarded<[any DialogListener]>([])
    private let numbers: Atomic<UInt32>
    /// The name of the attribute that holds the lifetime of a call.
    let timeoutAttribute: [UInt8]?

    /// Header lines of requests of this server's own.
    let extraHeaders: [UInt8]
    /// Those of such requests to the callee, besides.
    let calleeHeaders: [UInt8]

    /// Makes an empty table.
    public init(_ setup: ModuleSetup<DialogParameters>) throws(StartFailure) {
        parameters = setup.parameters
        settings = setup.settings
        services = setup.services
        guard parameters.hashSize & (parameters.hashSize - 1) == 0 else {
            throw StartFailure("dialog: hash_size \(parameters.hashSize) is no power of two")
        }
        guard !parameters.cookieName.isEmpty,
            parameters.cookieName.utf8.allSatisfy({ Self.isName($0) })
        else { throw StartFailure("dialog: rr_param \"\(parameters.cookieName)\" is no token") }
        extraHeaders = try Self.lines(parameters.extraHeaders)
        calleeHeaders = try Self.lines(parameters.calleeHeaders)
        table = DialogTable(slots: parameters.hashSize)
        timers = Guarded(DialogTimers(now: SystemClock.wall().seconds))
        profiles = try Profiles(parameters)
        timeoutAttribute = try Self.attribute(parameters.timeoutAttribute)
        // A random start keeps the numbers of a server that was restarted apart from those that
        // phones still carry in their routes.
        numbers = Atomic(UInt32.random(in: 1...0xffff))
    }

    /// Starts the timers.
    public func start() throws(StartFailure) {
        guard services.transactions != nil else {
            throw StartFailure("dialog: load module tm before it, whose transactions it follows")
        }
        for name in parameters.ignored {
            services.logger.notice("dialog: \(name) means nothing here and is ignored")
        }
        services.every(1, "dialog.timers") { [weak self] in
            self?.tick(now: SystemClock.wall().seconds)
        }
    }

    /// Header lines of a parameter; none without it.
    private static func lines(_ text: String?) throws(StartFailure) -> [UInt8] {
        guard let text else { return [] }
        guard let lines = HeaderText.lines(Array(text.utf8)) else {
            throw StartFailure("dialog: \"\(text)\" is no list of header lines")
        }
        return lines
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (byte >= 48 && byte <= 57) || (byte | 32 >= 97 && byte | 32 <= 122) || byte == 95
            || byte == 45
    }

    private static func attribute(_ text: String?) throws(StartFailure) -> [UInt8]? {
        guard let text else { return nil }
        guard text.hasPrefix("$avp("), text.hasSuffix(")"), text.utf8.count > 6 else {
            throw StartFailure("dialog: timeout_avp is \"\(text)\", not \"$avp(name)\"")
        }
        var name = text.dropFirst(5).dropLast()
        // `$avp(s:name)` and `$avp(i:1)` are the older spellings.
        if name.hasPrefix("s:") || name.hasPrefix("i:") { name = name.dropFirst(2) }
        return Array(name.utf8)
    }

    /// The next number of a call.
    func nextNumber() -> UInt32 {
        let count = numbers.add(1, ordering: .relaxed).oldValue
        let start = parameters.numberStart < 0 ? services.serverID : parameters.numberStart
        return UInt32(truncatingIfNeeded: start) &+ count
            &* UInt32(truncatingIfNeeded: parameters.numberStep)
    }

    // MARK: Those who listen

    /// Has a module told of what becomes of calls; to be called in its `init`.
    public func add(_ listener: any DialogListener) {
        listeners.withLock { $0.append(listener) }
    }

    /// Tells of a change, counts it, and runs the event route that belongs to it.
    func tell(_ dialog: TrackedDialog, _ change: DialogChange, in context: ScriptContext) {
        let record = dialog.snapshot
        switch change {
        case .failed: failed.add()
        case .expired: expired.add()
        default: break
        }
        if change.isEnd {
            profiles.remove(record.profiles)
            timers.withLock { $0.file(dialog.timer, at: record.deadline) }
        } else if change == .answered {
            timers.withLock { $0.file(dialog.timer, at: record.deadline) }
        }
        runEvent(change, dialog, in: context)
        for listener in listeners.withLock({ $0 }) {
            listener.dialogChanged(dialog, change, record, in: context)
        }
    }

    /// Feeds an input to a call and tells of what it changes.
    func feed(_ input: DialogInput, to dialog: TrackedDialog, in context: ScriptContext) {
        let now = context.now.seconds
        let times = parameters.times
        let change = dialog.update { $0.take(input, now: now, times) }
        if let change { tell(dialog, change, in: context) }
    }

    // MARK: What each worker keeps

    /// What is known of the message at hand.
    final class Workspace {
        /// The message's number; what belongs to another one is stale.
        var message: UInt64 = 0
        /// The call of the message, once it was looked for.
        var dialog: TrackedDialog?
        /// Whether it was looked for.
        var isSought = false
        /// Whether the message has had its effect on the call.
        var isFollowed = false
        /// Which way the message goes.
        var direction = TrackedDialog.Direction.downstream
        /// The parameters of the Route of ours that led here.
        var routed: [UInt8]?
        /// What a script has set before there was a call.
        var wishes = Wishes()
    }

    /// What a script wants of the call that the message at hand begins.
    struct Wishes {
        /// The route that runs when it expires.
        var timeoutRoute: [UInt8] = []
        /// Whether it is ended with BYEs when it expires.
        var sendsBye: Bool?
        /// Its lifetime in seconds.
        var lifetimeSeconds: Int?
        /// Its flags.
        var flags: UInt32 = 0
        /// Its values.
        var variables: [DialogVariable] = []
    }

    /// The state of a worker for the message at hand.
    func workspace(_ context: ScriptContext) -> Workspace {
        let workspace = context.workspace(settings) { Workspace() }
        if workspace.message != context.messageNumber {
            workspace.message = context.messageNumber
            workspace.dialog = nil
            workspace.isSought = false
            workspace.isFollowed = false
            workspace.direction = .downstream
            workspace.routed = nil
            workspace.wishes = Wishes()
        }
        return workspace
    }
}
