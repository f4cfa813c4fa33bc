internal import Basics
internal import ModuleKit
internal import Synchronization

/// The variables of the module.
extension DialogModule {
    /// All of them.
    static var variables: [VariableRow<DialogModule>] {
        [
            VariableRow(
                "dlg", inner: .required, "An attribute of the call of the message at hand.",
                check: { (reference) throws(ArgumentError) in
                    _ = try reference.word(DialogField.self)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let field = try reference.word(DialogField.self)
                    return VariableAccess { context in
                        guard let dialog = module.current(context) else { return .null }
                        return field.value(dialog, dialog.snapshot, module.services)
                    }
                }),
            VariableRow(
                "dlg_ctx", inner: .required, isWritable: true,
                "What a script wants of the call that the message at hand begins or belongs to.",
                check: { (reference) throws(ArgumentError) in
                    _ = try reference.word(DialogWish.self)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let wish = try reference.word(DialogWish.self)
                    // What cannot be set says so by refusing the value.
                    return VariableAccess(
                        read: { wish.value(module, $0) },
                        write: { context, value in wish.set(value, module, context) })
                }),
            VariableRow(
                "dlg_var", inner: .required, isWritable: true,
                "A value that the script keeps with the call; null forgets it.",
                compile: { (module, reference) throws(ArgumentError) in
                    let name = Array((reference.inner ?? "").utf8)
                    guard !name.isEmpty else { throw ArgumentError("expected $dlg_var(name)") }
                    return VariableAccess(
                        read: { module.variable(name, $0) },
                        write: { module.set(name, $1, $0) })
                }),
            counted,
            number("DLG_status", "State of the call that a request within one belongs to.") {
                record, _ in record.state.rawValue
            },
            number("DLG_lifetime", "Seconds since the call was answered.") { record, now in
                record.duration(now: now)
            },
        ]
    }

    private static var counted: VariableRow<DialogModule> {
        VariableRow("DLG_count", "Number of calls that are answered and not over.") {
            (module, _) throws(ArgumentError) in
            VariableAccess { _ in .integer(module.activeCount) }
        }
    }

    private static func number(
        _ name: String, _ summary: String,
        _ read: @escaping @Sendable (DialogRecord, Int) -> Int
    ) -> VariableRow<DialogModule> {
        VariableRow(name, summary) { (module, _) throws(ArgumentError) in
            VariableAccess { context in
                guard let dialog = module.current(context) else { return .null }
                return .integer(read(dialog.snapshot, context.now.seconds))
            }
        }
    }

    /// Number of calls that are answered and not over.
    var activeCount: Int { table.count > 0 ? table.count { $0.state.isActive } : 0 }

    // MARK: Values of scripts

    private func variable(_ name: [UInt8], _ context: ScriptContext) -> ScriptValue {
        if let dialog = current(context) {
            return dialog.snapshot.variable(name).map { .text(.owned($0)) } ?? .null
        }
        let wishes = workspace(context).wishes
        let value = wishes.variables.first { $0.name == name }?.value
        return value.map { .text(.owned($0)) } ?? .null
    }

    private func set(
        _ name: [UInt8], _ value: ScriptValue, _ context: ScriptContext
    ) -> Bool {
        let text = context.text(value).map { context.bytes(of: $0) }
        guard (text?.count ?? 0) <= Limits.scriptTextBytesMax else { return false }
        if let dialog = current(context) { return dialog.setVariable(name, text) }
        // The call begins later: what is set now goes along.
        let workspace = workspace(context)
        workspace.wishes.variables.removeAll { $0.name == name }
        guard let text else { return true }
        guard workspace.wishes.variables.count < Limits.dialogVariablesMax else { return false }
        workspace.wishes.variables.append(DialogVariable(name: name, value: text))
        return true
    }
}

/// What `$dlg(name)` takes.
enum DialogField: String, CaseIterable {
    /// Its numbers.
    case entry = "h_entry", number = "h_id", references = "ref"
    /// How far it is, and since when.
    case state, lifetime, started = "start_ts"
    /// Flags of the server's and of scripts.
    case flags = "dflags", scriptFlags = "sflags"
    /// What the INVITE says.
    case callID = "callid", fromURI = "from_uri", toURI = "to_uri", requestURI = "req_uri"
    /// The two sides.
    case fromTag = "from_tag", toTag = "to_tag", fromSequence = "from_cseq"
    /// The two sides.
    case toSequence = "to_cseq", fromRoutes = "from_route", toRoutes = "to_route"
    /// The two sides; the second names of routes are older.
    case fromRouteSet = "from_rs", toRouteSet = "to_rs", fromContact = "from_contact"
    /// The two sides.
    case toContact = "to_contact", fromSocket = "from_bindaddr", toSocket = "to_bindaddr"
    /// The route that runs when it expires.
    case timeoutRoute = "toroute"

    /// The value of a call.
    func value(
        _ dialog: TrackedDialog, _ record: DialogRecord, _ services: any Services
    ) -> ScriptValue {
        switch self {
        case .entry: .integer(Int(dialog.entry))
        case .number: .integer(Int(dialog.number))
        case .references: .integer(1)
        case .state: .integer(record.state.rawValue)
        case .lifetime: .integer(record.lifetimeSeconds)
        case .started: .integer(record.answeredAt)
        case .flags: .integer(record.internalFlags)
        case .scriptFlags: .integer(Int(record.flags))
        case .callID: .text(.owned(dialog.callID))
        case .fromURI: .text(.owned(record.caller.uri))
        case .toURI: .text(.owned(record.callee.uri))
        case .requestURI: .text(.owned(record.requestURI))
        case .fromTag: .text(.owned(record.caller.tag))
        case .toTag: .text(.owned(record.callee.tag))
        case .fromSequence: .string(String(record.caller.cSeq))
        case .toSequence: .string(String(record.callee.cSeq))
        case .fromRoutes, .fromRouteSet: .text(.owned(record.caller.routes))
        case .toRoutes, .toRouteSet: .text(.owned(record.callee.routes))
        case .fromContact: .text(.owned(record.caller.contact))
        case .toContact: .text(.owned(record.callee.contact))
        case .fromSocket: record.caller.socketText(services).map { .string($0) } ?? .null
        case .toSocket: record.callee.socketText(services).map { .string($0) } ?? .null
        case .timeoutRoute: .text(.owned(record.timeoutRoute))
        }
    }
}

extension DialogRecord {
    /// The bits that operators of Kamailio know from `dlg.list`.
    var internalFlags: Int {
        var bits = 128
        if state != .unconfirmed { bits |= 512 }
        if answeredAt > 0 { bits |= 1 }
        if state == .confirmed { bits |= 2 }
        if state == .ended, answeredAt > 0 { bits |= 6 }
        if sendsBye { bits |= 1_024 }
        return bits
    }
}

extension DialogSide {
    /// The socket as `udp:127.0.0.1:5060`; nil while it is not known.
    func socketText(_ services: any Services) -> String? {
        let sockets = services.sockets
        guard !socket.isNone, Int(socket.value) < sockets.count else { return nil }
        let own = sockets[Int(socket.value)]
        var writer = ByteWriter(capacity: 64)
        writer.append(own.transport.name)
        writer.append(":")
        own.address.write(into: &writer)
        return String(copying: writer.span)
    }
}

/// What `$dlg_ctx(name)` takes.
enum DialogWish: String, CaseIterable {
    /// Whether the message belongs to a call.
    case isOn = "on"
    /// Which way it goes: 1 to the callee, 2 to the caller, 0 without a call.
    case direction = "dir"
    /// Flags of the call.
    case flags
    /// The route that runs when it expires.
    case timeoutRoute = "timeout_route"
    /// Whether it is ended with BYEs when it expires.
    case timeoutBye = "timeout_bye"
    /// Seconds that it lasts.
    case lifetime
    /// The same under its other name.
    case timeout

    /// The value for the message at hand.
    func value(_ module: DialogModule, _ context: ScriptContext) -> ScriptValue {
        let dialog = module.current(context)
        let record = dialog?.snapshot
        let wishes = module.workspace(context).wishes
        switch self {
        case .isOn: return .integer(dialog == nil ? 0 : 1)
        case .direction:
            guard dialog != nil else { return .integer(0) }
            return .integer(module.workspace(context).direction == .downstream ? 1 : 2)
        case .flags: return .integer(Int(record?.flags ?? wishes.flags))
        case .timeoutRoute:
            return .text(.owned(record?.timeoutRoute ?? wishes.timeoutRoute))
        case .timeoutBye: return .integer(record?.sendsBye ?? wishes.sendsBye ?? false ? 1 : 0)
        case .lifetime, .timeout:
            return .integer(record?.lifetimeSeconds ?? wishes.lifetimeSeconds ?? 0)
        }
    }

    /// Sets it for the call, or for the one that the message begins; false for a value that is
    /// none.
    func set(
        _ value: ScriptValue, _ module: DialogModule, _ context: ScriptContext
    ) -> Bool {
        let number = context.integer(value)
        switch self {
        case .isOn, .direction: return false
        case .flags:
            guard let number, let bits = UInt32(exactly: number) else { return false }
            apply(module, context, { $0.flags = bits }, { $0.flags = bits })
        case .timeoutRoute:
            let name = context.text(value).map { context.bytes(of: $0) } ?? []
            guard name.count <= Limits.dialogTextBytesMax else { return false }
            apply(module, context, { $0.timeoutRoute = name }, { $0.timeoutRoute = name })
        case .timeoutBye:
            guard let number else { return false }
            apply(module, context, { $0.sendsBye = number != 0 }, { $0.sendsBye = number != 0 })
        case .lifetime, .timeout:
            guard let number, number > 0, number <= Int(Int32.max) else { return false }
            if let dialog = module.current(context) {
                module.setLifetime(number, of: dialog, now: context.now.seconds)
            } else {
                module.workspace(context).wishes.lifetimeSeconds = number
            }
        }
        return true
    }

    private func apply(
        _ module: DialogModule, _ context: ScriptContext,
        _ record: @Sendable (inout DialogRecord) -> Void,
        _ wishes: (inout DialogModule.Wishes) -> Void
    ) {
        if let dialog = module.current(context) {
            dialog.update { record(&$0) }
        } else {
            wishes(&module.workspace(context).wishes)
        }
    }
}

extension DialogModule {
    /// Gives a call another lifetime, which begins now.
    func setLifetime(_ seconds: Int, of dialog: TrackedDialog, now: Int) {
        let deadline = dialog.update { record in
            record.setLifetime(seconds, now: now)
            return record.deadline
        }
        timers.withLock { $0.file(dialog.timer, at: deadline) }
    }
}
