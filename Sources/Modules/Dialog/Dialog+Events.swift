internal import Basics
public import ModuleKit
internal import SIPSyntax

/// What runs of the script when something happens to a call.
extension DialogModule: EventListener {
    /// The function of an embedded language that takes the place of the event routes.
    public func callback(for event: String) -> String? {
        guard !parameters.eventCallback.isEmpty, event.hasPrefix("dialog:") else { return nil }
        return parameters.eventCallback
    }

    /// The event route of a change; nil for those without one.
    private static func event(_ change: DialogChange) -> String? {
        switch change {
        case .answered: "dialog:start"
        case .terminated, .expired: "dialog:end"
        case .failed: "dialog:failed"
        case .created, .early, .confirmed, .requestWithin: nil
        }
    }

    /// Runs the event route of a change on the message that brought it, with the call at hand.
    func runEvent(
        _ change: DialogChange, _ dialog: TrackedDialog, in context: ScriptContext
    ) {
        guard let name = Self.event(change), services.hasEventRoute(name) else { return }
        let bytes = message(for: dialog, in: context)
        services.runEventRoute(name) { inner in load(bytes, dialog, into: inner) }
    }

    /// Runs the route that a script has set for the end of a call's time.
    func runTimeoutRoute(_ dialog: TrackedDialog) {
        let name = String(decoding: dialog.snapshot.timeoutRoute, as: UTF8.self)
        guard !name.isEmpty, services.blocks.hasBlock(.route(name)) else { return }
        services.perform { context in
            load(Self.standIn(dialog), dialog, into: context)
            _ = services.blocks.runBlock(.route(name), in: context)
        }
    }

    private func load(
        _ bytes: [UInt8], _ dialog: TrackedDialog, into context: ScriptContext
    ) {
        guard (try? context.message.load(bytes.span)) != nil else { return }
        let workspace = workspace(context)
        workspace.isSought = true
        workspace.isFollowed = true
        workspace.dialog = dialog
    }

    /// The message at hand if it belongs to the call; else one that stands for it.
    private func message(
        for dialog: TrackedDialog, in context: ScriptContext
    ) -> [UInt8] {
        let callID = dialog.callID
        let bytes = context.withMessage { message -> [UInt8] in
            guard let range = message.header(.callID), message[range].equals(callID.span) else {
                return []
            }
            return Array(copying: message.bytes)
        }
        return bytes.isEmpty ? Self.standIn(dialog) : bytes
    }

    /// A request from caller to callee that nobody has sent, for blocks that time has started.
    static func standIn(_ dialog: TrackedDialog) -> [UInt8] {
        let record = dialog.snapshot
        var writer = ByteWriter(capacity: 512)
        writer.append("OPTIONS ")
        writer.append(record.requestURI.isEmpty ? record.callee.uri : record.requestURI)
        writer.append(" SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKdialog\r\n")
        write("From: <", record.caller, into: &writer)
        write("To: <", record.callee, into: &writer)
        writer.append("Call-ID: ")
        writer.append(dialog.callID)
        writer.append("\r\nCSeq: ")
        writer.append(decimal: record.caller.cSeq)
        writer.append(" OPTIONS\r\nContent-Length: 0\r\n\r\n")
        return Array(copying: writer.span)
    }

    /// Writes one side as the value of From or To.
    static func write(
        _ start: StaticString, _ side: DialogSide, into writer: inout ByteWriter
    ) {
        writer.append(start)
        writer.append(side.uri)
        writer.append(">")
        if !side.tag.isEmpty {
            writer.append(";tag=")
            writer.append(side.tag)
        }
        writer.append("\r\n")
    }
}
