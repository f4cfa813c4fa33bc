internal import Basics
internal import JSONValue
internal import ModuleKit

/// The commands `dlg.*`.
extension DialogModule {
    private typealias Method = MethodRow<DialogModule>
    private static let callID = RPCParameter("callid", .string, "The Call-ID.")
    private static let fromTag = RPCParameter("from_tag", .string, "The tag of the caller.")
    private static let toTag = RPCParameter("to_tag", .string, "The tag of the callee.")

    /// Their declarations.
    static var methods: [MethodRow<DialogModule>] { lists + singles + counts + changes }

    private static var lists: [MethodRow<DialogModule>] {
        [
            list("dlg.list", "Show all calls."),
            list("dlg.list_ctx", "Show all calls; other modules add nothing to them."),
            match("dlg.list_match", "Show the calls that a value matches."),
            match("dlg.list_match_ctx", "The same; other modules add nothing to the calls."),
            Method(
                "dlg.briefing",
                [
                    RPCParameter(
                        "attrs", .string, isOptional: true,
                        "Letters: f t URIs, c Call-ID, F T tags, I S E times, s state.")
                ],
                result: .array(.object([], others: .any)), "Show all calls in short.",
                example: RPCExample([], [])
            ) { (module, call) throws(RPCError) in
                let letters = Array((call.string(0) ?? "ftcFT").utf8)
                return .stream(DialogListing(module) { $0.brief($1, letters) })
            },
            Method(
                "dlg.profile_list",
                [
                    RPCParameter("profile", .string, "The profile."),
                    RPCParameter("value", .string, isOptional: true, "The value."),
                ],
                result: .array(DialogText.schema), "Show the calls of a profile.",
                example: RPCExample(["caller"], [])
            ) { (module, call) throws(RPCError) in
                let name = call.string(0) ?? ""
                let value = call.string(1).map { Array($0.utf8) }
                guard let hasValues = module.profiles.names[name] else {
                    throw RPCError(404, "Profile not found: \(name)")
                }
                return .stream(
                    DialogListing(module) { text, dialog in
                        let isIn = dialog.snapshot.profiles.contains { entry in
                            entry.profile == name
                                && (!hasValues || value == nil || entry.value == value)
                        }
                        // A bare nil would be JSON's null.
                        return isIn ? text.full(dialog) : JSONValue?.none
                    })
            },
        ]
    }

    private static func list(_ name: String, _ summary: String) -> MethodRow<DialogModule> {
        Method(
            name, result: .array(DialogText.schema), summary,
            example: RPCExample([], [DialogText.example])
        ) { (module, _) throws(RPCError) in
            .stream(DialogListing(module) { $0.full($1) })
        }
    }

    private static func match(_ name: String, _ summary: String) -> MethodRow<DialogModule> {
        Method(
            name,
            [
                RPCParameter("mkey", .string, "What is compared: ruri furi turi callid start_ts."),
                RPCParameter("mop", .string, "How: eq, re, sw, and gt or lt for start_ts."),
                RPCParameter("mval", .string, "With what."),
                RPCParameter("limit", .integer, isOptional: true, "Most calls to show."),
            ],
            result: .array(DialogText.schema), summary,
            example: RPCExample(["furi", "sw", "sip:alice@"], [])
        ) { (module, call) throws(RPCError) in
            let match = try DialogMatch(call)
            return .stream(
                DialogListing(module, limit: call.integer(3)) { text, dialog in
                    match.holds(dialog) ? text.full(dialog) : JSONValue?.none
                })
        }
    }

    private static var singles: [MethodRow<DialogModule>] {
        [
            single("dlg.dlg_list", "Show one call."),
            single("dlg.dlg_list_ctx", "Show one call; other modules add nothing to it."),
            Method(
                "dlg.is_alive", [callID, fromTag, toTag], result: .string,
                "Whether a call is answered and not over.",
                example: RPCExample(["a84b4c76e66710", "1928301774", "a6c85cf"], "Alive")
            ) { (module, call) throws(RPCError) in
                guard let dialog = module.dialog(call) else {
                    throw RPCError(404, "Dialog not found")
                }
                guard dialog.snapshot.state.isActive else {
                    throw RPCError(500, "Dialog not in confirmed state")
                }
                return .value("Alive")
            },
        ]
    }

    private static func single(_ name: String, _ summary: String) -> MethodRow<DialogModule> {
        Method(
            name,
            [
                callID,
                RPCParameter("from_tag", .string, isOptional: true, "The tag of the caller."),
            ],
            result: .oneOf([DialogText.schema, .nothing]), summary,
            example: RPCExample(["a84b4c76e66710"], DialogText.example)
        ) { (module, call) throws(RPCError) in
            let tag = call.string(1).map { Array($0.utf8) }
            let dialog = module.table.dialogs(Array((call.string(0) ?? "").utf8)).first {
                tag == nil || $0.snapshot.caller.tag == tag
            }
            guard let dialog else { return .done }
            return .value(DialogText(module.services).full(dialog))
        }
    }

    private static var counts: [MethodRow<DialogModule>] {
        let names = ["starting", "connecting", "answering", "ongoing", "all"]
        return [
            Method(
                "dlg.stats_active",
                [
                    RPCParameter(
                        "local_only", .integer, isOptional: true,
                        "Makes no difference: all calls are of this server.")
                ],
                result: .object(names.map { .init($0, .integer) }, others: nil),
                "Count calls by how far they are.",
                example: RPCExample(
                    [],
                    ["starting": 0, "connecting": 1, "answering": 0, "ongoing": 4, "all": 5])
            ) { (module, _) throws(RPCError) in
                var counts = [0, 0, 0, 0, 0]
                for part in 0..<DialogTable.partCount {
                    for dialog in module.table.dialogs(inPart: part) {
                        counts[dialog.snapshot.state.rawValue - 1] += 1
                    }
                }
                counts[4] = counts.prefix(4).reduce(0, +)
                return .value(
                    .object(zip(names, counts).map { .init($0, .integer(Int64($1))) }))
            },
            Method(
                "dlg.profile_get_size",
                [
                    RPCParameter("profile", .string, "The profile."),
                    RPCParameter("value", .string, isOptional: true, "The value."),
                ],
                result: .integer, "Count the calls of a profile.",
                example: RPCExample(["caller", "alice"], 2)
            ) { (module, call) throws(RPCError) in
                let name = call.string(0) ?? ""
                let value = call.string(1).map { Array($0.utf8) }
                guard let size = module.profiles.size(name, value) else {
                    throw RPCError(404, "Profile not found: \(name)")
                }
                return .value(.integer(Int64(size)))
            },
        ]
    }

    private static var changes: [MethodRow<DialogModule>] {
        [
            Method(
                "dlg.terminate_dlg", [callID, fromTag, toTag], result: .nothing, isChange: true,
                "End an answered call with BYEs to both.",
                example: RPCExample(["a84b4c76e66710", "1928301774", "a6c85cf"], [:])
            ) { (module, call) throws(RPCError) in
                guard let dialog = module.dialog(call) else {
                    throw RPCError(500, "Couldnt find callid in dialog")
                }
                return try module.end(dialog, "", call)
            },
            Method(
                "dlg.end_dlg",
                [
                    RPCParameter("h_entry", .integer, "The slot that dlg.list shows."),
                    RPCParameter("h_id", .integer, "The number that dlg.list shows."),
                    RPCParameter(
                        "extra_hdrs", .string, isOptional: true, "Header lines of the BYEs."),
                ],
                result: .nothing, isChange: true, "End an answered call with BYEs to both.",
                example: RPCExample([342, 56], [:])
            ) { (module, call) throws(RPCError) in
                let dialog = module.dialog(
                    entry: call.integer(0) ?? -1, number: call.integer(1) ?? -1)
                guard let dialog else { throw RPCError(404, "Dialog not found") }
                return try module.end(dialog, call.string(2) ?? "", call)
            },
        ]
    }

    private func dialog(_ call: RPCCall) -> TrackedDialog? {
        dialog(
            Array((call.string(0) ?? "").utf8), Array((call.string(1) ?? "").utf8),
            Array((call.string(2) ?? "").utf8))
    }

    private func end(
        _ dialog: TrackedDialog, _ headers: String, _ call: RPCCall
    ) throws(RPCError) -> RPCOutcome {
        var lines: [UInt8] = []
        if !headers.isEmpty {
            guard let given = HeaderText.lines(Array(headers.utf8)) else {
                throw RPCError(500, "extra_hdrs is no list of header lines")
            }
            lines = given
        }
        let old = dialog.snapshot.state
        var isEnded = false
        services.perform { isEnded = end(dialog, .all, lines, in: $0) }
        guard isEnded else { throw RPCError(500, "Dialog not in confirmed state") }
        call.note(
            "dialog state", old: .integer(Int64(old.rawValue)),
            new: .integer(Int64(dialog.snapshot.state.rawValue)))
        return .done
    }
}
