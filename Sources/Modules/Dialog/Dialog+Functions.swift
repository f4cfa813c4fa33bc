internal import Basics
internal import ModuleKit

/// The functions of the module.
extension DialogModule {
    private typealias Row = FunctionRow<DialogModule>
    private static let requests: RouteKinds = [.request, .branch, .failure, .reply, .event]
    private static let found = "1 done, -1 there is no call"

    /// All of them.
    static var functions: [FunctionRow<DialogModule>] {
        following + flags + lifetimes + ends + grouping + refused
    }

    private static var following: [FunctionRow<DialogModule>] {
        [
            Row(
                "dlg_manage", routes: .request, returns: "1 followed, -1 not",
                "Follows the call that an INVITE begins, or the effect of a request within one."
            ) { (module, context) in module.manage(context) },
            Row(
                "is_known_dlg", routes: .any, returns: "1 yes, -1 no",
                "Whether the message belongs to a call that is followed."
            ) { (module, context) in module.current(context) == nil ? -1 : 1 },
            Row(
                "dlg_get", .string("callid"), .string("ftag"), .string("ttag"),
                routes: requests, returns: found,
                "Makes the call of a Call-ID and two tags the one at hand.",
                call: { (module, context, callID, from, to) in
                    let tags = (context.bytes(of: from), context.bytes(of: to))
                    let callID = context.bytes(of: callID)
                    guard let dialog = module.dialog(callID, tags.0, tags.1) else { return -1 }
                    let workspace = module.workspace(context)
                    workspace.isSought = true
                    workspace.dialog = dialog
                    return 1
                }),
            Row(
                "dlg_set_ruri", returns: found,
                "Sets the request URI to the address of the side that the request goes to."
            ) { (module, context) in
                guard let dialog = module.current(context) else { return -1 }
                let record = dialog.snapshot
                let isDown = module.workspace(context).direction == .downstream
                let contact = isDown ? record.callee.contact : record.caller.contact
                return !contact.isEmpty && context.setRequestURI(contact) ? 1 : -1
            },
        ]
    }

    private static var flags: [FunctionRow<DialogModule>] {
        [
            flag("dlg_setflag", "Sets a flag of the call.") { flags, bit in flags |= bit },
            flag("dlg_resetflag", "Resets a flag of the call.") { flags, bit in flags &= ~bit },
            Row(
                "dlg_isflagset", .integer("flag"), routes: requests,
                returns: "1 set, -1 not, or there is no call", "Whether a flag of the call is set."
            ) { (module, context, flag: Int) in
                guard (0...31).contains(flag) else { return -1 }
                let flags =
                    module.current(context)?.snapshot.flags
                    ?? module.workspace(context).wishes.flags
                return flags & (1 << UInt32(flag)) != 0 ? 1 : -1
            },
        ]
    }

    private static func flag(
        _ name: String, _ summary: String,
        _ change: @escaping @Sendable (inout UInt32, UInt32) -> Void
    ) -> FunctionRow<DialogModule> {
        Row(name, .integer("flag"), routes: requests, returns: found, summary) {
            (module, context, flag: Int) in
            guard (0...31).contains(flag) else { return -1 }
            let bit: UInt32 = 1 << UInt32(flag)
            if let dialog = module.current(context) {
                dialog.update { change(&$0.flags, bit) }
            } else {
                change(&module.workspace(context).wishes.flags, bit)
            }
            return 1
        }
    }

    private static var lifetimes: [FunctionRow<DialogModule>] {
        [
            Row(
                "dlg_set_timeout", .integer("timeout"), Argument<Int>.integer("h_entry").optional,
                Argument<Int>.integer("h_id").optional, routes: .any, returns: found,
                "Gives a call another lifetime in seconds: the one at hand, or one by its numbers.",
                call: { (module, context, seconds, entry, number) in
                    guard seconds > 0, seconds <= Int(Int32.max) else { return -1 }
                    var dialog = module.current(context)
                    if let entry, let number {
                        dialog = module.dialog(entry: entry, number: number)
                    }
                    guard let dialog else { return -1 }
                    module.setLifetime(seconds, of: dialog, now: context.now.seconds)
                    return 1
                }),
            property("dlg_set_property", "Switches a property of the call on.", isOn: true),
            property("dlg_reset_property", "Switches a property of the call off.", isOn: false),
        ]
    }

    private static func property(
        _ name: String, _ summary: String, isOn: Bool
    ) -> FunctionRow<DialogModule> {
        Row(
            name, .constant("property"), routes: .any, returns: found, summary,
            compile: { (module, word) throws(ArgumentError) in
                guard case .constant(let text) = word else {
                    throw ArgumentError("expected timeout-noreset")
                }
                guard text != "ka-src", text != "ka-dst" else {
                    throw ArgumentError(
                        "\(text) is refused: calls are not asked whether they still last")
                }
                guard text == "timeout-noreset" else {
                    throw ArgumentError("expected timeout-noreset, found \"\(text)\"")
                }
                return { context in
                    guard let dialog = module.current(context) else { return -1 }
                    dialog.update { $0.restartsLifetime = !isOn }
                    return 1
                }
            })
    }

    private static var ends: [FunctionRow<DialogModule>] {
        [
            Row(
                "dlg_bye", .constant("side"), routes: .any, returns: found,
                "Ends the call with a BYE to the caller, the callee, or all.",
                compile: { (module, side) throws(ArgumentError) in
                    guard case .constant(let word) = side,
                        let party = DialogParty(rawValue: word)
                    else { throw ArgumentError("expected caller, callee or all") }
                    return { context in
                        guard let dialog = module.current(context) else { return -1 }
                        // In a context of its own, as the script may be writing a message.
                        var isDone = false
                        module.services.perform { inner in
                            isDone = module.end(dialog, party, [], in: inner)
                        }
                        return isDone ? 1 : -1
                    }
                })
        ]
    }

    private static var refused: [FunctionRow<DialogModule>] {
        let ownCalls = "this server makes no calls of its own"
        let tables = "calls are kept in memory only"
        return [
            Row(refused: "dlg_bridge", because: ownCalls),
            Row(refused: "dlg_refer", because: ownCalls),
            Row(
                refused: "dlg_remote_profile",
                because: "only calls of this server are counted in profiles"),
            Row(
                refused: "dlg_set_timeout_by_profile",
                because: "give each call its lifetime with dlg_set_timeout"),
            Row(refused: "dlg_db_load_callid", because: tables),
            Row(refused: "dlg_db_load_extra", because: tables),
        ]
    }

    // MARK: Finding by name

    /// The call of a Call-ID and the tags of caller and callee; an empty tag of the callee is any.
    func dialog(_ callID: [UInt8], _ from: [UInt8], _ to: [UInt8]) -> TrackedDialog? {
        table.dialogs(callID).first { dialog in
            let record = dialog.snapshot
            guard record.state != .ended else { return false }
            if record.caller.tag == from {
                return to.isEmpty || record.callee.tag == to || !record.state.isActive
            }
            return record.caller.tag == to && record.callee.tag == from
        }
    }

    /// The call of a slot and a number.
    func dialog(entry: Int, number: Int) -> TrackedDialog? {
        guard let entry = UInt32(exactly: entry), let number = UInt32(exactly: number) else {
            return nil
        }
        return table.dialog(entry: entry, number: number)
    }
}
