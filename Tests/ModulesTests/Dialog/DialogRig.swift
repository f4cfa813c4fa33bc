import Basics
import JSONValue
import ModuleKit
import Synchronization
import Testing

@testable import Dialog

/// A script that follows calls, and what became of them.
final class DialogRig {
    let tm: TMRig
    let module: DialogModule
    let listener = NotingListener()
    /// What was sent when the call was acknowledged.
    private(set) var sentWithACK: [TMRig.Sent] = []

    /// A proxy that follows every call, with lines where calls begin, and before and behind the
    /// place at which `loose_route` finds the call of a request.
    init(
        _ parameters: String = "", manage: String = "dlg_manage();", before: String = "",
        within: String = "", blocks: String = ""
    ) throws {
        tm = try TMRig(
            """
            if (has_totag()) {
                \(before)
                loose_route();
                \(within)
                t_relay();
                exit;
            }
            \(manage)
            record_route();
            t_relay();
            """, before: parameters + "\n" + blocks,
            also: [ModuleBlueprint(DialogModule.self)])
        module = try #require(tm.rig.services.module(DialogModule.self))
        // Calls of a test begin at the time of its contexts, long before today.
        module.timers.withLock { $0 = DialogTimers(now: 1_700_000_000) }
        module.add(listener)
    }

    var services: StandInServices { tm.rig.services }

    /// Sends an INVITE; what went to the callee.
    @discardableResult
    func invite(branch: String = "call1", number: Int = 1, _ more: String = "") throws -> TMRig.Sent
    {
        let sent = try tm.run(Call.request(branch: branch, number: number, more))
        return try #require(sent.last { $0.line.hasPrefix("INVITE") })
    }

    /// Has a call answered and acknowledged; the Route of requests within it.
    @discardableResult
    func establish(_ more: String = "") throws -> String {
        let invite = try invite(more)
        try tm.receive(invite.response(180, tag: "b", Self.contact))
        try tm.receive(invite.response(200, tag: "b", Self.contact))
        let route = try #require(invite.header("Record-Route").first)
        sentWithACK = try within("ACK", route, branch: "ack1")
        return route
    }

    /// A request of the caller within the call, or of the callee; what is sent.
    @discardableResult
    func within(
        _ method: String, _ route: String, branch: String, number: Int = 1,
        fromCallee: Bool = false, tag: String = "b"
    ) throws -> [TMRig.Sent] {
        let routes = route.isEmpty ? "" : "Route: \(route)\n"
        var request = Call.request(
            method, branch: branch, number: number, toTag: tag, routes)
        if fromCallee {
            request = request.replacing("From: <sip:alice@example.org>;tag=a", with: "From: X")
                .replacing(
                    "To: <sip:bob@example.com>;tag=\(tag)",
                    with: "To: <sip:alice@example.org>;tag=a"
                )
                .replacing("From: X", with: "From: <sip:bob@example.com>;tag=\(tag)")
        }
        return try tm.run(request, source: fromCallee ? TMRig.callee : TMRig.caller)
    }

    static let contact = "Contact: <sip:bob@10.1.2.9:5090>\n"

    /// The only call there is.
    var dialog: TrackedDialog? {
        let all = (0..<DialogTable.partCount).flatMap { module.table.dialogs(inPart: $0) }
        return all.count == 1 ? all[0] : nil
    }

    var state: DialogState? { dialog?.snapshot.state }

    /// The result of a command.
    func result(_ method: String, _ parameters: JSONValue...) throws -> JSONValue? {
        try services.exchange(method, .array(parameters))["result"]
    }

    /// A statistic of the module.
    func statistic(_ name: String) -> Int? {
        services.loadedModules.flatMap { $0.statistics }
            .first { $0.group == "dialog" && $0.name == name }?.value
    }
}

/// Notes what is told of calls.
final class NotingListener: DialogListener {
    private let lines = Guarded<[DialogChange]>([])

    func dialogChanged(
        _ dialog: TrackedDialog, _ change: DialogChange, _ record: DialogRecord,
        in context: ScriptContext
    ) {
        lines.withLock { $0.append(change) }
    }

    /// What was told since the last time.
    var changes: [DialogChange] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}
